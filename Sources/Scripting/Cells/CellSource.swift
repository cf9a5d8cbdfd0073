/// The text of a cell, made ready for Lua: what is `local` at its top level stays for later cells, and the value of the expression
/// that it ends with is returned.
///
/// Lines keep their numbers, so that errors name the user's.
struct CellSource {
  /// Statements alone.
  let statements: String
  /// Texts that return the last expression's values, the likeliest first.
  let returning: [String]
  /// Whether it ends with a semicolon: nothing is to be shown.
  let isSilent: Bool

  /// Expressions that span many lines begin at most so many lines above the end that start like an expression.
  private static let mostAttempts = 20

  init(_ text: String) {
    let statements = Self.exportingLocals(text)
    let tokens = LuaLexer.tokens(of: statements)
    self.statements = statements
    isSilent = tokens.last?.text == ";" && tokens.last?.kind == .symbol
    let bytes = Array(statements.utf8)
    let ends = tokens.last { $0.text != ";" || $0.kind != .symbol }?.range.upperBound ?? bytes.count
    returning = Self.starts(of: tokens).suffix(Self.mostAttempts).reversed().map { start in
      // What follows the last token is a comment or blank, and a semicolon may stand behind a return.
      String(decoding: bytes[..<start], as: UTF8.self) + "return "
        + String(decoding: bytes[start..<ends], as: UTF8.self)
    }
  }

  /// Where an expression may begin that is a statement of its own: at the first token of a line, outside of all blocks and
  /// brackets, that can't go on with what stands before it.
  private static func starts(of tokens: [LuaToken]) -> [Int] {
    var depth = Depth()
    var starts: [Int] = []
    for (i, token) in tokens.enumerated() {
      let isFirst =
        i == 0 || token.line > tokens[i - 1].line || (tokens[i - 1].text == ";" && tokens[i - 1].kind == .symbol)
      if isFirst, depth.isTop, i == 0 || canBegin(token) { starts.append(token.range.lowerBound) }
      depth.pass(token)
    }
    return starts
  }

  private static func canBegin(_ token: LuaToken) -> Bool {
    switch token.kind {
    case .number: true
    case .name: !token.isKeyword || ["nil", "true", "false", "not", "function"].contains(token.text)
    case .symbol: token.text == "#"
    case .string: false
    }
  }

  /// Turns `local` at the top level into assignments to globals. One with `<close>` stays: its end is the cell's.
  static func exportingLocals(_ text: String) -> String {
    let tokens = LuaLexer.tokens(of: text)
    var bytes = Array(text.utf8)
    var insertions: [Int] = []
    var depth = Depth()
    for (i, token) in tokens.enumerated() {
      if token.kind == .name, token.text == "local", depth.isTop {
        let names = LocalNames(tokens, after: i)
        if !names.closes {
          for range in [token.range] + names.attributes { for at in range { bytes[at] = UInt8(ascii: " ") } }
          if let end = names.end, !names.isAssigned { insertions.append(end) }
        }
      }
      depth.pass(token)
    }
    for end in insertions.reversed() { bytes.insert(contentsOf: Array(" = nil".utf8), at: end) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How many blocks and brackets are open.
  private struct Depth {
    private var blocks = 0
    private var brackets = 0

    var isTop: Bool { blocks == 0 && brackets == 0 }

    mutating func pass(_ token: LuaToken) {
      switch (token.kind, token.text) {
      case (.name, "do"), (.name, "if"), (.name, "function"), (.name, "repeat"): blocks += 1
      case (.name, "end"), (.name, "until"): blocks -= 1
      case (.symbol, "("), (.symbol, "{"), (.symbol, "["): brackets += 1
      case (.symbol, ")"), (.symbol, "}"), (.symbol, "]"): brackets -= 1
      default: break
      }
    }
  }

  /// The names behind a `local`: `x <const>, y = …`.
  private struct LocalNames {
    /// Where attributes stand, angle brackets included.
    var attributes: [Range<Int>] = []
    /// Whether one of them is `close`.
    var closes = false
    var isAssigned = false
    /// Behind the last name; nil for a function.
    var end: Int?

    init(_ tokens: [LuaToken], after local: Int) {
      var i = local + 1
      func text(_ at: Int) -> String { at < tokens.count && tokens[at].kind != .string ? tokens[at].text : "" }
      if text(i) == "function" { return }
      while i < tokens.count, tokens[i].kind == .name, !tokens[i].isKeyword {
        end = tokens[i].range.upperBound
        i += 1
        if text(i) == "<", i + 2 < tokens.count {
          closes = closes || text(i + 1) == "close"
          let start = tokens[i].range.lowerBound
          // `<const>=`: the lexer takes the last two characters together.
          attributes.append(start..<tokens[i + 2].range.lowerBound + 1)
          isAssigned = text(i + 2) == ">="
          i += 3
        }
        if text(i) != "," { break }
        i += 1
      }
      isAssigned = isAssigned || text(i) == "="
    }
  }
}
