import CLuaHost

/// Any Lua value. Tables and functions are references: they keep theirs alive and see its changes.
public enum LuaValue: LuaConvertible {
  case `nil`
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  /// A string that is no UTF-8.
  case bytes([UInt8])
  case table(LuaTable)
  case function(LuaFunction)
  case object(any LuaObject)
  /// A coroutine, or an object of a library of Lua's own.
  case other(LuaReference)

  public static var luaExpectation: String { "a value" }

  public static func read(_ index: Int32, from state: LuaState) -> LuaValue? {
    switch lua_type(state.thread, index) {
    case LUA_TNIL, LUA_TNONE: return .nil
    case LUA_TBOOLEAN: return .boolean(lua_toboolean(state.thread, index) != 0)
    case LUA_TNUMBER:
      if lua_isinteger(state.thread, index) != 0 { return .integer(Int(lua_tointegerx(state.thread, index, nil))) }
      return .number(lua_tonumberx(state.thread, index, nil))
    case LUA_TSTRING:
      guard let bytes = state.bytes(index) else { return nil }
      if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
      return .bytes([UInt8](bytes))
    case LUA_TTABLE: return .table(LuaTable(LuaReference(index, in: state)))
    case LUA_TFUNCTION: return .function(LuaFunction(LuaReference(index, in: state)))
    default:
      if let object = state.anyObject(index) { return .object(object) }
      return .other(LuaReference(index, in: state))
    }
  }

  @discardableResult public func push(to state: LuaState) -> Int {
    state.reserve()
    switch self {
    case .nil: lua_pushnil(state.thread)
    case .boolean(let value): value.push(to: state)
    case .integer(let value): value.push(to: state)
    case .number(let value): value.push(to: state)
    case .string(let value): value.push(to: state)
    case .bytes(let value):
      value.withUnsafeBytes { bytes in
        _ = bytes.withMemoryRebound(to: CChar.self) { lua_pushlstring(state.thread, $0.baseAddress, $0.count) }
      }
    case .table(let value): value.push(to: state)
    case .function(let value): value.push(to: state)
    case .object(let value): value.push(to: state)
    case .other(let value): value.push()
    }
    return 1
  }

  public var isNil: Bool { if case .nil = self { true } else { false } }
}

/// A Lua function that Swift can keep and call.
public struct LuaFunction: LuaConvertible {
  public let reference: LuaReference

  init(_ reference: LuaReference) { self.reference = reference }

  public static var luaExpectation: String { "a function" }

  public static func read(_ index: Int32, from state: LuaState) -> LuaFunction? {
    lua_type(state.thread, index) == LUA_TFUNCTION ? LuaFunction(LuaReference(index, in: state)) : nil
  }

  @discardableResult public func push(to state: LuaState) -> Int {
    reference.push()
    return 1
  }

  /// Calls the function with the given arguments and returns all its results.
  /// - Throws: what a function of ours threw inside, `Interrupted`, or `ScriptError` with a traceback.
  @discardableResult public func call(_ arguments: any LuaWritable...) throws -> [LuaValue] {
    try call(list: arguments)
  }

  /// As `call`, with the arguments in a list.
  @discardableResult public func call(list arguments: [any LuaWritable]) throws -> [LuaValue] {
    let state = reference.state
    return try state.restoringStack {
      let base = state.top
      try push(arguments, to: state)
      return (base..<state.top).compactMap { LuaValue.read($0 + 1, from: state) }
    }
  }

  /// Calls the function and returns its first result.
  /// - Parameter name: what errors call the function whose result is of another type ("schedule").
  public func call<T: LuaReadable>(_ arguments: any LuaWritable..., as _: T.Type, name: String) throws -> T {
    let state = reference.state
    return try state.restoringStack {
      let base = state.top
      try push(arguments, to: state)
      if let result = state.top > base ? T.read(base + 1, from: state) : nil { return result }
      throw ScriptError.result(
        function: name, found: state.describe(base + 1), expected: T.luaExpectation, site: definition)
    }
  }

  private func push(_ arguments: [any LuaWritable], to state: LuaState) throws {
    state.reserve(arguments.count + 8)
    reference.push()
    let count = arguments.reduce(0) { $0 + $1.push(to: state) }
    try state.callTop(arguments: count)
  }

  /// Where the function was written: file and line.
  public var definition: SourceSite? {
    let state = reference.state
    reference.push()
    return state.siteOfFunctionOnTop()
  }
}
