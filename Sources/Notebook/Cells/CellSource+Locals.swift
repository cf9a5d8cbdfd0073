import Scripting

extension CellSource {
  /// The text with its outermost `local`s turned into globals, on the same lines: they would end with their cell, and whoever
  /// types `local x = 1` wants `x` in the next one. Locals to be closed stay what they are.
  /// - Returns: the text and the names.
  var keepingLocals: (text: String, names: [String]) {
    var edits: [Edit] = []
    var names: [String] = []
    for i in tokens.indices where depths[i] == 0 && tokens[i].kind == .name && tokens[i].text == "local" {
      let local = self.local(at: i)
      edits += local.edits
      names += local.names
    }
    if edits.isEmpty { return (text, []) }
    var bytes = Array(text.utf8)
    for edit in edits.reversed() { bytes.replaceSubrange(edit.range, with: edit.text.utf8) }
    return (String(decoding: bytes, as: UTF8.self), names)
  }

  private typealias Edit = (range: Range<Int>, text: String)

  /// What makes globals of the names behind the `local` at token `i`.
  private func local(at i: Int) -> (edits: [Edit], names: [String]) {
    func isSymbol(_ index: Int, _ text: String) -> Bool {
      index < tokens.count && tokens[index].kind == .symbol && tokens[index].text == text
    }
    func isName(_ index: Int) -> Bool { index < tokens.count && tokens[index].kind == .name }
    func blank(_ range: Range<Int>) -> Edit { (range, String(repeating: " ", count: range.count)) }
    var names: [String] = []
    var edits = [blank(tokens[i].range)]
    if isName(i + 1), tokens[i + 1].text == "function" { return (edits, []) }
    var next = i + 1
    while true {
      guard isName(next), !tokens[next].isKeyword else { return ([], []) }
      names.append(tokens[next].text)
      next += 1
      if isSymbol(next, "<"), isName(next + 1), isSymbol(next + 2, ">") {
        if tokens[next + 1].text == "close" { return ([], []) }
        edits += (next...next + 2).map { blank(tokens[$0].range) }
        next += 3
      }
      guard isSymbol(next, ",") else { break }
      next += 1
    }
    if !isSymbol(next, "=") {
      let end = tokens[next - 1].range.upperBound
      edits.append((end..<end, " = nil;"))
    }
    return (edits, names)
  }
}
