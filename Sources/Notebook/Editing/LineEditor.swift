import Foundation
import Tensors

/// Edits a cell at a terminal: several lines, history and search in it, completion, pasted blocks.
final class LineEditor {
  /// What came of asking for a cell.
  enum Result: Equatable {
    case text(String)
    case interrupted
    case end
  }

  /// What the editor asks of whoever reads cells.
  struct Questions {
    var completeness: (String) -> Session.Completeness
    /// Proposals at a place in a text, in bytes as UTF-8.
    var complete: (String, Int) -> Session.Completion
  }

  let terminal: Terminal
  let history: LineHistory
  let style: TextStyle
  let questions: Questions
  private var decoder = KeyDecoder()

  var buffer = EditBuffer()
  var prompt = ""
  /// The row of the cursor below the first row that was drawn.
  private var drawnRow = 0
  /// The entry of history that is shown, and what was typed before any was.
  var shownEntry: Int?
  var draft = ""

  init(terminal: Terminal, history: LineHistory, style: TextStyle, questions: Questions) {
    (self.terminal, self.history, self.style, self.questions) = (terminal, history, style, questions)
  }

  /// Reads one cell. The terminal is as it was when this returns.
  func read(prompt: String) -> Result {
    self.prompt = prompt
    buffer = EditBuffer()
    (shownEntry, draft, drawnRow) = (nil, "", 0)
    terminal.enterRaw()
    defer { terminal.leaveRaw() }
    decoder.append(terminal.typedAhead())
    draw()
    while true {
      guard let key = nextKey() else { return finish(.end) }
      if let result = act(on: key) { return finish(result) }
    }
  }

  // MARK: Keys

  /// How long a sequence, and a pasted block, may take to arrive, in milliseconds.
  private static let sequenceTime: Int32 = 60
  private static let pasteTime: Int32 = 2000

  /// The next key; nil where the input ends. A request to stop from elsewhere counts as Ctrl-C.
  func nextKey() -> Key? {
    while true {
      if let key = decoder.next(isLast: false) { return key }
      let wait = decoder.pending.isEmpty ? -1 : decoder.isInPaste ? Self.pasteTime : Self.sequenceTime
      switch terminal.read(timeout: wait) {
      case .bytes(let bytes): decoder.append(bytes)
      case .nothing: if let key = decoder.next(isLast: true) { return key }
      case .signal:
        if Interruption.isPending {
          Interruption.clear()
          return .control("c")
        }
        draw()
      case .end: return decoder.next(isLast: true)
      }
    }
  }

  /// Does what a key says; a result ends the editing.
  private func act(on key: Key) -> Result? {
    switch key {
    case .control("c"): return .interrupted
    case .control("d") where buffer.isEmpty: return .end
    case .enter: if let result = enter() { return result }
    case .tab: complete()
    case .up, .control("p"): if buffer.isOnFirstLine { older() } else { buffer.up() }
    case .down, .control("n"): if buffer.isOnLastLine { newer() } else { buffer.down() }
    case .control("r"):
      if let key = search(), let result = act(on: key) { return result }
    case .control("l"):
      terminal.write("\u{1b}[H\u{1b}[2J")
      drawnRow = 0
    case .control("z"): suspend()
    default: edit(key)
    }
    draw()
    return nil
  }

  /// Keys that only change the text or move in it.
  private func edit(_ key: Key) {
    switch key {
    case .text(let text), .paste(let text): buffer.insert(text)
    case .newline: buffer.insert("\n")
    case .backspace, .control("h"): buffer.backspace()
    case .delete, .control("d"): buffer.delete()
    case .left, .control("b"): buffer.left()
    case .right, .control("f"): buffer.right()
    case .home, .control("a"): buffer.home()
    case .end, .control("e"): buffer.end()
    case .wordLeft, .alt("b"): buffer.wordLeft()
    case .wordRight, .alt("f"): buffer.wordRight()
    case .control("w"): buffer.cutWordLeft()
    case .alt("d"): buffer.cutWordRight()
    case .control("u"): buffer.cutToLineStart()
    case .control("k"): buffer.cutToLineEnd()
    case .control("y"): buffer.paste()
    case .control("t"): buffer.transpose()
    default: break
    }
  }

