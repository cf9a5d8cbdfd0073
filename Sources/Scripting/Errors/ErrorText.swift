import Tensors

/// The one place where errors become text, whoever shows it: the command, the prompt or a notebook.
public enum ErrorText {
  /// What went wrong, where, what was expected and what to do; then where Lua was, if that says more.
  public static func text(of error: any Error) -> String {
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
}
