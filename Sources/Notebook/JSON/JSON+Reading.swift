import Foundation

/// Text that is no JSON.
package struct JSONError: Error, Equatable {
  package let what: String
  /// Where it goes wrong, in bytes.
  package let offset: Int
}

extension JSON {
  /// Arrays and objects may be nested this deep.
  static let deepest = 512

  /// - Throws: `JSONError`.
  package init(_ bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      return try reader.whole()
    }
  }
}

/// Reads a value from bytes (RFC 8259).
private struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func whole() throws -> JSON {
    let value = try value()
    skipBlanks()
    guard position == bytes.count else { throw error("something follows the value") }
    return value
  }

  private func error(_ what: String) -> JSONError { JSONError(what: what, offset: position) }

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ expected: UInt8) -> Bool {
    guard byte == expected else { return false }
    position += 1
    return true
  }

  private mutating func value() throws -> JSON {
    skipBlanks()
    switch byte {
    case UInt8(ascii: "{"): return try nested { try $0.object() }
    case UInt8(ascii: "["): return try nested { try $0.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(_ read: (inout JSONReader) throws -> JSON) throws -> JSON {
    depth += 1
    guard depth <= JSON.deepest else { throw error("values are nested too deep") }
    position += 1
    let value = try read(&self)
    depth -= 1
    return value
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw error("this is no value") }
    position += count
    return value
  }

  private mutating func object() throws -> JSON {
    var members: [JSON.Member] = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipBlanks()
      guard byte == UInt8(ascii: "\"") else { throw error("a key is missing") }
      let key = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error("a colon is missing") }
      members.append(JSON.Member(key, try value()))
      skipBlanks()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw error("a comma or brace is missing") }
    }
  }

  private mutating func array() throws -> JSON {
    var elements: [JSON] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value())
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw error("a comma or bracket is missing") }
    }
  }

  private mutating func number() throws -> JSON {
    let start = position
    while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte) {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let digits = text.drop { $0 == "-" }
    // Swift's own parsers are more lenient than JSON: "+1", "1.", "01", "inf".
    guard let first = digits.first, first.isNumber, !text.hasPrefix("--"), !text.hasSuffix("."),
      digits.count == 1 || first != "0" || !(digits.dropFirst().first?.isNumber ?? false)
    else { throw JSONError(what: "this is no value", offset: start) }
    if let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text) else { throw JSONError(what: "this is no number", offset: start) }
    return .number(number)
  }

  private mutating func string() throws -> String {
    position += 1
    let start = position
    while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    // Most strings are written as they are.
    if byte == UInt8(ascii: "\"") {
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    var units = Array(bytes[start..<position])
    while let byte {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &units)
      case ..<0x20: throw error("a control character stands in a string")
      default: units.append(byte)
      }
    }
    throw error("a string has no end")
  }

  private mutating func escape(into units: inout [UInt8]) throws {
    guard let byte else { throw error("a string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
    case UInt8(ascii: "u"):
      var scalar = UInt32(try codeUnit())
      if (0xD800..<0xDC00).contains(scalar), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        let before = position
        position += 2
        let low = UInt32(try codeUnit())
        if (0xDC00..<0xE000).contains(low) {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        } else {
          position = before
        }
      }
      // Half of a pair has no UTF-8.
      units += Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    default: throw error("there is no such escape")
    }
  }

  private mutating func codeUnit() throws -> UInt16 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("an escape has no four digits") }
    position += 4
    return unit
  }
}
