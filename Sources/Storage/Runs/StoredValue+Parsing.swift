/// Text that is no JSON.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  /// Byte offset of what was not understood.
  public let offset: Int
  public let expected: String
  public var description: String { "no JSON at byte \(offset): \(expected) expected" }
}

extension StoredValue {
  /// Reads JSON text. Numbers with a point or an exponent become doubles, others integers (doubles beyond 64 bits).
  /// - Throws: `JSONError`.
  public init(json text: String) throws {
    var parser = Parser(bytes: Array(text.utf8))
    self = try parser.value(depth: 0)
    parser.skipSpace()
    if parser.position < parser.bytes.count { throw parser.error("the end") }
  }

  private struct Parser {
    let bytes: [UInt8]
    var position = 0
    /// Deeper nesting is refused: each level is a call.
    static let deepest = 200

    func error(_ expected: String) -> JSONError { JSONError(offset: position, expected: expected) }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
      while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    mutating func take(_ word: String) -> Bool {
      guard bytes[position...].starts(with: word.utf8) else { return false }
      position += word.utf8.count
      return true
    }

    mutating func value(depth: Int) throws -> StoredValue {
      if depth > Self.deepest { throw error("less nesting") }
      skipSpace()
      let words: [(String, StoredValue)] = [
        ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), ("NaN", .number(.nan)),
        ("Infinity", .number(.infinity)), ("-Infinity", .number(-.infinity)),
      ]
      switch next {
      case UInt8(ascii: "{"): return try table(depth)
      case UInt8(ascii: "["): return try list(depth)
      case UInt8(ascii: "\""): return .string(try string())
      default:
        for (word, value) in words where take(word) { return value }
        return try number()
      }
    }

    /// Comma-separated elements up to `end`.
    private mutating func elements(until end: String, _ element: (inout Parser) throws -> Void) throws {
      position += 1
      skipSpace()
      if take(end) { return }
      while true {
        try element(&self)
        skipSpace()
        if take(end) { return }
        guard take(",") else { throw error("a comma or \(end)") }
      }
    }

    private mutating func list(_ depth: Int) throws -> StoredValue {
      var values: [StoredValue] = []
      try elements(until: "]") { values.append(try $0.value(depth: depth + 1)) }
      return .list(values)
    }

    private mutating func table(_ depth: Int) throws -> StoredValue {
      var entries: [String: StoredValue] = [:]
      try elements(until: "}") { parser in
        parser.skipSpace()
        guard parser.next == UInt8(ascii: "\"") else { throw parser.error("a key") }
        let key = try parser.string()
        parser.skipSpace()
        guard parser.take(":") else { throw parser.error("a colon") }
        entries[key] = try parser.value(depth: depth + 1)
      }
      return .table(entries)
    }

    private mutating func number() throws -> StoredValue {
      let start = position
      while let byte = next, "+-.0123456789eE".utf8.contains(byte) { position += 1 }
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      if !text.contains(where: { ".eE".contains($0) }), let value = Int(text) { return .integer(value) }
      guard let value = Double(text) else {
        position = start
        throw error("a value")
      }
      return .number(value)
    }

    private mutating func string() throws -> String {
      position += 1
      var result: [UInt8] = []
      while let byte = next {
        position += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: result, as: UTF8.self) }
        if byte != UInt8(ascii: "\\") {
          result.append(byte)
          continue
        }
        guard let escaped = next else { break }
        position += 1
        let plain: [UInt8: UInt8] = [
          UInt8(ascii: "n"): 0x0a, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "b"): 0x08,
          UInt8(ascii: "f"): 0x0c, UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "/"): 0x2f,
        ]
        if let byte = plain[escaped] {
          result.append(byte)
        } else if escaped == UInt8(ascii: "u") {
          result += Array(String(Character(try escapedScalar())).utf8)
        } else {
          throw error("an escape")
        }
      }
      throw error("the end of a string")
    }

    /// The scalar after `\u`, which may need two escapes.
    private mutating func escapedScalar() throws -> Unicode.Scalar {
      let first = try unit()
      if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
      guard first < 0xdc00, take("\\u") else { throw error("a pair of escapes") }
      let second = try unit()
      guard (0xdc00..<0xe000).contains(second) else { throw error("a pair of escapes") }
      let value = 0x10000 + (UInt32(first) - 0xd800) << 10 + UInt32(second) - 0xdc00
      guard let scalar = Unicode.Scalar(value) else { throw error("a pair of escapes") }
      return scalar
    }

    private mutating func unit() throws -> UInt16 {
      let digits = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
      guard digits.count == 4, digits.allSatisfy(\.isHexDigit), let unit = UInt16(digits, radix: 16) else {
        throw error("four hexadecimal digits")
      }
      position += 4
      return unit
    }
  }
}
