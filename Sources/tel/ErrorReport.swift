import ArgumentParser
import Foundation
import Notebook
import Scripting
import Tensors

/// Where errors end the process or are told on the standard error.
enum ErrorReport {
  /// Of a process that was interrupted, and of one whose output nobody reads.
  private static let interrupted: Int32 = 130
  private static let outputClosed: Int32 = 141

  /// Tells an error on the standard error.
  static func tell(_ error: any Error) {
    // Errors quote names and texts from files and scripts.
    write(TextStyle(for: STDERR_FILENO).error(ErrorText.text(of: error).printableLines) + "\n")
  }

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

  private static func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
