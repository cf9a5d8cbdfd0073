extension LuaState {
  /// From now on, reading a global that was never set is an error that suggests what may have been meant.
  public func refuseUndefinedGlobals() {
    let metatable = LuaTable(in: self)
    let function = LuaFunction("the global", hidden: 1, in: self) { call in
      let key: LuaValue = try call.argument(1)
      if call.state.allowsUndefinedGlobals || call.state.declaredGlobals.contains(key.name) { return nil }
      throw ScriptError.undefined(name: key.name, meant: call.state.suggestion(for: key.name), site: call.site)
    }
    metatable.set("__index", function)
    globals.setMetatable(metatable)
  }

  /// From now on, reading what isn't there from `tel` and its namespaces is an error that suggests what may have been meant:
  /// a misspelt `tel.schedule.poli` would be no schedule at all. That holds everywhere, recipes included.
  func refuseUnknownMembers() {
    func refuse(_ table: LuaTable, _ name: String, depth: Int) {
      let metatable = LuaTable(in: self)
      let function = LuaFunction(name, hidden: 1, in: self) { call in
        let key: LuaValue = try call.argument(1)
        let known: [String] = { if case .table(let table) = call.state.get(name) { table.names } else { [] } }()
        throw ScriptError.noMember(of: name, key: key.name, known: known, site: call.site)
      }
      metatable.set("__index", function)
      table.setMetatable(metatable)
      for key in table.names where depth > 0 {
        if case .table(let inner) = table[key] { refuse(inner, "\(name).\(key)", depth: depth - 1) }
      }
    }
    if case .table(let tel) = get("tel") { refuse(tel, "tel", depth: 1) }
  }

  /// What a global that doesn't exist may have been meant to be: another one, or something of ours without its `tel.`.
  private func suggestion(for name: String) -> String? {
    // Short names are near to everything.
    guard name.count > 2 else { return nil }
    if !get("tel.\(name)").isNil { return "tel.\(name)" }
    let below = documentation.keys.filter { $0.hasSuffix(".\(name)") && !$0.contains(":") }.sorted()
    return below.first ?? nearestName(to: name, in: globals.names.filter { !$0.hasPrefix("_") })
  }

  /// Remembers a text that is run by other ways than `run`, so that errors can find keys in it.
  public func remember(source text: String, name: String) { sources.add(name: name, text: text) }
}
