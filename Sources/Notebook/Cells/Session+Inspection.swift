import Scripting

extension Session {
  /// The help of what stands at the cursor: of the name there, else of the function whose arguments are being written.
  /// - Parameter cursor: in bytes of the text as UTF-8.
  /// - Returns: nil if nothing is known.
  public func inspect(_ text: String, cursor: Int) throws -> String? {
    let tokens = LuaLexer.tokens(of: text)
    if let at = tokens.lastIndex(where: {
      $0.kind == .name && $0.range.lowerBound <= cursor && cursor <= $0.range.upperBound
    }),
      let chain = NameChain(endingAt: at, of: tokens), let help = try help(on: chain)
    {
      return help
    }
    let before = CellSource(String(decoding: Array(text.utf8).prefix(max(0, cursor)), as: UTF8.self))
    for call in EnclosingCall.all(around: before) {
      if let help = try help(on: call.function) { return help }
    }
    return nil
  }

  /// What the name leads to, with its help; else the help that goes by the name.
  private func help(on chain: NameChain) throws -> String? {
    let value = chain.value(in: state)
    if case .string = value { return "a string: " + (try ValueText(state, width: width).text(of: value)) }
    if !value.isNil, let help = state.help(on: value) { return help }
    // A table of the user's may go by the name of something of ours.
    if value.isNil || state.isNamespace(chain.text),
      let help = state.help(named: chain.text) ?? state.help(named: methodName(chain))
    {
      return help
    }
    return value.isNil ? nil : try ValueText(state, width: width).text(of: value)
  }

  /// "tensor:sum" for `tensor:sum` and `x:sum`.
  private func methodName(_ chain: NameChain) -> String {
    guard chain.endsInMethod, case .name(let method)? = chain.steps.last else { return chain.text }
    var owner = chain
    owner.steps.removeLast()
    return "\(owner.text):\(method)"
  }
}
