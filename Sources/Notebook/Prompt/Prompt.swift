import Foundation
import Scripting
import Storage
import Tensors

/// The prompt: reads cells, runs them, shows their values, tells errors and goes on.
public struct Prompt {
  private let session: Session
  private let report: (any Error) -> Void
  /// A cell that takes longer is followed by its time and memory.
  private static let slow = 0.5

  /// - Parameter report: tells an error to the user.
  public init(_ session: Session, report: @escaping (any Error) -> Void) {
    (self.session, self.report) = (session, report)
  }

  /// Runs until the input ends. Returns whether all cells ran without an error.
  public func run() -> Bool {
    let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    let reader = LineReader()
    let editor =
      isTerminal
      ? LineEditor { [session] text in session.complete(text, at: text.unicodeScalars.count) } : nil
    var succeeded = true
    var cell = ""
    while true {
      let prompt =
        cell.isEmpty ? "\(session.number)> " : String(repeating: ".", count: "\(session.number)".count) + "> "
      switch editor?.next(prompt: prompt, after: cell) ?? reader.next(prompt: prompt) {
      case .end:
        if !cell.isEmpty { succeeded = run(cell, isTerminal) && succeeded }
        return succeeded
      case .interrupted:
        Interruption.clear()
        cell = ""
        if !isTerminal { return false }
      case .text(let line):
        cell += cell.isEmpty ? line : "\n" + line
        if cell.allSatisfy(\.isWhitespace) {
          cell = ""
          continue
        }
        if session.completeness(of: cell) == .incomplete { continue }
        succeeded = run(cell, isTerminal) && succeeded
        cell = ""
        if Interruption.isPending {
          Interruption.clear()
          if !isTerminal { return false }
        }
      }
    }
  }

  /// Runs one cell; false after an error, which is told.
  private func run(_ cell: String, _ isTerminal: Bool) -> Bool {
    let start = ContinuousClock.now
    BufferPool.shared.resetPeak()
    do {
      let result = try session.run(cell, width: isTerminal ? Terminal.width : 80)
      if let text = result.text { try session.state.printLine(text) }
    } catch {
      report(error)
      return false
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if isTerminal, seconds > Self.slow {
      let usage = BufferPool.shared.usage
      let note =
        String(format: "%.2f s", seconds)
        + (usage.peak > 1_000_000 ? ", tensors \(ByteText.of(usage.peak)) at most, \(ByteText.of(usage.live)) now" : "")
      try? session.state.printLine(Terminal.hasColours(STDOUT_FILENO) ? Terminal.dim(note) : note)
    }
    return true
  }
}
