/// The text that is being typed, and where in it the cursor is. Positions count characters as people see them.
struct EditBuffer: Equatable {
  private(set) var characters: [Character] = []
  private(set) var cursor = 0
  /// What was cut last.
  private(set) var cut = ""

  var text: String { String(characters) }
  var isEmpty: Bool { characters.isEmpty }
  var beforeCursor: String { String(characters[..<cursor]) }

  /// Takes over a text, with the cursor at its end.
  mutating func set(_ text: String) {
    characters = Array(text)
    cursor = characters.count
  }

  mutating func insert(_ text: String) {
    let before = beforeCursor + text
    characters = Array(before + String(characters[cursor...]))
    // An accent joins the letter before it.
    cursor = min(Array(before).count, characters.count)
  }

  /// Replaces bytes of the text as UTF-8, and puts the cursor behind them.
  mutating func replace(_ range: Range<Int>, with replacement: String) {
    let bytes = Array(text.utf8)
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return }
    let before = String(decoding: bytes[..<range.lowerBound], as: UTF8.self) + replacement
    characters = Array(before + String(decoding: bytes[range.upperBound...], as: UTF8.self))
    cursor = min(before.count, characters.count)
  }

  private mutating func remove(_ range: Range<Int>, keeping: Bool = false) {
    if range.isEmpty { return }
    if keeping { cut = String(characters[range]) }
    let after = String(characters[range.upperBound...])
    let before = String(characters[..<range.lowerBound])
    characters = Array(before + after)
    cursor = min(Array(before).count, characters.count)
  }

  mutating func backspace() { if cursor > 0 { remove(cursor - 1..<cursor) } }
  mutating func delete() { if cursor < characters.count { remove(cursor..<cursor + 1) } }
  mutating func left() { cursor = max(0, cursor - 1) }
  mutating func right() { cursor = min(characters.count, cursor + 1) }
  mutating func toStart() { cursor = 0 }
  mutating func toEnd() { cursor = characters.count }

  /// Where the line with the cursor begins and ends.
  var line: Range<Int> {
    let start = characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0
    return start..<(characters[cursor...].firstIndex(of: "\n") ?? characters.count)
  }

  var isOnFirstLine: Bool { line.lowerBound == 0 }
  var isOnLastLine: Bool { line.upperBound == characters.count }

  mutating func home() { cursor = line.lowerBound }
  mutating func end() { cursor = line.upperBound }

  /// To the line above, as near to the same column as there is.
  mutating func up() {
    let (current, column) = (line, cursor - line.lowerBound)
    guard current.lowerBound > 0 else { return }
    cursor = current.lowerBound - 1
    cursor = min(line.lowerBound + column, line.upperBound)
  }

  mutating func down() {
    let (current, column) = (line, cursor - line.lowerBound)
    guard current.upperBound < characters.count else { return }
    cursor = current.upperBound + 1
    cursor = min(line.lowerBound + column, line.upperBound)
  }

  private var wordStart: Int {
    var i = cursor
    while i > 0, !characters[i - 1].isWord { i -= 1 }
    while i > 0, characters[i - 1].isWord { i -= 1 }
    return i
  }

  private var wordEnd: Int {
    var i = cursor
    while i < characters.count, !characters[i].isWord { i += 1 }
    while i < characters.count, characters[i].isWord { i += 1 }
    return i
  }

  mutating func wordLeft() { cursor = wordStart }
  mutating func wordRight() { cursor = wordEnd }
  mutating func cutWordLeft() { remove(wordStart..<cursor, keeping: true) }
  mutating func cutWordRight() { remove(cursor..<wordEnd, keeping: true) }
  mutating func cutToLineStart() { remove(line.lowerBound..<cursor, keeping: true) }

  /// Cuts to the end of the line, or at the end of a line its break.
  mutating func cutToLineEnd() {
    let end = line.upperBound
    remove(cursor..<(cursor == end ? min(end + 1, characters.count) : end), keeping: true)
  }

  mutating func paste() { insert(cut) }

  /// Swaps the characters around the cursor.
  mutating func transpose() {
    guard characters.count > 1, cursor > 0 else { return }
    let right = min(cursor, characters.count - 1)
    characters.swapAt(right - 1, right)
    set(text, cursor: right + 1)
  }

  private mutating func set(_ text: String, cursor: Int) {
    set(text)
    self.cursor = min(cursor, characters.count)
  }
}

extension Character {
  fileprivate var isWord: Bool { isLetter || isNumber || self == "_" }
}
