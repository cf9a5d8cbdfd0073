import CLuaHost

/// What can be handed to Lua.
public protocol LuaWritable {
  /// Pushes one value (`LuaResults`: any number) and returns how many.
  @discardableResult func push(to state: LuaState) -> Int
}

/// What can be taken from Lua: as an argument, a field, a result.
public protocol LuaReadable {
  /// The value at `index` of the stack, or nil if it is something else. Never changes the stack.
  static func read(_ index: Int32, from state: LuaState) -> Self?
  /// What errors say was expected: "an integer", "a tensor".
  static var luaExpectation: String { get }
}

public typealias LuaConvertible = LuaReadable & LuaWritable

/// Several results of one function: `return LuaResults(values, indices)`.
public struct LuaResults: LuaWritable {
  public var values: [any LuaWritable]

  public init(_ values: any LuaWritable...) { self.values = values }
  public init(list values: [any LuaWritable]) { self.values = values }

  @discardableResult public func push(to state: LuaState) -> Int {
    state.reserve(values.count + 8)
    return values.reduce(0) { $0 + $1.push(to: state) }
  }
}

extension Bool: LuaConvertible {
  public static var luaExpectation: String { "true or false" }
  public static func read(_ index: Int32, from state: LuaState) -> Bool? {
    lua_type(state.thread, index) == LUA_TBOOLEAN ? lua_toboolean(state.thread, index) != 0 : nil
  }
  @discardableResult public func push(to state: LuaState) -> Int {
    lua_pushboolean(state.thread, self ? 1 : 0)
    return 1
  }
}

extension Int: LuaConvertible {
  public static var luaExpectation: String { "an integer" }
  public static func read(_ index: Int32, from state: LuaState) -> Int? {
    guard lua_type(state.thread, index) == LUA_TNUMBER else { return nil }
    var isInteger: Int32 = 0
    let value = lua_tointegerx(state.thread, index, &isInteger)
    return isInteger != 0 ? Int(value) : nil
  }
  @discardableResult public func push(to state: LuaState) -> Int {
    lua_pushinteger(state.thread, lua_Integer(self))
    return 1
  }
}

extension Double: LuaConvertible {
  public static var luaExpectation: String { "a number" }
  public static func read(_ index: Int32, from state: LuaState) -> Double? {
    lua_type(state.thread, index) == LUA_TNUMBER ? lua_tonumberx(state.thread, index, nil) : nil
  }
  @discardableResult public func push(to state: LuaState) -> Int {
    lua_pushnumber(state.thread, self)
    return 1
  }
}

extension Float: LuaConvertible {
  public static var luaExpectation: String { "a number" }
  public static func read(_ index: Int32, from state: LuaState) -> Float? {
    Double.read(index, from: state).map { Float($0) }
  }
  @discardableResult public func push(to state: LuaState) -> Int { Double(self).push(to: state) }
}

/// Text. Bytes that are no UTF-8 are replaced; whoever needs them as they are reads `[UInt8]`-exact `LuaValue`s.
extension String: LuaConvertible {
  public static var luaExpectation: String { "a string" }
  public static func read(_ index: Int32, from state: LuaState) -> String? {
    state.bytes(index).map { String(decoding: $0, as: UTF8.self) }
  }
  @discardableResult public func push(to state: LuaState) -> Int {
    var text = self
    return text.withUTF8 { bytes in
      _ = bytes.withMemoryRebound(to: CChar.self) {
        lua_pushlstring(state.thread, $0.baseAddress ?? emptyCString, $0.count)
      }
      return 1
    }
  }
}

/// An address for strings without bytes, which have none of their own.
nonisolated(unsafe) private let emptyCString: UnsafePointer<CChar> = {
  let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  pointer.initialize(to: 0)
  return UnsafePointer(pointer)
}()

extension Array: LuaReadable where Element: LuaReadable {
  public static var luaExpectation: String { "a list, each entry \(Element.luaExpectation)" }
  /// A table whose entries at 1, 2, … are all `Element`s and that has no other keys.
  public static func read(_ index: Int32, from state: LuaState) -> [Element]? {
    guard lua_type(state.thread, index) == LUA_TTABLE else { return nil }
    return state.restoringStack {
      state.reserve()
      let table = lua_absindex(state.thread, index)
      let count = Int(lua_rawlen(state.thread, table))
      guard state.keyCount(table) == count else { return nil }
      var list: [Element] = []
      list.reserveCapacity(count)
      for i in 0..<count {
        lua_rawgeti(state.thread, table, lua_Integer(i + 1))
        guard let element = Element.read(-1, from: state) else { return nil }
        list.append(element)
        state.pop()
      }
      return list
    }
  }
}

extension Array: LuaWritable where Element: LuaWritable {
  @discardableResult public func push(to state: LuaState) -> Int {
    state.reserve()
    lua_createtable(state.thread, Int32(clamping: count), 0)
    for (i, element) in enumerated() {
      element.push(to: state)
      lua_rawseti(state.thread, -2, lua_Integer(i + 1))
    }
    return 1
  }
}

/// A table by name; its keys are written in sorted order.
extension Dictionary: LuaWritable where Key == String, Value: LuaWritable {
  @discardableResult public func push(to state: LuaState) -> Int {
    state.reserve()
    lua_createtable(state.thread, 0, Int32(clamping: count))
    for (key, value) in sorted(by: { $0.key < $1.key }) {
      key.push(to: state)
      value.push(to: state)
      lua_rawset(state.thread, -3)
    }
    return 1
  }
}

extension Optional: LuaWritable where Wrapped: LuaWritable {
  @discardableResult public func push(to state: LuaState) -> Int {
    guard let value = self else {
      lua_pushnil(state.thread)
      return 1
    }
    return value.push(to: state)
  }
}

extension LuaState {
  /// The bytes of the string at `index`; nil for anything else, numbers included.
  func bytes(_ index: Int32) -> UnsafeRawBufferPointer? {
    guard lua_type(thread, index) == LUA_TSTRING else { return nil }
    var length = 0
    guard let start = lua_tolstring(thread, index, &length) else { return nil }
    return UnsafeRawBufferPointer(start: start, count: length)
  }

  /// The number of keys in the table at an absolute index.
  func keyCount(_ table: Int32) -> Int {
    var count = 0
    lua_pushnil(thread)
    while lua_next(thread, table) != 0 {
      count += 1
      pop()
    }
    return count
  }
}
