import Scripting

/// The call that a place in a cell is within, and where in its arguments: `tel.recipe{data = {train = ▮`.
struct EnclosingCall {
  /// What is called.
  let function: NameChain
  /// Keys of tables on the way in from the call, outermost first; "[]" stands for a place in a list.
  let path: [String]
  /// Whether a table is open right there, so that keys may be written.
  let isInTable: Bool
  /// The key whose value is being written there.
  let key: String?

  /// The calls around the end of `source`, innermost first.
  static func all(around source: CellSource) -> [EnclosingCall] {
    let tokens = source.tokens
    var open: [Int] = []
    for (i, token) in tokens.enumerated() where token.kind == .symbol {
      if ["(", "{", "["].contains(token.text) { open.append(i) }
      if [")", "}", "]"].contains(token.text) { _ = open.popLast() }
    }
    let innermost = open.last.flatMap { tokens[$0].text == "{" ? $0 : nil }
    let key = Self.key(before: tokens.count, tokens)
    var calls: [EnclosingCall] = []
    var path: [String] = []
    for i in open.reversed() {
      if let function = NameChain(endingAt: i - 1, of: tokens), tokens[i].text != "[" {
        calls.append(EnclosingCall(function: function, path: path, isInTable: innermost != nil, key: key))
      }
      if tokens[i].text == "{" {
        // A table that is an argument by itself is the function's own.
        let isInCall = open.last { $0 < i }.map { tokens[$0].text == "(" } ?? false
        let isArgument = isInCall || NameChain(endingAt: i - 1, of: tokens) != nil
        if !isArgument { path.insert(Self.key(before: i, tokens) ?? "[]", at: 0) }
      }
    }
    return calls
  }

  /// The `name` of `name =` right before a token.
  private static func key(before i: Int, _ tokens: [LuaToken]) -> String? {
    guard i >= 2, tokens[i - 1].kind == .symbol, tokens[i - 1].text == "=", tokens[i - 2].kind == .name else {
      return nil
    }
    return tokens[i - 2].text
  }
}

extension FieldType {
  /// The types that a key leads to.
  func inside(_ key: String) -> [FieldType] {
    switch self {
    case .record(let fields): fields.filter { $0.name == key }.map(\.type)
    case .list(let element), .entries(let element): [element]
    case .either(let types): types.flatMap { $0.inside(key) }
    default: []
    }
  }

  /// The keys that a table of this type may have.
  var keys: [Field] {
    switch self {
    case .record(let fields): fields
    case .either(let types): types.flatMap(\.keys)
    default: []
    }
  }

  /// The strings that it may be.
  var choices: [String] {
    switch self {
    case .choice(let names): names
    case .list(let element): element.choices
    case .either(let types): types.flatMap(\.choices)
    default: []
    }
  }
}
