import CLuaHost
import Tensors

/// A Swift function that Lua can call.
///
/// It returns its result, `LuaResults` for several, or nil for none, and throws what the script is to see as an error.
public typealias LuaBody = (LuaCall) throws -> (any LuaWritable)?

/// The object behind a Lua function: what to call, and what errors call it.
final class NativeFunction {
  let name: String
  /// How many arguments at the front (the receiver of a method) aren't counted in errors.
  let hidden: Int32
  let body: LuaBody

  init(_ name: String, hidden: Int32 = 0, _ body: @escaping LuaBody) {
    (self.name, self.hidden, self.body) = (name, hidden, body)
  }

  /// Room on Lua's stack that a function and what it pushes may count on.
  private static let stackSlots: Int32 = 1000

  /// Where the trampoline enters Swift. No error leaves it: -1 says that one lies on the stack.
  static let enter: @convention(c) (OpaquePointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32 = {
    thread, owner, function in
    let state = Unmanaged<LuaState>.fromOpaque(owner).takeUnretainedValue()
    let function = Unmanaged<NativeFunction>.fromOpaque(function).takeUnretainedValue()
    let outer = state.thread
    state.thread = thread
    defer { state.thread = outer }
    // Results and errors need room, and a script may have filled the stack with arguments or by recursion.
    guard lua_checkstack(thread, NativeFunction.stackSlots) != 0 else {
      "stack overflow in \(function.name)".push(to: state)
      return -1
    }
    do {
      let call = LuaCall(
        state: state, name: function.name, hidden: function.hidden, count: Int(lua_gettop(thread) - function.hidden))
      guard let result = try function.body(call) else { return 0 }
      return Int32(result.push(to: state))
    } catch {
      state.pushError(error)
      return -1
    }
  }
}

extension LuaFunction {
  /// A Lua function that calls `body`; errors call it `name`.
  public init(_ name: String, in state: LuaState, _ body: @escaping LuaBody) {
    self.init(name, hidden: 0, in: state, body)
  }

  /// A function whose first arguments, `hidden` of them, are receivers and not counted.
  init(_ name: String, hidden: Int32, in state: LuaState, _ body: @escaping LuaBody) {
    state.push(NativeFunction(name, hidden: hidden, body))
    self.init(LuaReference(popping: state))
  }
}

extension LuaState {
  func push(_ function: NativeFunction) {
    reserve()
    tel_push_function(thread, Unmanaged.passRetained(function).toOpaque())
  }

  /// Makes `body` callable from Lua under a dotted name; the tables on the way are made as needed.
  /// - Parameter help: shown by `tel.help`: the arguments in parentheses, `->` and the results, then one line or more.
  public func register(_ name: String, help: String? = nil, _ body: @escaping LuaBody) {
    if let help { documentation[name] = help }
    set(name, LuaFunction(name, in: self, body))
  }

  /// Sets a global, or with a dotted name a field of the tables on the way, which are made as needed.
  public func set(_ name: String, _ value: some LuaWritable) {
    restoringStack {
      reserve()
      lua_rawgeti(thread, tel_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
      let parts = name.split(separator: ".").map(String.init)
      for part in parts.dropLast() {
        part.push(to: self)
        if lua_rawget(thread, -2) != LUA_TTABLE {
          pop()
          part.push(to: self)
          lua_createtable(thread, 0, 0)
          lua_pushvalue(thread, -1)
          lua_rotate(thread, -3, 1)
          lua_rawset(thread, -4)
        }
      }
      parts[parts.count - 1].push(to: self)
      value.push(to: self)
      lua_rawset(thread, -3)
    }
  }

  /// The value of a global or, with a dotted name, of a field of tables.
  public func get(_ name: String) -> LuaValue {
    restoringStack {
      reserve()
      lua_rawgeti(thread, tel_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
      for part in name.split(separator: ".") {
        guard lua_type(thread, -1) == LUA_TTABLE else { return .nil }
        String(part).push(to: self)
        lua_rawget(thread, -2)
      }
      return LuaValue.read(-1, from: self) ?? .nil
    }
  }
}
