import CLuaHost

/// An object that has named parts beside the methods of its class.
protocol LuaMembers: LuaObject {
  /// The names of fields and of methods that are its own.
  var memberNames: [String] { get }
  /// One of them, found without running anything of a script.
  func member(_ name: String, in state: LuaState) -> LuaValue
}

/// An object with names in it that are written as paths, say a file of datasets.
public protocol LuaPaths: AnyObject {
  /// What is right below a path; groups end with a slash.
  func names(below path: String) -> [String]
}

extension LuaTable {
  /// Its metatable, if it has one.
  var metatable: LuaTable? {
    let state = reference.state
    return state.restoringStack {
      state.reserve()
      reference.push()
      return lua_getmetatable(state.thread, -1) != 0 ? LuaTable(LuaReference(popping: state)) : nil
    }
  }

  func setMetatable(_ metatable: LuaTable) {
    let state = reference.state
    state.restoringStack {
      state.reserve()
      reference.push()
      metatable.reference.push()
      lua_setmetatable(state.thread, -2)
    }
  }

  /// What tells it from other tables as long as it lives.
  var identity: UnsafeRawPointer? { reference.address }
}

extension LuaReference {
  /// What tells a table, a function or an object from others as long as it lives.
  var address: UnsafeRawPointer? {
    push()
    defer { state.pop() }
    return lua_topointer(state.thread, -1).map { UnsafeRawPointer($0) }
  }
}

extension LuaFunction {
  /// The name of a function of ours, "tel.tree.mst" or "tensor:sum"; nil for others.
  var nativeName: String? {
    let state = reference.state
    reference.push()
    defer { state.pop() }
    return tel_to_function(state.thread, -1).map {
      Unmanaged<NativeFunction>.fromOpaque($0).takeUnretainedValue().name
    }
  }

  /// Whether it was written in C or Swift.
  var isNative: Bool {
    reference.push()
    defer { reference.state.pop() }
    return lua_iscfunction(reference.state.thread, -1) != 0
  }
}

extension LuaState {
  /// The table of globals.
  public var globals: LuaTable {
    reserve()
    lua_rawgeti(thread, tel_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
    return LuaTable(LuaReference(popping: self))
  }

  /// How far tables of methods are followed.
  private static let deepestMetatable = 20

  /// The part of a value with a name, without running anything of a script: fields, methods, what metatables' `__index`
  /// tables hold.
  public func member(_ name: String, of value: LuaValue) -> LuaValue {
    switch value {
    case .string, .bytes: return get("string.\(name)")
    case .table(var table):
      for _ in 0..<Self.deepestMetatable {
        let found = table[name]
        if !found.isNil { return found }
        guard case .table(let next)? = table.metatable?["__index"] else { break }
        table = next
      }
      return .nil
    case .object(let object):
      if let method = methodTables[type(of: object).luaClass.tag]?[name], !method.isNil { return method }
      return (object as? any LuaMembers)?.member(name, in: self) ?? .nil
    default: return .nil
    }
  }

  /// The names of all parts of a value, sorted.
  public func memberNames(of value: LuaValue) -> [String] {
    var names: Set<String> = []
    switch value {
    case .string, .bytes:
      if case .table(let methods) = get("string") { names = Set(methods.names) }
    case .table(var table):
      for _ in 0..<Self.deepestMetatable {
        names.formUnion(table.names)
        guard case .table(let next)? = table.metatable?["__index"] else { break }
        table = next
      }
    case .object(let object):
      names = Set(methods(of: type(of: object).luaClass))
      if let object = object as? any LuaMembers { names.formUnion(object.memberNames) }
    default: break
    }
    return names.sorted()
  }
}

extension Configuration: LuaMembers {
  var memberNames: [String] {
    schema.memberNames + (isLuaModule ? (try? childTable().names) ?? [] : [])
  }

  func member(_ name: String, in state: LuaState) -> LuaValue {
    if let method = schema.methods[name] { return .function(state.method(name, of: self, method)) }
    if schema.field(name) != nil { return self[name] }
    return isLuaModule ? (try? childTable()[name]) ?? .nil : .nil
  }
}

extension LuaRun: LuaMembers {
  var memberNames: [String] { Self.fields }

  func member(_ name: String, in state: LuaState) -> LuaValue {
    guard Self.fields.contains(name), let field = field(name) else { return .nil }
    return state.restoringStack {
      field.push(to: state)
      return LuaValue.read(-1, from: state) ?? .nil
    }
  }
}
