extension LuaState {
  /// `tel.help`: what is known of a name or a value.
  func registerHelp() {
    register(
      "tel.help",
      help:
        "(x?): prints what is known of a function, an object or a name: tel.help(\"tel.tree.filter\"), tel.help(print)"
    ) { call in
      let state = call.state
      if call.isNil(1) {
        try state.printLine(state.helpNames(below: "").joined(separator: "\n"))
        return nil
      }
      let value: LuaValue = try call.argument(1, "x")
      if let text = state.help(on: value) {
        try state.printLine(text)
        return nil
      }
      guard case .string(let name) = value else {
        throw call.wrong(1, "x", expected: "a function or an object of tel, or a name")
      }
      throw ScriptError.noMember(of: "tel.help", key: name, known: state.documentation.keys.sorted(), site: call.site)
    }
  }

  /// What is known of a value; of a string, of what it names. Nil if that is nothing.
  public func help(on value: LuaValue) -> String? {
    switch value {
    case .string(let name): return help(named: name)
    case .function(let function): return name(of: function).flatMap(help(named:))
    case .object(let object as Configuration): return help(named: object.schema.name)
    case .object(let object): return methodList(of: type(of: object).luaClass)
    default: return nil
    }
  }

  /// The help of a function, or the names below a namespace.
  public func help(named name: String) -> String? {
    for full in [name, "tel." + name] {
      if let text = documentation[helpName(full)] { return helpName(full) + text }
    }
    let inside = helpNames(below: name)
    return inside.isEmpty ? nil : inside.joined(separator: "\n")
  }

  func helpNames(below prefix: String) -> [String] {
    documentation.keys.filter { name in
      [prefix, "tel." + prefix].contains { prefix.isEmpty || name.hasPrefix($0 + ".") || name.hasPrefix($0 + ":") }
    }.sorted()
  }

  private func methodList(of luaClass: LuaClass) -> String {
    helpNames(below: luaClass.name).joined(separator: "\n")
  }
}
