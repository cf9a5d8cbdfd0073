/// What someone did at the keyboard.
enum Key: Equatable {
  /// One or more printable characters.
  case text(String)
  /// A block that the terminal marked as pasted.
  case paste(String)
  case enter, newline, tab, backspace, delete, escape
  case left, right, up, down, home, end, wordLeft, wordRight
  /// A letter together with Ctrl or Alt.
  case control(Character)
  case alt(Character)
  /// A sequence that means nothing here.
  case unknown
}

/// Makes keys of the bytes that a terminal sends.
struct KeyDecoder {
  private static let escape: UInt8 = 0x1b
  private static let pasteBegins = Array("\u{1b}[200~".utf8)
  private static let pasteEnds = Array("\u{1b}[201~".utf8)

  /// Bytes that are not yet a key.
  private(set) var pending: [UInt8] = []

  mutating func append(_ bytes: some Sequence<UInt8>) { pending += bytes }

  /// Forgets what is not yet a key.
  mutating func removeAll() { pending = [] }

  /// Whether a pasted block has begun and not ended.
  var isInPaste: Bool { pending.starts(with: Self.pasteBegins) }

  /// The next key, nil if its bytes are not all there.
  /// - Parameter isLast: whether nothing more is to be expected, so that what is there is all there is.
  mutating func next(isLast: Bool) -> Key? {
    guard let first = pending.first else { return nil }
    switch first {
    case Self.escape: return escapeSequence(isLast)
    case 0..<0x20, 0x7f:
      pending.removeFirst()
      return Self.control(first)
    default: return text(isLast)
    }
  }

  private static func control(_ byte: UInt8) -> Key {
    switch byte {
    case 0x0d, 0x0a: .enter
    case 0x09: .tab
    case 0x08, 0x7f: .backspace
    case 1...26: .control(Character(Unicode.Scalar(byte + 0x60)))
    default: .unknown
    }
  }

  /// As many printable characters as there are.
  private mutating func text(_ isLast: Bool) -> Key? {
    var end = 0
    while end < pending.count, pending[end] >= 0x20, pending[end] != 0x7f {
      let length = Self.length(pending[end])
      if end + length > pending.count && !isLast { break }
      end = min(end + length, pending.count)
    }
    if end == 0 { return nil }
    defer { pending.removeFirst(end) }
    // Bytes that are no UTF-8 become replacement characters.
    return .text(String(decoding: pending[..<end], as: UTF8.self))
  }

  /// How many bytes a character has that begins with this one.
  private static func length(_ byte: UInt8) -> Int {
    switch byte {
    case 0xc2...0xdf: 2
    case 0xe0...0xef: 3
    case 0xf0...0xf4: 4
    default: 1
    }
  }

  private mutating func escapeSequence(_ isLast: Bool) -> Key? {
    guard pending.count > 1 else {
      if isLast { pending.removeFirst() }
      return isLast ? .escape : nil
    }
    switch pending[1] {
    case UInt8(ascii: "["): return controlSequence(isLast)
    case UInt8(ascii: "O"):
      guard pending.count > 2 || isLast else { return nil }
      let final = pending.count > 2 ? pending[2] : 0
      pending.removeFirst(min(3, pending.count))
      return Self.cursorKey(final, modified: false)
    case Self.escape:
      pending.removeFirst()
      return .escape
    case 0x0d, 0x0a:
      pending.removeFirst(2)
      return .newline
    case 0x08, 0x7f:
      pending.removeFirst(2)
      return .control("w")
    case 0x21..<0x7f:
      let letter = Character(Unicode.Scalar(pending[1]))
      pending.removeFirst(2)
      return .alt(letter)
    default:
      pending.removeFirst()
      return .escape
    }
  }

  /// `ESC [ parameters final`.
  private mutating func controlSequence(_ isLast: Bool) -> Key? {
    guard let final = pending.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) || $0 < 0x20 }) else {
      if isLast { pending = [] }
      return isLast ? .unknown : nil
    }
    if isInPaste { return paste(isLast) }
    let parameters = String(decoding: pending[2..<final], as: UTF8.self)
    let byte = pending[final]
    // What is no sequence after all is left for the next key.
    if byte < 0x20 {
      pending.removeFirst(final)
      return .unknown
    }
    pending.removeFirst(final + 1)
    if byte == UInt8(ascii: "~") {
      switch parameters.prefix(while: { $0 != ";" }) {
      case "1", "7": return .home
      case "3": return .delete
      case "4", "8": return .end
      default: return .unknown
      }
    }
    return Self.cursorKey(byte, modified: parameters.contains(";"))
  }

  private static func cursorKey(_ final: UInt8, modified: Bool) -> Key {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): modified ? .wordRight : .right
    case UInt8(ascii: "D"): modified ? .wordLeft : .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "M"): .enter
    default: .unknown
    }
  }

  private mutating func paste(_ isLast: Bool) -> Key? {
    let start = Self.pasteBegins.count
    let end = pending.firstRange(of: Self.pasteEnds)
    guard end != nil || isLast else { return nil }
    let text = String(decoding: pending[start..<(end?.lowerBound ?? pending.count)], as: UTF8.self)
    pending.removeFirst(end?.upperBound ?? pending.count)
    return .paste(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"))
  }
}
