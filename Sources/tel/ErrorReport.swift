import ArgumentParser
import Foundation
import Scripting
import Tensors

/// The one place where errors become text and exit statuses.
enum ErrorReport {
  /// Of a process that was interrupted, and of one whose output nobody reads.
  private static let interrupted: Int32 = 130
  private static let outputClosed: Int32 = 141

  /// Tells an error on the standard error.
  static func tell(_ error: any Error) { write(text(error) + "\n") }

  /// Tells an error and ends the process: 1, or 130 after Ctrl-C, or what the argument parser says (64: usage, 0: help).
  static func exit(with error: any Error) -> Never {
    switch error {
    case is Interrupted:
      tell(error)
      Foundation.exit(interrupted)
    case ScriptError.outputClosed: Foundation.exit(outputClosed)
    case let error as ScriptError:
      if case ScriptError.outputClosed? = error.cause as? ScriptError { Foundation.exit(outputClosed) }
      tell(error)
      Foundation.exit(EXIT_FAILURE)
    case let error as any ExplainedError:
      tell(error)
      Foundation.exit(EXIT_FAILURE)
    default: Tel.exit(withError: error)
    }
  }

  private static func text(_ error: any Error) -> String {
    switch error {
    case let error as ScriptError:
      [error.explanation.text, error.traceback.flatMap(callers)].compactMap(\.self).joined(separator: "\n")
    case let error as any ExplainedError: error.explanation.text
    default: "\(error)"
    }
  }

  /// The traceback, if it says more than the place that the message begins with.
  private static func callers(_ traceback: String) -> String? {
    let lines = traceback.split(separator: "\n").filter { !$0.contains("[C]: in ?") }
    let inLua = lines.dropFirst().filter { !$0.contains("[C]:") }
    return inLua.count > 1 ? lines.joined(separator: "\n") : nil
  }

  /// Errors quote names and texts from files and scripts.
  private static func write(_ text: String) {
    var text = text.printableLines
    text.withUTF8 { _ = Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
