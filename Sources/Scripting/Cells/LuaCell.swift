/// A piece of Lua typed at a prompt or in a notebook: an expression whose values are shown, statements, or statements that end
/// with an expression.
public struct LuaCell {
  private let function: LuaFunction
  /// Whether it ends with a semicolon: its values are not to be shown.
  public let isSilent: Bool

  /// Translates `text`. It returns nil if Lua's own parser says that the text is unfinished.
  /// - Parameter name: what errors call it; the text is remembered under it.
  /// - Throws: `ScriptError.syntax`.
  public init?(_ text: String, name: String, in state: LuaState) throws {
    state.sources.add(name: name, text: text)
    let source = CellSource(text)
    isSilent = source.isSilent
    var isUnfinished = false
    for returning in source.returning {
      do {
        function = try state.load(returning, name: name)
        return
      } catch ScriptError.syntax(let message) { isUnfinished = isUnfinished || message.hasSuffix("near <eof>") }
    }
    do {
      function = try state.load(source.statements, name: name)
    } catch ScriptError.syntax(let message) {
      if isUnfinished || message.hasSuffix("near <eof>") { return nil }
      throw ScriptError.syntax(message: message)
    }
  }

  /// Runs it and returns its values.
  public func run() throws -> [LuaValue] { try function.call() }
}
