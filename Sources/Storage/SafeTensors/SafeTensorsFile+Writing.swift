import Tensors

extension SafeTensorsFile {
  /// Writes tensors as safetensors, replacing the file at `path` whole or not at all. One after the other is loaded and
  /// written, wide number types first: all are aligned then, and the order doesn't depend on that of `tensors`.
  /// - Parameter metadata: text that is kept beside the tensors.
  /// - Throws: `FileError`; `SafeTensorsError.unstorable`; what loading a tensor throws.
  public static func write(
    _ tensors: [StoredTensor], metadata: [String: String] = [:], to path: String
  ) throws {
    let sorted = tensors.sorted { a, b in
      a.type.byteCount != b.type.byteCount ? a.type.byteCount > b.type.byteCount : a.name < b.name
    }
    let header = try header(of: sorted, metadata, path)
    try AtomicFile.write(to: path) { append in
      try header.withUnsafeBytes { try append($0) }
      for entry in sorted {
        let tensor = try entry.load().contiguous()
        guard tensor.shape == entry.shape, tensor.type == entry.type else {
          throw SafeTensorsError.unstorable(
            file: path, name: entry.name, reason: "it isn't of its announced shape and type")
        }
        defer { extendLifetime(tensor.buffer) }
        let start = tensor.buffer.bytes + tensor.offset * tensor.type.byteCount
        try append(UnsafeRawBufferPointer(start: start, count: tensor.count * tensor.type.byteCount))
      }
    }
  }

  /// The length and the JSON, filled up with blanks to a multiple of eight bytes.
  private static func header(
    of tensors: [StoredTensor], _ metadata: [String: String], _ path: String
  ) throws -> [UInt8] {
    var parts: [String] = []
    if !metadata.isEmpty {
      let text = StoredValue.table(metadata.mapValues { .string($0) }).json
      parts.append(StoredValue.string(SafeTensorsHeader.metadataKey).json + ":" + text)
    }
    var (names, offset): (Set<String>, Int) = ([], 0)
    for tensor in tensors {
      guard tensor.name != SafeTensorsHeader.metadataKey, names.insert(tensor.name).inserted else {
        throw SafeTensorsError.unstorable(
          file: path, name: tensor.name, reason: "its name is that of another one, or of the metadata")
      }
      let end = offset + tensor.count * tensor.type.byteCount
      parts.append(
        StoredValue.string(tensor.name).json
          + ":{\"dtype\":\"\(name(of: tensor.type))\",\"shape\":\(tensor.shape),\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(parts.joined(separator: ","))}".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  private static func name(of type: ElementType) -> String {
    switch type {
    case .float32: "F32"
    case .float64: "F64"
    case .uint8: "U8"
    case .int32: "I32"
    case .int64: "I64"
    }
  }
}
