import Scripting

/// A piece of Lua typed at a prompt or in a notebook: statements, the last of which may be an expression whose values are
/// shown.
public struct Cell {
  private let function: LuaFunction
  /// Whether values are to be shown: no semicolon ends the text.
  public let showsValues: Bool
  /// The names that were locals in the text and are globals.
  let locals: [String]

  /// Translates `text`. It returns nil if Lua's own parser says that the text is unfinished.
  /// - Parameters:
  ///   - name: what errors call it.
  ///   - keepsLocals: whether `local x = 1` makes a global of `x`, so that the next cell sees it.
  /// - Throws: `ScriptError.syntax`.
  public init?(_ text: String, name: String, in state: LuaState, keepsLocals: Bool = false) throws {
    var source = CellSource(text)
    var names: [String] = []
    if keepsLocals {
      let kept = source.keepingLocals
      (source, names) = (CellSource(kept.text), kept.names)
    }
    guard let function = try Self.translate(source, name, in: state) else { return nil }
    self.function = function
    showsValues = !source.isSilent
    locals = names
  }

  /// Runs it.
  /// - Returns: the values of the last expression, or what the statements returned.
  public func run() throws -> [LuaValue] { try function.call() }

  /// How many lines are tried as the beginning of the last statement.
  private static let mostTried = 50

  /// The function that the text is; nil if it is unfinished. What Lua takes for one statement over several lines stays one.
  private static func translate(_ source: CellSource, _ name: String, in state: LuaState) throws -> LuaFunction? {
    var problem: (any Error)?
    func load(_ text: String) -> LuaFunction? {
      do { return try state.load(text, name: name) } catch {
        problem = error
        return nil
      }
    }
    if let function = load("return " + source.text) { return function }
    let isUnfinishedExpression = problem?.isUnfinished ?? false
    // A first line that starts with # would be taken for one that is for the shell.
    let whole = load(source.text.hasPrefix("#") ? " " + source.text : source.text)
    let wholeProblem = problem
    let bytes = Array(source.text.utf8)
    for i in source.lastStatements.prefix(mostTried) where i > 0 && (whole == nil || source.tokens[i].beginsStatement) {
      let start = source.tokens[i].range.lowerBound
      let before = String(decoding: bytes[..<start], as: UTF8.self)
      guard load(before) != nil else { continue }
      let last = String(decoding: bytes[start...], as: UTF8.self)
      if let function = load(before + "return " + last) { return function }
      if whole == nil, problem?.isUnfinished ?? false { return nil }
      break
    }
    if let whole { return whole }
    if isUnfinishedExpression || wholeProblem?.isUnfinished ?? false { return nil }
    throw wholeProblem!
  }
}

extension Error {
  /// Whether Lua's parser met the end of the text where it wanted more.
  fileprivate var isUnfinished: Bool {
    if case ScriptError.syntax(let message)? = self as? ScriptError { message.hasSuffix("near <eof>") } else { false }
  }
}
