import Scripting

/// The text of a cell, and what can be said of it without running or translating it.
struct CellSource {
  let text: String
  let tokens: [LuaToken]
  /// Whether the text ends within a comment.
  let endsInComment: Bool
  /// In how many blocks and brackets each token is.
  let depths: [Int]
  /// In how many blocks and brackets what would come next is.
  let openDepth: Int

  init(_ text: String) {
    self.text = text
    (tokens, endsInComment) = LuaLexer.scan(text)
    var depth = 0
    var depths: [Int] = []
    depths.reserveCapacity(tokens.count)
    for token in tokens {
      if Self.closes(token) { depth = max(0, depth - 1) }
      depths.append(depth)
      if Self.opens(token) { depth += 1 }
    }
    (self.depths, openDepth) = (depths, depth)
  }

  /// Whether the last token is a semicolon: the user wants no value shown.
  var isSilent: Bool { tokens.last.map { $0.kind == .symbol && $0.text == ";" } ?? false }

  private static func opens(_ token: LuaToken) -> Bool {
    switch token.kind {
    // `while` and `for` come with a `do`.
    case .name: ["function", "do", "if", "repeat"].contains(token.text)
    case .symbol: ["(", "{", "["].contains(token.text)
    default: false
    }
  }

  private static func closes(_ token: LuaToken) -> Bool {
    switch token.kind {
    case .name: ["end", "until"].contains(token.text)
    case .symbol: [")", "}", "]"].contains(token.text)
    default: false
    }
  }

  /// The tokens that may begin the last statement, from the last to the first: each begins a line or follows a semicolon
  /// outside of all blocks and brackets, and can begin an expression.
  var lastStatements: [Int] {
    tokens.indices.reversed().filter { i in
      guard depths[i] == 0, tokens[i].canBeginExpression else { return false }
      return i == 0 || tokens[i - 1].line < tokens[i].line || tokens[i - 1].text == ";"
    }
  }
}

extension LuaToken {
  fileprivate var canBeginExpression: Bool {
    switch kind {
    case .string, .number: true
    case .symbol: ["(", "{", "-", "#", "~", "."].contains(text)
    case .name: text == "function" || text == "not" || ["nil", "true", "false"].contains(text) || !isKeyword
    }
  }

  /// Whether it can't go on with what stands before it, so that it begins a statement for certain.
  var beginsStatement: Bool { kind == .name && !["and", "or", "not"].contains(text) }

  /// Whether it is a word of the language.
  public var isKeyword: Bool { kind == .name && LuaKeywords.all.contains(text) }
}

/// The words of the language.
enum LuaKeywords {
  static let all: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while",
  ]
}
