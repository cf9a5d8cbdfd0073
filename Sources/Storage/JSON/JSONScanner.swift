/// Reads JSON of a known form piece by piece, without making values of what a hostile file may hold beside it.
public struct JSONScanner {
  private let file: FileBytes
  private var position: Int
  private let end: Int

  /// A scanner of a whole file.
  public init(_ file: FileBytes) { self.init(file, 0..<file.count) }

  init(_ file: FileBytes, _ range: Range<Int>) {
    (self.file, position, end) = (file, range.lowerBound, range.upperBound)
  }

  /// Offsets count from the start of the file.
  public func error(_ expected: String) -> JSONError { JSONError(offset: position, expected: expected) }

  /// The byte at the current position.
  var next: UInt8? { position < end ? file.buffer[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  /// Steps over a character if it is the next one.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar, _ expected: String) throws {
    guard take(character) else { throw error(expected) }
  }

  /// Elements with commas between them, up to `closing`.
  private mutating func elements(until closing: Unicode.Scalar, _ element: (inout JSONScanner) throws -> Void) throws {
    if take(closing) { return }
    repeat { try element(&self) } while take(",")
    try require(closing, "a comma or \(closing)")
  }

  /// An object: `entry` reads the value of each key.
  public mutating func object(_ entry: (inout JSONScanner, String) throws -> Void) throws {
    try require("{", "an opening brace")
    try elements(until: "}") { scanner in
      let key = try scanner.string()
      try scanner.require(":", "a colon")
      try entry(&scanner, key)
    }
  }

  /// A list: `element` reads each element.
  public mutating func list(_ element: (inout JSONScanner) throws -> Void) throws {
    try require("[", "a list")
    try elements(until: "]", element)
  }

  /// A list of natural numbers.
  mutating func integers(atMost limit: Int) throws -> [Int] {
    try require("[", "a list of numbers")
    var values: [Int] = []
    try elements(until: "]") { scanner in
      guard values.count < limit else { throw scanner.error("at most \(limit) numbers") }
      values.append(try scanner.natural())
    }
    return values
  }

  /// A whole number with or without a minus sign.
  public mutating func integer() throws -> Int {
    let start = position
    let isNegative = take("-")
    let value = try natural()
    if let byte = next, ".eE".utf8.contains(byte) {
      position = start
      throw error("a whole number")
    }
    return isNegative ? -value : value
  }

  private mutating func natural() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let byte = next, (0x30...0x39).contains(byte) {
      let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = tens.addingReportingOverflow(Int(byte - 0x30))
      if tooLarge || overflow { throw error("a smaller number") }
      (value, position) = (sum, position + 1)
    }
    guard position > start else { throw error("a natural number") }
    return value
  }

  /// A string, with its escapes resolved.
  public mutating func string() throws -> String {
    skipSpace()
    let start = position
    guard take("\"") else { throw error("a string") }
    while let byte = next, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
    guard position < end else {
      position = start
      throw error("the end of a string")
    }
    position += 1
    let range = start..<position
    let isPlain = file.withBytes { bytes in bytes[range].allSatisfy { $0 != UInt8(ascii: "\\") } }
    return try file.withBytes { bytes in
      guard let quoted = String(validating: bytes[range], as: UTF8.self) else { throw error("UTF-8 before this") }
      if isPlain { return String(quoted.unicodeScalars.dropFirst().dropLast()) }
      guard case .string(let text)? = try? StoredValue(json: quoted) else {
        throw error("a string with valid escapes before this")
      }
      return text
    }
  }

  /// Steps over a value of any kind.
  /// - Parameter depth: of what it may be nested in; deeper nesting is refused, since each level is a call.
  public mutating func skipValue(depth: Int = 32) throws {
    skipSpace()
    guard depth > 0 else { throw error("less nesting") }
    switch next {
    case UInt8(ascii: "{"): try object { scanner, _ in try scanner.skipValue(depth: depth - 1) }
    case UInt8(ascii: "["): try list { try $0.skipValue(depth: depth - 1) }
    case UInt8(ascii: "\""): _ = try string()
    default:
      let start = position
      while let byte = next, Self.isPlain(byte) { position += 1 }
      if position == start { throw error("a value") }
    }
  }

  /// Whether a byte may occur in numbers, `true`, `false` and `null`.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || "+-.EINy".utf8.contains(byte)
  }

  /// Only blanks may follow.
  public mutating func finish() throws {
    skipSpace()
    if position < end { throw error("the end") }
  }
}
