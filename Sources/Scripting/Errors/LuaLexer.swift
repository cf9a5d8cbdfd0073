/// A piece of Lua source: enough of the language to find keys in tables.
struct LuaToken: Equatable {
  enum Kind: Equatable {
    case name, string, number, symbol
  }
  var kind: Kind
  /// The name or symbol; of a string, what it says (escapes left as they are).
  var text: String
  var line: Int
  /// Where it stands in the source, in bytes; quotes are part of a string.
  var range: Range<Int>
  /// Whether a string has its closing quotes.
  var isClosed = true

  var isKeyword: Bool { kind == .name && LuaLexer.keywords.contains(text) }
}

/// Splits Lua source into tokens, comments left out. Never fails: what it doesn't know becomes symbols.
struct LuaLexer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or",
    "repeat", "return", "then", "true", "until", "while",
  ]

  private init(_ text: String) { bytes = Array(text.utf8) }

  static func tokens(of text: String) -> [LuaToken] {
    var lexer = LuaLexer(text)
    var tokens: [LuaToken] = []
    while let token = lexer.next() { tokens.append(token) }
    return tokens
  }

  private func byte(_ ahead: Int = 0) -> UInt8 { position + ahead < bytes.count ? bytes[position + ahead] : 0 }

  private mutating func advance() {
    if byte() == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }

  private mutating func next() -> LuaToken? {
    skipBlanks()
    guard position < bytes.count else { return nil }
    let (start, startLine) = (position, line)
    func token(_ kind: LuaToken.Kind, _ range: Range<Int>, isClosed: Bool = true) -> LuaToken {
      LuaToken(
        kind: kind, text: String(decoding: bytes[range], as: UTF8.self), line: startLine,
        range: start..<min(position, bytes.count), isClosed: isClosed)
    }
    let first = byte()
    if first.startsName {
      while byte().startsName || byte().isDigit { advance() }
      return token(.name, start..<position)
    }
    if first.isDigit {
      while byte().startsName || byte().isDigit || byte() == UInt8(ascii: ".") { advance() }
      return token(.number, start..<position)
    }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      advance()
      while position < bytes.count, byte() != first, byte() != UInt8(ascii: "\n") {
        if byte() == UInt8(ascii: "\\") { advance() }
        advance()
      }
      let end = min(position, bytes.count)
      let isClosed = byte() == first
      if isClosed { advance() }
      return token(.string, start + 1..<max(start + 1, end), isClosed: isClosed)
    }
    if let level = longBracketLevel() {
      let isClosed = skipLongBracket(level)
      let end = min(position, bytes.count) - (isClosed ? level + 2 : 0)
      return token(.string, start + level + 2..<max(start + level + 2, end), isClosed: isClosed)
    }
    advance()
    let pair = position < bytes.count ? String(decoding: bytes[start...position], as: UTF8.self) : ""
    if ["==", "~=", "<=", ">=", "::", "//"].contains(pair) { advance() }
    return token(.symbol, start..<position)
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      if byte() == UInt8(ascii: "-"), byte(1) == UInt8(ascii: "-") {
        position += 2
        if let level = longBracketLevel() {
          skipLongBracket(level)
        } else {
          while position < bytes.count, byte() != UInt8(ascii: "\n") { position += 1 }
        }
      } else if byte() <= UInt8(ascii: " ") {
        advance()
      } else {
        return
      }
    }
  }

  /// The number of `=` if a long bracket begins here.
  private func longBracketLevel() -> Int? {
    guard byte() == UInt8(ascii: "[") else { return nil }
    var level = 0
    while byte(1 + level) == UInt8(ascii: "=") { level += 1 }
    return byte(1 + level) == UInt8(ascii: "[") ? level : nil
  }

  /// Returns whether the bracket was closed.
  @discardableResult private mutating func skipLongBracket(_ level: Int) -> Bool {
    for _ in 0..<level + 2 { advance() }
    while position < bytes.count {
      if byte() == UInt8(ascii: "]"), byte(level + 1) == UInt8(ascii: "]"),
        (0..<level).allSatisfy({ byte(1 + $0) == UInt8(ascii: "=") })
      {
        position += level + 2
        return true
      }
      advance()
    }
    return false
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var startsName: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_") || self >= 0x80
  }
}
