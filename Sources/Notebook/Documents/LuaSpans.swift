/// What the characters of Lua source are, for colours, and which of its lines begin outside of strings and comments.
struct LuaSpans {
  enum Kind {
    case plain, comment, string, number, keyword
  }

  /// Pieces in order, which make up the whole text.
  private(set) var pieces: [(kind: Kind, text: String)] = []
  /// Offsets of line breaks that are part of a string or comment, in bytes.
  private(set) var hiddenBreaks: Set<Int> = []

  private static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while",
  ]

  init(_ text: String) {
    let bytes = Array(text.utf8)
    var position = 0
    var plainStart = 0
    func byte(_ at: Int) -> UInt8 { at < bytes.count ? bytes[at] : 0 }
    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    func take(_ kind: Kind, to end: Int) {
      if plainStart < position { pieces.append((.plain, string(plainStart..<position))) }
      pieces.append((kind, string(position..<end)))
      (position, plainStart) = (end, end)
    }
    /// The end of a long bracket that begins at `at`, or nil if none does.
    func longBracketEnd(_ at: Int) -> Int? {
      guard byte(at) == UInt8(ascii: "[") else { return nil }
      var level = 0
      while byte(at + 1 + level) == UInt8(ascii: "=") { level += 1 }
      guard byte(at + 1 + level) == UInt8(ascii: "[") else { return nil }
      var end = at + 2 + level
      while end < bytes.count {
        if byte(end) == UInt8(ascii: "]"), byte(end + 1 + level) == UInt8(ascii: "]"),
          (0..<level).allSatisfy({ byte(end + 1 + $0) == UInt8(ascii: "=") })
        {
          return end + 2 + level
        }
        end += 1
      }
      return bytes.count
    }
    func hideBreaks(_ range: Range<Int>) {
      for at in range where bytes[at] == UInt8(ascii: "\n") { hiddenBreaks.insert(at) }
    }
    while position < bytes.count {
      let first = byte(position)
      if first == UInt8(ascii: "-"), byte(position + 1) == UInt8(ascii: "-") {
        var end = position + 2
        if let long = longBracketEnd(end) {
          end = long
          hideBreaks(position..<end)
        } else {
          while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        }
        take(.comment, to: end)
      } else if let end = longBracketEnd(position) {
        hideBreaks(position..<end)
        take(.string, to: end)
      } else if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
        var end = position + 1
        while end < bytes.count, bytes[end] != first, bytes[end] != UInt8(ascii: "\n") {
          end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        end = min(bytes.count, end + (byte(end) == first ? 1 : 0))
        hideBreaks(position..<end)
        take(.string, to: end)
      } else if first.isNameStart || first.isDigit {
        var end = position
        while byte(end).isNameStart || byte(end).isDigit || (first.isDigit && byte(end) == UInt8(ascii: ".")) {
          end += 1
        }
        if first.isDigit {
          take(.number, to: end)
        } else if Self.keywords.contains(string(position..<end)) {
          take(.keyword, to: end)
        } else {
          position = end
        }
      } else {
        position += 1
      }
    }
    if plainStart < bytes.count { pieces.append((.plain, string(plainStart..<bytes.count))) }
  }

  /// Whether each line of `lines` begins outside of strings and comments.
  static func areTop(_ lines: ArraySlice<String>) -> [Bool] {
    let hidden = LuaSpans(lines.joined(separator: "\n")).hiddenBreaks
    var offset = 0
    var isTop = true
    return lines.map { line in
      defer {
        offset += line.utf8.count
        isTop = !hidden.contains(offset)
        offset += 1
      }
      return isTop
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var isNameStart: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_") || self >= 0x80
  }
}
