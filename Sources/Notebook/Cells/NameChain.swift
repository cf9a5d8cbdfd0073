import Scripting

/// Names joined by points, colons and indices, as in `batch.image`, `net:load` or `list[2].name`.
struct NameChain: Equatable {
  enum Step: Equatable {
    case name(String)
    case index(Int)
  }
  var steps: [Step]
  /// Whether a colon stands before the last name.
  var endsInMethod = false

  /// The chain that ends with token `end`, if one does.
  init?(endingAt end: Int, of tokens: [LuaToken]) {
    func isSymbol(_ i: Int, _ text: String) -> Bool {
      tokens.indices.contains(i) && tokens[i].kind == .symbol && tokens[i].text == text
    }
    var steps: [Step] = []
    var i = end
    while true {
      guard tokens.indices.contains(i) else { return nil }
      if isSymbol(i, "]"), isSymbol(i - 2, "[") {
        switch tokens[i - 1].kind {
        case .number: steps.append(.index(Int(tokens[i - 1].text) ?? 0))
        case .string: steps.append(.name(tokens[i - 1].text))
        default: return nil
        }
        // What is indexed comes right before.
        i -= 3
        continue
      }
      guard tokens[i].kind == .name, !tokens[i].isKeyword else { return nil }
      steps.append(.name(tokens[i].text))
      guard isSymbol(i - 1, ".") || isSymbol(i - 1, ":"), !isSymbol(i - 2, ".") else { break }
      if steps.count == 1 { endsInMethod = isSymbol(i - 1, ":") }
      i -= 2
    }
    self.steps = steps.reversed()
  }

  /// As it would be written with points.
  var text: String {
    steps.reduce("") { text, step in
      switch step {
      case .name(let name): text.isEmpty ? name : text + "." + name
      case .index(let index): text + "[\(index)]"
      }
    }
  }

  /// What the chain leads to, found without running anything; nil if that is nothing.
  func value(in state: LuaState) -> LuaValue { Self.value(of: steps, in: state) }

  /// What its last name is a part of; nil for a single name.
  func owner(in state: LuaState) -> LuaValue { Self.value(of: steps.dropLast(), in: state) }

  private static func value(of steps: some Collection<Step>, in state: LuaState) -> LuaValue {
    var value = LuaValue.table(state.globals)
    for step in steps {
      switch (step, value) {
      case (.name(let name), _): value = state.member(name, of: value)
      case (.index(let index), .table(let table)): value = table[index]
      case (.index(let index), .object(let object as Configuration)): value = object.table[index]
      default: return .nil
      }
    }
    return value
  }
}
