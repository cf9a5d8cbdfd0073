/// What Lua source up to a place asks for there.
enum CompletionContext: Equatable {
  /// A global or a keyword.
  case name(prefix: String)
  /// A field, or after a colon a method, of the value that a path of names leads to.
  case member(path: [String], prefix: String, isMethod: Bool)
  /// A key in the braces that follow a function's name.
  case key(function: [String], prefix: String)
  /// Text in quotes; `call` is what the string is the first argument of: `f:read(`.
  case string(prefix: String, call: [String])

  init(_ text: String) {
    let tokens = LuaLexer.tokens(of: text)
    let end = text.utf8.count
    guard let last = tokens.last else {
      self = .name(prefix: "")
      return
    }
    if last.kind == .string, !last.isClosed {
      var call: [String] = []
      if tokens.count > 1, tokens[tokens.count - 2].text == "(" { call = Self.path(before: tokens.count - 2, tokens) }
      self = .string(prefix: last.text, call: call)
      return
    }
    let isOpen = last.kind == .name && last.range.upperBound == end
    let prefix = isOpen ? last.text : ""
    let before = tokens.count - (isOpen ? 2 : 1)
    if before >= 0, tokens[before].kind == .symbol, [".", ":"].contains(tokens[before].text) {
      self = .member(path: Self.path(before: before, tokens), prefix: prefix, isMethod: tokens[before].text == ":")
      return
    }
    if let open = Self.openBrace(tokens, through: before), let function = Self.function(of: open, tokens),
      tokens[before].kind == .symbol, ["{", ",", ";"].contains(tokens[before].text)
    {
      self = .key(function: function, prefix: prefix)
      return
    }
    self = .name(prefix: prefix)
  }

  /// The names joined by points and colons that end right before the token at `index`; empty where something else stands there.
  private static func path(before index: Int, _ tokens: [LuaToken]) -> [String] {
    var names: [String] = []
    var i = index - 1
    while i >= 0, tokens[i].kind == .name, !tokens[i].isKeyword {
      names.insert(tokens[i].text, at: 0)
      guard i >= 2, tokens[i - 1].kind == .symbol, [".", ":"].contains(tokens[i - 1].text) else { return names }
      i -= 2
    }
    return []
  }

  /// The innermost brace that is open after the token at `last`.
  private static func openBrace(_ tokens: [LuaToken], through last: Int) -> Int? {
    var depth = 0
    for i in stride(from: last, through: 0, by: -1) where tokens[i].kind == .symbol {
      switch tokens[i].text {
      case "}", ")", "]": depth += 1
      case "{" where depth == 0: return i
      case "(", "[", "{":
        if depth == 0 { return nil }
        depth -= 1
      default: continue
      }
    }
    return nil
  }

  /// The function that the table opened at `brace` is given to: `f{`, `f({`, `f(x, {`.
  private static func function(of brace: Int, _ tokens: [LuaToken]) -> [String]? {
    let direct = path(before: brace, tokens)
    if !direct.isEmpty { return direct }
    var depth = 0
    for i in stride(from: brace - 1, through: 0, by: -1) where tokens[i].kind == .symbol {
      switch tokens[i].text {
      case ")", "}", "]": depth += 1
      case "(" where depth == 0:
        let path = path(before: i, tokens)
        return path.isEmpty ? nil : path
      case "{" where depth == 0: return nil
      case "(", "{", "[": depth -= 1
      default: continue
      }
    }
    return nil
  }
}
