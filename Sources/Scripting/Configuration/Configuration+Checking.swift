/// What is wrong with a configuration's table.
struct ConfigurationProblem {
  enum Wrong {
    case unknown(key: String, known: [String])
    case value(found: String, expected: String)
  }
  var path: [String]
  var wrong: Wrong

  /// The problem inside of something.
  func inside(_ key: String) -> ConfigurationProblem { ConfigurationProblem(path: [key] + path, wrong: wrong) }

  /// As an error of `function`; `site` finds the line of a path.
  func error(_ function: String, site: ([String]) -> SourceSite?) -> ScriptError {
    switch wrong {
    case .unknown(let key, let known):
      let owner = Configuration.joined(Array(path.dropLast()))
      return .unknownKey(
        function: owner.isEmpty ? function : "\(function), \(owner)", key: key, known: known, site: site(path))
    case .value(let found, let expected):
      return .field(
        function: function, path: Configuration.joined(path), found: found, expected: expected, site: site(path))
    }
  }
}

extension ConfigurationSchema {
  /// What is wrong with the first key or value that isn't right.
  func problem(in table: LuaTable) -> ConfigurationProblem? {
    for key in table.orderedKeys {
      if let problem = problem(at: key, table.value(key) ?? .nil) { return problem }
    }
    return nil
  }

  /// What is wrong with one key and its value.
  func problem(at key: LuaValue, _ value: LuaValue) -> ConfigurationProblem? {
    if case .integer = key, let entries { return value.isNil ? nil : entries.problem(with: value)?.inside(key.name) }
    return FieldType.problem(in: fields, at: key, value)
  }
}

extension FieldType {
  /// What is wrong with a value, or nil.
  func problem(with value: LuaValue) -> ConfigurationProblem? {
    var wrong: ConfigurationProblem {
      ConfigurationProblem(path: [], wrong: .value(found: value.shown, expected: expectation))
    }
    switch (self, value) {
    case (.anything, _), (.boolean, .boolean), (.string, .string), (.string, .bytes), (.function, .function),
      (.table, .table):
      return nil
    case (.integer(let range), .integer(let number)): return range.contains(number) ? nil : wrong
    case (.integer(let range), .number(let number)):
      return Int(exactly: number).map(range.contains) == true ? nil : wrong
    case (.number(let range), .integer(let number)): return range.contains(Double(number)) ? nil : wrong
    case (.number(let range), .number(let number)): return range.contains(number) ? nil : wrong
    case (.choice(let names), .string(let name)): return names.contains(name) ? nil : wrong
    case (.object(let luaClass), .object(let object)): return type(of: object).luaClass === luaClass ? nil : wrong
    case (.configuration(let kind), .object(let object)):
      return (object as? Configuration)?.schema.kind == kind ? nil : wrong
    case (.list(let element), .table(let table)):
      for key in table.orderedKeys {
        guard case .integer(let index) = key, (1...max(1, table.count)).contains(index) else {
          return ConfigurationProblem(path: [key.name], wrong: .value(found: "in a list", expected: expectation))
        }
        if let problem = element.problem(with: table[index]) { return problem.inside(key.name) }
      }
      return nil
    case (.entries(let element), .table(let table)):
      for key in table.orderedKeys {
        switch key {
        case .string: break
        case .integer(let index) where (1...max(1, table.count)).contains(index): break
        default:
          return ConfigurationProblem(
            path: [key.name], wrong: .value(found: "neither a name nor the next of a list", expected: expectation))
        }
        if let problem = element.problem(with: table.value(key) ?? .nil) { return problem.inside(key.name) }
      }
      return nil
    case (.record(let fields), .table(let table)):
      for key in table.orderedKeys {
        if let problem = Self.problem(in: fields, at: key, table.value(key) ?? .nil) { return problem }
      }
      return nil
    case (.either(let types), _):
      let problems = types.map { $0.problem(with: value) }
      if problems.contains(where: { $0 == nil }) { return nil }
      // Where only one kind of table is possible, what is wrong inside of a table says more.
      if case .table = value {
        let inner = problems.compactMap(\.self).filter { !$0.path.isEmpty }
        if inner.count == 1 { return inner[0] }
      }
      return wrong
    default: return wrong
    }
  }

  static func problem(in fields: [Field], at key: LuaValue, _ value: LuaValue) -> ConfigurationProblem? {
    guard case .string(let name) = key, let field = fields.first(where: { $0.name == name }) else {
      return ConfigurationProblem(path: [key.name], wrong: .unknown(key: key.name, known: fields.map(\.name)))
    }
    return value.isNil ? nil : field.type.problem(with: value)?.inside(name)
  }
}

extension LuaTable {
  /// The keys in an order that only they decide: numbers, strings, the rest.
  var orderedKeys: [LuaValue] {
    func rank(_ key: LuaValue) -> (Int, Double, String) {
      switch key {
      case .integer(let number): (0, Double(number), "")
      case .number(let number): (0, number, "")
      case .string(let text): (1, 0, text)
      default: (2, 0, "")
      }
    }
    return keys.sorted { rank($0) < rank($1) }
  }
}
