extension LuaState {
  /// Registers what all configurations share: fields, `pairs`, text, calls, `tel.extend` and `tel.none`.
  func registerConfigurations() {
    register(Configuration.self) { methods in
      methods.addIndex { configuration, call in
        let key: LuaValue = try call.argument(1)
        let schema = configuration.schema
        guard case .string(let name) = key else {
          return try schema.member?(configuration, key) ?? configuration.table.value(key, as: LuaValue.self) ?? .nil
        }
        if let method = schema.methods[name] { return call.state.method(name, of: configuration, method) }
        if schema.field(name) != nil { return configuration[name] }
        if let member = try schema.member?(configuration, key) { return member }
        throw ScriptError.noMember(of: schema.name, key: name, known: schema.memberNames, site: call.site)
      }
      methods.addNewIndex { configuration, call in
        try configuration.set(try call.argument(1), try call.argument(2), changedAt: call.site)
      }
      methods.addLength { try $0.schema.length?($0) ?? $0.table.count }
      methods.addText { $0.text }
      methods.addPairs { configuration in
        configuration.table.orderedKeys.map { ($0, configuration.table.value($0, as: LuaValue.self) ?? .nil) }
      }
      methods.addCall { configuration, call in
        if let body = configuration.schema.call {
          return try body(configuration, call.named(configuration.schema.name))
        }
        throw ScriptError.refused(
          function: configuration.schema.name, what: "it can't be called", advice: nil, site: call.site)
      }
    }
    registerExtend()
  }

  /// Makes a constructor of configurations callable under its name.
  /// - Parameter help: as for functions.
  public func register(_ schema: ConfigurationSchema, help: String) {
    schemas[schema.name] = schema
    register(schema.name, help: help) { call in try Configuration(schema, call) }
  }

  private func method(
    _ name: String, of configuration: Configuration, _ body: @escaping ConfigurationSchema.Method
  ) -> LuaFunction {
    let full = "\(configuration.schema.name):\(name)"
    if let known = configurationMethods[full] { return known }
    let function = LuaFunction(full, hidden: 1, in: self) { call in
      guard let receiver = call.receiver as? Configuration else {
        throw ScriptError.receiver(
          function: full, found: "something else", expected: "a \(configuration.schema.name)", site: call.site)
      }
      return try body(receiver, call)
    }
    configurationMethods[full] = function
    return function
  }
}

extension Configuration {
  /// The configuration that a call of its constructor gives.
  fileprivate convenience init(_ schema: ConfigurationSchema, _ call: LuaCall) throws {
    let table: LuaTable
    if !schema.positional.isEmpty, call.count > 1 || !call.isNil(1) && call.ifIs(1, LuaTable.self) == nil {
      table = LuaTable(in: call.state)
      for (i, name) in schema.positional.enumerated() where !call.isNil(i + 1) {
        table.set(name, try call.argument(i + 1, name, as: LuaValue.self))
      }
    } else if call.isNil(1) {
      table = LuaTable(in: call.state)
    } else {
      table = try call.argument(1, "options", as: LuaTable.self).copied()
      // By place within the braces too: tel.augment.crop{1024, 512}.
      let given = table.count
      for (i, name) in schema.positional.prefix(given).enumerated() where table[name].isNil {
        table.set(name, table[i + 1])
        table.set(i + 1, LuaValue.nil)
      }
    }
    self.init(schema, table, site: call.site)
    if let problem = schema.problem(in: table) { throw problem.error(schema.name, site: site(of:)) }
    try schema.check?(self)
  }

  /// The constructor and what was set, as it could be written: `tel.optim.sgd{lr = 0.01}`.
  var text: String { schema.name + table.text }
}

extension LuaTable {
  /// A table with the same entries.
  func copied() -> LuaTable {
    let copy = LuaTable(in: reference.state)
    for key in keys { copy.set(key, value(key, as: LuaValue.self) ?? .nil) }
    return copy
  }

  /// The entries as they could be written: lists first, then names in order.
  var text: String {
    let entries = orderedKeys.map { key in
      let value = value(key, as: LuaValue.self) ?? .nil
      switch key {
      case .integer(let index) where (1...max(1, count)).contains(index): return value.text
      case .string(let name): return "\(name) = \(value.text)"
      default: return "[\(key.shown)] = \(value.text)"
      }
    }
    return "{" + entries.joined(separator: ", ") + "}"
  }
}

extension LuaValue {
  fileprivate var text: String {
    switch self {
    case .table(let table): table.text
    case .object(let object): (object as? Configuration)?.text ?? shown
    case .function(let function): "function at \(function.definition?.text ?? "?")"
    default: shown
    }
  }
}
