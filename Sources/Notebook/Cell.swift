import Scripting

/// A piece of Lua typed at a prompt: an expression whose values are shown, or statements.
public struct Cell {
  private let state: LuaState
  private let function: LuaFunction

  /// Translates `text`. It returns nil if Lua's own parser says that the text is unfinished.
  /// - Parameter name: what errors call it.
  /// - Throws: `ScriptError.syntax`.
  public init?(_ text: String, name: String, in state: LuaState) throws {
    self.state = state
    if let expression = try? state.load("return " + text, name: name) {
      function = expression
      return
    }
    do {
      function = try state.load(text, name: name)
    } catch ScriptError.syntax(let message) where message.hasSuffix("near <eof>") {
      return nil
    }
  }

  /// Runs it and shows the values it returns, on one line as `print` does.
  public func run() throws {
    let values = try function.call()
    guard !values.isEmpty, case .function(let print) = state.get("print") else { return }
    try print.call(list: values)
  }
}
