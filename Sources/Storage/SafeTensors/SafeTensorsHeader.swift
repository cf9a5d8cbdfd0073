/// What the header of a safetensors file says: for each name a number type, a shape and the place of the bytes.
struct SafeTensorsHeader {
  struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    /// Counted from the end of the header.
    let range: Range<Int>
  }

  var entries: [Entry] = []
  /// The text under `__metadata__`.
  var metadata: [String: String] = [:]
  /// Where the bytes of the tensors begin in the file.
  private(set) var end: Int

  /// The key that is no tensor.
  static let metadataKey = "__metadata__"
  /// Longer headers are refused, here as by the format's own library.
  static let longest = 100_000_000

  /// Reads the header. Whether ranges and shapes make sense is not checked.
  /// - Throws: `SafeTensorsError.header`.
  init(_ file: FileBytes) throws {
    func error(_ offset: Int, _ reason: String) -> SafeTensorsError {
      .header(file: file.path, offset: offset, reason: reason)
    }
    var reader = ByteReader(file, 0..<file.count)
    guard let length = try? reader.count64(), length <= Self.longest, let range = try? reader.skip(length) else {
      throw error(0, "the length of the header is missing, or longer than the file or \(Self.longest) bytes")
    }
    end = range.upperBound
    var scanner = JSONScanner(file, range)
    do {
      guard scanner.next == UInt8(ascii: "{") else { throw scanner.error("an opening brace") }
      var names: Set<String> = []
      try scanner.object { scanner, name in
        guard names.insert(name).inserted else { throw scanner.error("other names than \(name) twice") }
        if name == Self.metadataKey {
          try scanner.object { scanner, key in metadata[key] = try scanner.string() }
        } else {
          entries.append(try Self.entry(name, &scanner))
        }
      }
      try scanner.finish()
    } catch let json as JSONError {
      throw error(json.offset, "the header isn't as it should be: \(json.expected) expected")
    }
  }

  private static func entry(_ name: String, _ scanner: inout JSONScanner) throws -> Entry {
    var (type, shape, offsets): (String?, [Int]?, [Int]?)
    try scanner.object { scanner, key in
      switch key {
      case "dtype" where type == nil: type = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers(atMost: 64)
      case "data_offsets" where offsets == nil: offsets = try scanner.integers(atMost: 2)
      default: throw scanner.error("dtype, shape and data_offsets, each once,")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw scanner.error("dtype, shape and two ascending data_offsets of \(name)")
    }
    return Entry(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }
}
