import CLuaHost

/// A Lua table that Swift can keep, read and change. Metamethods are not called.
public struct LuaTable: LuaConvertible {
  public let reference: LuaReference

  init(_ reference: LuaReference) { self.reference = reference }

  /// An empty table.
  public init(in state: LuaState) {
    state.reserve()
    lua_createtable(state.thread, 0, 0)
    reference = LuaReference(popping: state)
  }

  public static var luaExpectation: String { "a table" }

  public static func read(_ index: Int32, from state: LuaState) -> LuaTable? {
    lua_type(state.thread, index) == LUA_TTABLE ? LuaTable(LuaReference(index, in: state)) : nil
  }

  @discardableResult public func push(to state: LuaState) -> Int {
    reference.push()
    return 1
  }

  private var state: LuaState { reference.state }

  /// The length of the list part.
  public var count: Int {
    state.restoringStack {
      reference.push()
      return Int(lua_rawlen(state.thread, -1))
    }
  }

  public subscript(key: String) -> LuaValue {
    get { value(key, as: LuaValue.self) ?? .nil }
    nonmutating set { set(key, newValue) }
  }

  /// Entry `index` of the list part, from 1.
  public subscript(index: Int) -> LuaValue {
    get { value(index, as: LuaValue.self) ?? .nil }
    nonmutating set { set(index, newValue) }
  }

  /// The value under a key, or nil if there is none or it is no `T`.
  public func value<T: LuaReadable>(_ key: some LuaWritable, as _: T.Type = T.self) -> T? {
    state.restoringStack {
      state.reserve()
      reference.push()
      key.push(to: state)
      lua_rawget(state.thread, -2)
      return T.read(-1, from: state)
    }
  }

  /// Sets the value under a key; `LuaValue.nil` removes it.
  public func set(_ key: some LuaWritable, _ value: some LuaWritable) {
    state.restoringStack {
      state.reserve()
      reference.push()
      key.push(to: state)
      value.push(to: state)
      lua_rawset(state.thread, -3)
    }
  }

  /// The keys that are strings, sorted.
  public var names: [String] {
    keys.compactMap { if case .string(let name) = $0 { name } else { nil } }.sorted()
  }

  /// All keys, in no particular order.
  public var keys: [LuaValue] {
    state.restoringStack {
      state.reserve()
      reference.push()
      var keys: [LuaValue] = []
      lua_pushnil(state.thread)
      while lua_next(state.thread, -2) != 0 {
        state.pop()
        if let key = LuaValue.read(-1, from: state) { keys.append(key) }
      }
      return keys
    }
  }

  /// The list part.
  public var list: [LuaValue] { (0..<count).map { self[$0 + 1] } }
}
