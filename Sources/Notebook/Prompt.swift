import Scripting
import Tensors

/// The prompt: reads cells, runs them, tells errors and goes on.
public struct Prompt {
  private let state: LuaState
  private let report: (any Error) -> Void
  private let session: Session

  /// - Parameter report: tells an error to the user.
  public init(_ state: LuaState, report: @escaping (any Error) -> Void) {
    (self.state, self.report) = (state, report)
    session = Session(state)
  }

  /// Runs until the input ends. Returns whether all cells ran without an error.
  public func run() -> Bool {
    let reader = LineReader()
    var succeeded = true
    var cell = ""
    while true {
      switch reader.next(prompt: cell.isEmpty ? "> " : ">> ") {
      case .end:
        if !cell.isEmpty { succeeded = finish(cell) && succeeded }
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
        do {
          if session.completeness(of: cell) == .incomplete { continue }
          if let text = try session.run(cell).text { try state.printLine(text) }
        } catch {
          succeeded = false
          report(error)
        }
        if Interruption.isPending {
          Interruption.clear()
          if !reader.isInteractive { return false }
        }
        cell = ""
      }
    }
  }

  /// Runs what was left unfinished at the end of the input, for its error.
  private func finish(_ cell: String) -> Bool {
    do {
      _ = try session.run(cell)
      return true
    } catch {
      report(error)
      return false
    }
  }
}
