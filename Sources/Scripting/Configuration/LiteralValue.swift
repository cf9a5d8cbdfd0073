extension LuaValue {
  /// A value as the command line writes it: a Lua literal (number, true, false, nil, quoted string, table of such), and
  /// anything else as a string; none, or tel.none as recipes have it, is nil, which removes a key.
  init(literal text: String, in state: LuaState) {
    if Self.isLiteral(text), let values = try? state.load("return " + text, name: "--set").call(), values.count == 1 {
      self = values[0]
    } else if text == "none" || text == "tel.none" {
      self = .nil
    } else {
      self = .string(text)
    }
  }

  /// Whether the text consists of nothing but literals, so that it can be run without doing anything. A date is none.
  private static func isLiteral(_ text: String) -> Bool {
    let tokens = LuaLexer.tokens(of: text)
    for (i, token) in tokens.enumerated() {
      switch token.kind {
      case .number, .string: continue
      case .name:
        let isKey = i + 1 < tokens.count && tokens[i + 1].text == "=" && i > 0
        if !isKey && !["true", "false", "nil"].contains(token.text) { return false }
      case .symbol where token.text == "-":
        // A sign, or that of an exponent, but no difference.
        if i > 0, tokens[i - 1].kind != .symbol, !tokens[i - 1].text.lowercased().hasSuffix("e") { return false }
      case .symbol:
        if !["{", "}", ",", ";", "=", "[", "]"].contains(token.text) { return false }
      }
    }
    return !tokens.isEmpty
  }
}
