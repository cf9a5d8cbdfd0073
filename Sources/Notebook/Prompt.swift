import Scripting
import Tensors

/// The prompt: reads cells, runs them, tells errors and goes on.
public struct Prompt {
  private let session: Session
  private let report: (any Error) -> Void

  /// - Parameter report: tells an error to the user.
  public init(_ session: Session, report: @escaping (any Error) -> Void) {
    (self.session, self.report) = (session, report)
  }

  /// Runs until the input ends. Returns whether all cells ran without an error.
  public func run() -> Bool {
    let reader = LineReader()
    var succeeded = true
    var cell = ""
    while true {
      switch reader.next(prompt: cell.isEmpty ? "> " : ">> ") {
      case .end:
        if !cell.isEmpty { succeeded = run(cell) && succeeded }
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

  private func run(_ cell: String) -> Bool { tell(session.run(cell)) }

  /// Shows what came of a cell. Returns whether it ran without an error.
  private func tell(_ outcome: Session.Outcome) -> Bool {
    if let value = outcome.value {
      do { try session.state.printLine(value) } catch { report(error) }
    }
    if let error = outcome.error { report(error) }
    return outcome.error == nil
  }
}
