import CEdit
import Foundation
import Scripting
import Tensors

/// Lines typed at a terminal, edited with libedit: history and search in it (Ctrl-R), completion, and blocks that are pasted.
public final class LineEditor {
  private let edit: OpaquePointer
  private let lines: OpaquePointer
  private let history: LineHistory
  private let complete: (String) -> Completion
  private var promptBytes: [CChar] = [0]
  /// Earlier lines of the text that is being typed, for completion.
  private var earlier = ""
  /// What was pasted behind the line that ended with it.
  private var pasted: String?
  private var input: [UInt8] = []
  private var isAtEnd = false

  private static let pasteBegins = "\u{1B}[200~"
  private static let pasteEnds = "\u{1B}[201~"
  private static let columnGap = 2

  /// - Parameters:
  ///   - complete: what may stand at the end of a text.
  public init?(history: LineHistory = LineHistory(), complete: @escaping (String) -> Completion) {
    // Lines are UTF-8 whatever the environment says; numbers stay as C has them.
    if setlocale(LC_CTYPE, "") == nil || String(cString: nl_langinfo(CInt(CODESET))) != "UTF-8" {
      setlocale(LC_CTYPE, "C.UTF-8")
    }
    guard let edit = tel_edit_create("tel"), let lines = history_init() else { return nil }
    (self.edit, self.lines, self.history, self.complete) = (edit, lines, history, complete)
    tel_history_limit(lines, Int32(LineHistory.mostLines))
    for line in history.load() { tel_history_enter(lines, line) }
    tel_edit_set_owner(edit, Unmanaged.passUnretained(self).toOpaque())
    tel_edit_use_emacs_keys(edit)
    tel_edit_set_history(edit, lines)
    tel_edit_set_prompt(edit) { edit in
      LineEditor.owner(of: edit).promptBytes.withUnsafeMutableBufferPointer { $0.baseAddress! }
    }
    tel_edit_set_reader(edit) { edit, character in LineEditor.owner(of: edit).read(into: character) }
    tel_edit_add(edit, "tel-complete") { edit, _ in LineEditor.owner(of: edit).completeLine() }
    tel_edit_add(edit, "tel-paste") { edit, _ in LineEditor.owner(of: edit).paste() }
    tel_edit_bind(edit, "^I", "tel-complete")
    tel_edit_bind(edit, Self.pasteBegins, "tel-paste")
    tel_edit_bind(edit, "^R", "em-inc-search-prev")
    tel_edit_bind(edit, "\u{1B}[1;5D", "ed-prev-word")
    tel_edit_bind(edit, "\u{1B}[1;5C", "em-next-word")
    tel_edit_bind(edit, "\u{1B}[3~", "ed-delete-next-char")
    tel_edit_bind(edit, "\u{1B}[H", "ed-move-to-beg")
    tel_edit_bind(edit, "\u{1B}[F", "ed-move-to-end")
  }

  deinit {
    el_end(edit)
    history_end(lines)
  }

  private static func owner(of edit: OpaquePointer) -> LineEditor {
    Unmanaged<LineEditor>.fromOpaque(tel_edit_owner(edit)).takeUnretainedValue()
  }

  /// Lets the user type a line, or paste a block, which comes as one text.
  /// - Parameter earlier: the lines before it that belong to the same text.
  public func next(prompt: String, after earlier: String) -> LineReader.Line {
    self.earlier = earlier
    promptBytes = Array(prompt.utf8CString)
    show("\u{1B}[?2004h")
    defer { show("\u{1B}[?2004l") }
    pasted = nil
    var count: Int32 = 0
    guard let bytes = el_gets(edit, &count) else {
      if Interruption.isRequested {
        el_reset(edit)
        show("\n")
        return .interrupted
      }
      show("\n")
      return .end
    }
    var line = String(cString: bytes)
    if line.hasSuffix("\n") { line.removeLast() }
    if let pasted {
      show(pasted.replacing("\n", with: "\r\n"))
      if !pasted.hasSuffix("\n") { show("\n") }
      line += "\n" + (pasted.hasSuffix("\n") ? String(pasted.dropLast()) : pasted)
    }
    for part in line.split(separator: "\n") where !part.allSatisfy(\.isWhitespace) {
      tel_history_enter(lines, String(part))
      history.add(String(part))
    }
    return .text(line)
  }

