/// A nested value as recipes have them, kept in files as JSON text that gives back the same value: integers stay integers,
/// doubles keep every bit (infinities and NaN are written as Python's `json` writes them).
public indirect enum StoredValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([StoredValue])
  case table([String: StoredValue])

  /// The entry of a table; nil for other values and missing keys.
  public subscript(key: String) -> StoredValue? {
    if case .table(let entries) = self { return entries[key] }
    return nil
  }
}

extension StoredValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(arrayLiteral elements: StoredValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, StoredValue)...) {
    self = .table(Dictionary(elements) { _, last in last })
  }
  public init(nilLiteral: ()) { self = .null }
}

extension StoredValue {
  /// JSON text, keys in the order of their bytes; equal values give equal text.
  public var json: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      if value.isNaN {
        text += "NaN"
      } else if value.isInfinite {
        text += value < 0 ? "-Infinity" : "Infinity"
      } else {
        // Swift writes the shortest digits that give the same double, with a point or an exponent.
        text += value.description
      }
    case .string(let value): Self.quote(value, to: &text)
    case .list(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += ", " }
        value.write(to: &text)
      }
      text += "]"
    case .table(let entries):
      text += "{"
      for (index, key) in entries.keys.sorted().enumerated() {
        if index > 0 { text += ", " }
        Self.quote(key, to: &text)
        text += ": "
        entries[key]?.write(to: &text)
      }
      text += "}"
    }
  }

  private static func quote(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
