import Scripting
import Tensors

/// The prompt: reads cells, runs them, tells errors and goes on.
public struct Prompt {
  private let state: LuaState
  private let report: (any Error) -> Void

  /// - Parameter report: tells an error to the user.
  public init(_ state: LuaState, report: @escaping (any Error) -> Void) {
    (self.state, self.report) = (state, report)
  }

  /// Runs until the input ends. Returns whether all cells ran without an error.
  public func run() -> Bool {
    let reader = LineReader()
    var succeeded = true
    var cell = ""
    var number = 1
    while true {
      switch reader.next(prompt: cell.isEmpty ? "> " : ">> ") {
      case .end:
        if !cell.isEmpty { succeeded = finish(cell, number) && succeeded }
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
          guard let ready = try Cell(cell, name: name(number), in: state) else { continue }
          try ready.run()
        } catch {
          succeeded = false
          report(error)
        }
        if Interruption.isPending {
          Interruption.clear()
          if !reader.isInteractive { return false }
        }
        cell = ""
        number += 1
      }
    }
  }

  /// Runs what was left unfinished at the end of the input, for its error.
  private func finish(_ cell: String, _ number: Int) -> Bool {
    do {
      try state.run(cell, name: name(number))
      return true
    } catch {
      report(error)
      return false
    }
  }

  private func name(_ number: Int) -> String { "input \(number)" }
}