  /// One character of what is typed, for libedit: 1, 0 at the end, -1 when the user asked to stop.
  private func read(into character: UnsafeMutablePointer<wchar_t>) -> Int32 {
    while true {
      if let scalar = takeScalar() {
        character.pointee = wchar_t(scalar.value)
        return 1
      }
      if isAtEnd {
        isAtEnd = false
        return 0
      }
      if !fill() { return -1 }
    }
  }

  /// The first whole character of the input; bytes that are no UTF-8 come as U+FFFD.
  private func takeScalar() -> Unicode.Scalar? {
    guard let first = input.first else { return nil }
    let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
    guard input.count >= length || isAtEnd else { return nil }
    let taken = input.prefix(length)
    input.removeFirst(taken.count)
    return String(decoding: taken, as: UTF8.self).unicodeScalars.first
  }

  /// Waits for more input; false if the user asked to stop meanwhile. `poll` returns on a signal, `read` would not.
  private func fill() -> Bool {
    while true {
      if Interruption.isRequested { return false }
      var wanted = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      if poll(&wanted, 1, -1) < 0 { continue }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = Foundation.read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { isAtEnd = true } else { input += chunk[..<count] }
      return true
    }
  }

  /// Inserts a pasted line where the cursor is; of several, the first ends the line and the others come with it.
  private func paste() -> UInt8 {
    let end = Array(Self.pasteEnds.unicodeScalars)
    var text: [Unicode.Scalar] = []
    while !text.suffix(end.count).elementsEqual(end) {
      var character: wchar_t = 0
      guard read(into: &character) == 1 else { return UInt8(CC_ERROR) }
      text.append(Unicode.Scalar(UInt32(character)) ?? "\u{FFFD}")
    }
    var block = String(String.UnicodeScalarView(text.dropLast(end.count))).replacing("\r\n", with: "\n")
    // A tab would ask for completion, and control characters would act.
    block = block.replacing("\r", with: "\n").replacing("\t", with: "  ")
    block.unicodeScalars.removeAll { $0.value < 32 && $0 != "\n" }
    guard let first = block.firstIndex(of: "\n") else {
      el_insertstr(edit, block)
      return UInt8(CC_REFRESH)
    }
    el_insertstr(edit, String(block[..<first]))
    pasted = String(block[block.index(after: first)...])
    show("\n")
    return UInt8(CC_NEWLINE)
  }

  /// Adds what all that fits here begins with; where that is nothing, lists what fits.
  private func completeLine() -> UInt8 {
    guard let line = el_line(edit) else { return UInt8(CC_ERROR) }
    let typed = UnsafeRawBufferPointer(start: line.pointee.buffer, count: line.pointee.cursor - line.pointee.buffer)
    let text = String(decoding: typed, as: UTF8.self)
    let completion = complete(earlier.isEmpty ? text : earlier + "\n" + text)
    guard !completion.candidates.isEmpty else { return UInt8(CC_ERROR) }
    let rest = String(completion.common.unicodeScalars.dropFirst(completion.range.count))
    if !rest.isEmpty {
      el_insertstr(edit, rest)
      return UInt8(CC_REFRESH)
    }
    if completion.candidates.count == 1 { return UInt8(CC_NORM) }
    show("\n" + Self.columns(completion.candidates, width: Terminal.width) + "\n")
    return UInt8(CC_REDISPLAY)
  }

  /// Names in as many columns as fit, read downwards.
  static func columns(_ names: [String], width: Int) -> String {
    let most = 200
    let shown = names.prefix(most)
    let column = (shown.map(\.count).max() ?? 0) + columnGap
    let columns = max(1, width / column)
    let rows = (shown.count + columns - 1) / columns
    var lines = (0..<rows).map { row in
      stride(from: row, to: shown.count, by: rows).map {
        shown[$0].padding(toLength: column, withPad: " ", startingAt: 0)
      }
      .joined()
    }
    if names.count > most { lines.append("… \(names.count - most) more") }
    return lines.joined(separator: "\n")
  }

  private func show(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }
}
