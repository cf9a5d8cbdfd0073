import CLuaHost

extension LuaState {
  /// Makes reading a global that nothing was ever assigned to an error that names the nearest one, as prompts and notebooks want
  /// it: a misspelt name is then told where it stands and not where its nil ends up.
  public func makeGlobalsStrict() {
    var declared: Set<String> = []
    let read = LuaFunction("global", in: self) { call in
      guard case .string(let name) = try call.argument(2, as: LuaValue.self), !declared.contains(name) else {
        return nil
      }
      throw ScriptError.undefined(name: name, like: call.state.nearestGlobal(to: name), site: call.site)
    }
    let write = LuaFunction("global", in: self) { call in
      let key: LuaValue = try call.argument(2)
      if case .string(let name) = key { declared.insert(name) }
      try call.argument(1, as: LuaTable.self).set(key, try call.argument(3, as: LuaValue.self))
      return nil
    }
    restoringStack {
      reserve()
      lua_rawgeti(thread, tel_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
      let metatable = LuaTable(in: self)
      metatable.set("__index", read)
      metatable.set("__newindex", write)
      metatable.set("__metatable", false)
      metatable.push(to: self)
      lua_setmetatable(thread, -2)
    }
  }

  /// All globals.
  public var globals: LuaTable {
    restoringStack {
      reserve()
      lua_rawgeti(thread, tel_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
      return LuaTable(LuaReference(-1, in: self))
    }
  }

  /// What a name that is no global may have meant: a field of `tel`, or a global spelt alike.
  private func nearestGlobal(to name: String) -> String? {
    let fields = if case .table(let tel) = globals["tel"] { tel.names } else { [String]() }
    if fields.contains(name) { return "tel." + name }
    return nearestName(to: name, in: globals.names) ?? nearestName(to: name, in: fields).map { "tel." + $0 }
  }
}