  /// A whole cell is handed over; in an unfinished one, or within one of several lines, a line is added.
  private func enter() -> Result? {
    let text = buffer.text
    if text.allSatisfy(\.isWhitespace) { return .text("") }
    if case .incomplete(let indentation) = questions.completeness(text) {
      // In the middle of a text the lines that follow have their own indentation.
      buffer.insert("\n" + String(repeating: " ", count: buffer.isOnLastLine ? indentation : 0))
      return nil
    }
    if !buffer.isOnLastLine {
      buffer.insert("\n")
      return nil
    }
    return .text(text)
  }

  private func complete() {
    let before = buffer.beforeCursor
    let line = before.suffix(while: { $0 != "\n" })
    if line.allSatisfy({ $0 == " " }) { return buffer.insert("  ") }
    let completion = questions.complete(buffer.text, before.utf8.count)
    let written = completion.range.count
    if completion.candidates.count == 1 {
      buffer.replace(completion.range, with: completion.candidates[0])
    } else if completion.commonPrefix.utf8.count > written {
      buffer.replace(completion.range, with: completion.commonPrefix)
    } else if completion.candidates.isEmpty {
      terminal.write("\u{7}")
    } else {
      list(completion.candidates)
    }
  }

  private func suspend() {
    leave()
    terminal.leaveRaw()
    kill(getpid(), SIGTSTP)
    terminal.enterRaw()
  }

  // MARK: Drawing

  /// Draws the text where it was drawn before.
  /// - Parameter notice: stands in the place of the prompt.
  func draw(notice: String? = nil) {
    let size = terminal.size
    let shown = notice ?? prompt
    let layout = EditLayout(
      buffer, prompt: style.prompt(shown), continuation: style.prompt(continuation(shown)), promptWidth: shown.count,
      columns: size.columns)
    // Of what is higher than the screen, the part around the cursor is shown.
    let first = max(0, min(layout.cursorRow - size.rows / 2, layout.rows.count - size.rows))
    let rows = layout.rows[first..<min(layout.rows.count, first + size.rows)]
    let cursorRow = layout.cursorRow - first
    var text = start + rows.joined(separator: "\r\n")
    text += moved(up: rows.count - 1 - cursorRow) + "\r"
    if layout.cursorColumn > 0 { text += "\u{1b}[\(layout.cursorColumn)C" }
    terminal.write(text)
    drawnRow = cursorRow
  }

  private func continuation(_ prompt: String) -> String {
    String(repeating: ".", count: max(0, prompt.count - 1)) + " "
  }

  /// Back to where drawing began, with everything from there on cleared.
  private var start: String { moved(up: drawnRow) + "\r\u{1b}[J" }

  private func moved(up rows: Int) -> String { rows > 0 ? "\u{1b}[\(rows)A" : "" }

  /// Leaves the whole text on the screen, with the cursor on the line below.
  private func leave() {
    let layout = EditLayout(
      buffer, prompt: style.prompt(prompt), continuation: style.prompt(continuation(prompt)),
      promptWidth: prompt.count, columns: terminal.size.columns)
    terminal.write(start + layout.rows.joined(separator: "\r\n") + "\r\n")
    drawnRow = 0
  }

  private func finish(_ result: Result) -> Result {
    leave()
    return result
  }

  /// Most candidates that are listed.
  private static let mostListed = 120

  /// Shows candidates in columns below the text.
  private func list(_ candidates: [String]) {
    // Of paths only the last part.
    let names = candidates.prefix(Self.mostListed).map { style.printable($0) }
    let columns = terminal.size.columns
    let width = (names.map(\.count).max() ?? 0) + 2
    let perRow = max(1, columns / width)
    let rowCount = (names.count + perRow - 1) / perRow
    var text = ""
    for row in 0..<rowCount {
      let cells = stride(from: row, to: names.count, by: rowCount).map { names[$0] }
      text += cells.map { $0 + String(repeating: " ", count: width - $0.count) }.joined().prefix(columns - 1) + "\r\n"
    }
    if candidates.count > names.count { text += "… \(candidates.count - names.count) more\r\n" }
    leave()
    terminal.write(text)
  }
}

extension StringProtocol {
  /// The longest end of which a test holds for every character.
  fileprivate func suffix(while holds: (Character) -> Bool) -> SubSequence {
    var start = endIndex
    while start > startIndex, holds(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
