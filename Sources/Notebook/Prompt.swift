import Foundation
import Scripting
import Tensors

/// The prompt: reads cells, runs them, tells errors and goes on.
public struct Prompt {
  private let session: Session
  private let errors = TextStyle(for: STDERR_FILENO)
  private let output = TextStyle(for: STDOUT_FILENO)
  /// A cell that takes longer, in seconds, is told its time and memory.
  private static let slow = 0.5

  public init(_ session: Session) { self.session = session }

  /// Runs until the input ends. Returns whether all cells ran without an error.
  public func run() -> Bool {
    if Terminal.isCapable {
      edit()
      return true
    }
    return readLines()
  }

  /// With an editor, for someone at a terminal.
  private func edit() {
    let editor = LineEditor(
      terminal: Terminal(), history: LineHistory(path: LineHistory.standardPath), style: output,
      questions: .init(completeness: session.completeness, complete: session.complete))
    while true {
      session.width = editor.terminal.size.columns - 1
      switch editor.read(prompt: "\(session.count + 1)> ") {
      case .end: return
      case .interrupted, .text(""): continue
      case .text(let cell):
        editor.history.add(cell)
        let outcome = session.run(cell)
        // The terminal shows ^C, and doesn't end the line.
        if outcome.error is Interrupted { write("") }
        _ = tell(outcome)
        if outcome.seconds > Self.slow { aside(outcome) }
      }
    }
  }

  /// Line by line, for input from a file or a program.
  private func readLines() -> Bool {
    let reader = LineReader()
    var succeeded = true
    var cell = ""
    while true {
      switch reader.next(prompt: cell.isEmpty ? "> " : ">> ") {
      case .end:
        if !cell.isEmpty { succeeded = tell(session.run(cell)) && succeeded }
        return succeeded
      case .interrupted:
        Interruption.clear()
        cell = ""
        if !reader.isInteractive { return false }
      case .text(let line):
        cell += cell.isEmpty ? line : "\n" + line
        if cell.allSatisfy(\.isWhitespace) {
          cell = ""
          continue
        }
        if case .incomplete = session.completeness(of: cell) { continue }
        let outcome = session.run(cell)
        succeeded = tell(outcome) && succeeded
        if outcome.error is Interrupted && !reader.isInteractive { return false }
        cell = ""
      }
    }
  }

  /// Shows what came of a cell. Returns whether it ran without an error.
  private func tell(_ outcome: Session.Outcome) -> Bool {
    if let value = outcome.value {
      do { try session.state.printLine(value) } catch { report(error) }
    }
    if let error = outcome.error { report(error) }
    return outcome.error == nil
  }

  private func report(_ error: any Error) { write(errors.error(ErrorText.text(of: error).printableLines)) }

  private func aside(_ outcome: Session.Outcome) {
    let seconds = outcome.seconds < 10 ? String(format: "%.2f s", outcome.seconds) : Self.duration(outcome.seconds)
    write(errors.aside("\(seconds), tensors took up to \(Session.byteText(outcome.peakMemory))"))
  }

  /// "1 h 02 min", "3 min 12 s", "42 s".
  private static func duration(_ seconds: Double) -> String {
    let total = Int(seconds.rounded())
    if total < 60 { return "\(total) s" }
    if total < 3600 { return String(format: "%d min %02d s", total / 60, total % 60) }
    return String(format: "%d h %02d min", total / 3600, total / 60 % 60)
  }

  private func write(_ text: String) {
    var text = text + "\n"
    text.withUTF8 { _ = Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
