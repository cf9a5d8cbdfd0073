import CLuaHost

/// The identity of a class that Lua sees; there is one for each, for the life of the process.
public final class LuaClass: Sendable {
  /// What errors and `tostring` call an object: "tensor".
  public let name: String
  public init(_ name: String) { self.name = name }

  /// What userdata of the class is marked with.
  var tag: UnsafeRawPointer { UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }
}

/// A Swift class whose objects Lua can hold. Conform, and register its methods once per state:
/// ```swift
/// extension Tree: LuaObject {
///   public static let luaClass = LuaClass("tree")
///   public var luaByteCount: Int { parents.count * 4 }
/// }
/// state.register(Tree.self) { methods in
///   methods.add("edges") { tree, call in Variable(tree.edges) }
/// }
/// ```
public protocol LuaObject: AnyObject, LuaConvertible {
  static var luaClass: LuaClass { get }
  /// Memory that the object holds outside of Lua, in bytes: garbage is collected when this has grown.
  var luaByteCount: Int { get }
}

extension LuaObject {
  public var luaByteCount: Int { 0 }
  public static var luaExpectation: String {
    let name = luaClass.name
    return ("aeiou".contains(name.first ?? "x") ? "an " : "a ") + name
  }

  public static func read(_ index: Int32, from state: LuaState) -> Self? {
    guard let object = tel_to_object(state.thread, index, luaClass.tag) else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(object).takeUnretainedValue() as? Self
  }

  @discardableResult public func push(to state: LuaState) -> Int {
    let luaClass = Self.luaClass
    precondition(state.classes[luaClass.tag] != nil, "the class \(luaClass.name) was not registered")
    state.reserve()
    tel_push_object(state.thread, luaClass.tag, Unmanaged.passRetained(self as AnyObject).toOpaque(), luaByteCount)
    return 1
  }
}

/// Operators and the like that a class can define. Their bodies get the operands as arguments 1 and 2, in order; either
/// may be the object.
public enum LuaOperator: String, Sendable {
  case add, sub, mul, div, mod, pow, unm, idiv, concat, eq, lt, le, band, bor, bxor, shl, shr, bnot
}

/// Collects the methods of a class.
public struct LuaMethods<Object: LuaObject> {
  let state: LuaState
  let metatable: Int32
  let methods: Int32

  /// Adds a method, called as `object:name(…)`; argument 1 is the first after the receiver.
  public func add(
    _ name: String, help: String? = nil, _ body: @escaping (Object, LuaCall) throws -> (any LuaWritable)?
  ) {
    let full = "\(Object.luaClass.name):\(name)"
    if let help { state.documentation[full] = help }
    set(name, in: methods, full, body)
  }

  /// Defines an operator.
  public func add(_ operation: LuaOperator, _ body: @escaping LuaBody) {
    setField(
      "__" + operation.rawValue, in: metatable, NativeFunction("\(Object.luaClass.name) \(operation.rawValue)", body))
  }

  /// Defines `object(…)`; argument 1 is the first in the parentheses.
  public func addCall(_ body: @escaping (Object, LuaCall) throws -> (any LuaWritable)?) {
    set("__call", in: metatable, Object.luaClass.name, body)
  }

  /// Defines `object[key]` for keys that are no methods; the key is argument 1.
  public func addIndex(_ body: @escaping (Object, LuaCall) throws -> (any LuaWritable)?) {
    restateIndex(body)
  }

  /// Defines `object[key] = value`; they are arguments 1 and 2.
  public func addNewIndex(_ body: @escaping (Object, LuaCall) throws -> Void) {
    set("__newindex", in: metatable, "\(Object.luaClass.name)[…] =") { object, call in
      try body(object, call)
      return nil
    }
  }

  /// Defines `#object`.
  public func addLength(_ body: @escaping (Object) throws -> Int) {
    set("__len", in: metatable, "#\(Object.luaClass.name)") { object, _ in try body(object) }
  }

  /// Defines what `tostring` and `print` show.
  public func addText(_ body: @escaping (Object) throws -> String) {
    set("__tostring", in: metatable, "tostring") { object, _ in try body(object) }
  }

  /// Defines what `pairs` visits: names and values, in order.
  public func addPairs(_ body: @escaping (Object) throws -> [(any LuaWritable, any LuaWritable)]) {
    set("__pairs", in: metatable, "pairs") { object, call in
      var remaining = try body(object).makeIterator()
      let step = LuaFunction("pairs", in: call.state) { _ in
        remaining.next().map { LuaResults($0.0, $0.1) } ?? LuaResults(LuaValue.nil)
      }
      return LuaResults(step, LuaValue.nil, LuaValue.nil)
    }
  }

  private func set(
    _ key: String, in table: Int32, _ name: String, _ body: @escaping (Object, LuaCall) throws -> (any LuaWritable)?
  ) {
    setField(key, in: table, NativeFunction(name, hidden: 1) { call in try body(receiver(of: call), call) })
  }

  private func setField(_ key: String, in table: Int32, _ function: NativeFunction) {
    key.push(to: state)
    state.push(function)
    lua_rawset(state.thread, table)
  }

  private func restateIndex(_ body: @escaping (Object, LuaCall) throws -> (any LuaWritable)?) {
    state.indexHandlers[Object.luaClass.tag] = { call in try body(receiver(of: call), call) }
  }
}

/// The object a method was called on.
private func receiver<Object: LuaObject>(of call: LuaCall) throws -> Object {
  if let object = Object.read(1, from: call.state) { return object }
  let freed = tel_is_object(call.state.thread, 1, Object.luaClass.tag)
  throw ScriptError.receiver(
    function: call.name, found: freed ? "freed already" : call.state.describe(1), expected: Object.luaExpectation,
    site: call.site)
}

extension LuaState {
  /// Registers a class: `body` adds its methods.
  public func register<Object: LuaObject>(_: Object.Type, _ body: (LuaMethods<Object>) -> Void) {
    let luaClass = Object.luaClass
    precondition(classes[luaClass.tag] == nil, "the class \(luaClass.name) is registered twice")
    classes[luaClass.tag] = luaClass
    restoringStack {
      reserve()
      let missing = NativeFunction("\(luaClass.name)[…]", hidden: 1) { call in
        try call.state.missingMember(luaClass, call)
      }
      luaClass.name.withCString {
        tel_new_class(thread, luaClass.tag, $0, Unmanaged.passRetained(missing).toOpaque())
      }
      body(LuaMethods(state: self, metatable: top - 1, methods: top))
      methodTables[luaClass.tag] = LuaTable(LuaReference(-1, in: self))
    }
  }

  /// What is indexed and no method: the class's own index, else an error that names the nearest method.
  private func missingMember(_ luaClass: LuaClass, _ call: LuaCall) throws -> (any LuaWritable)? {
    if let handler = indexHandlers[luaClass.tag] { return try handler(call) }
    let key = try call.argument(1, as: LuaValue.self)
    throw ScriptError.noMember(
      of: luaClass.name, key: key.shown, known: methods(of: luaClass), site: call.site)
  }

  /// The names of the methods of a class, sorted.
  func methods(of luaClass: LuaClass) -> [String] { methodTables[luaClass.tag]?.names ?? [] }

  /// The object at `index`, whatever its class.
  func anyObject(_ index: Int32) -> (any LuaObject)? {
    var tag: UnsafeRawPointer?
    guard let object = tel_any_object(thread, index, &tag) else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(object).takeUnretainedValue() as? any LuaObject
  }

  /// The value at `index` for an error: "a string ("abc")", "a tensor".
  func describe(_ index: Int32) -> String {
    switch lua_type(thread, index) {
    case LUA_TNIL: return "nil"
    case LUA_TNONE: return "missing"
    case LUA_TUSERDATA:
      var tag: UnsafeRawPointer?
      let object = tel_any_object(thread, index, &tag)
      if object != nil, let shown = LuaValue.read(index, from: self)?.shown { return shown }
      guard let tag, let luaClass = classes[tag] else { return "userdata" }
      return "a \(luaClass.name)" + (object == nil ? " that was freed" : "")
    case LUA_TTABLE: return "a table"
    case LUA_TFUNCTION: return "a function"
    case LUA_TTHREAD: return "a coroutine"
    default:
      guard let value = LuaValue.read(index, from: self) else { return "a value" }
      return value.shown
    }
  }
}

extension LuaValue {
  /// A number without ".0".
  static func shown(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

  /// The value in a few words, as errors show it.
  var shown: String {
    switch self {
    case .nil: "nil"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): Self.shown(value)
    case .string(let value): value.count > 40 ? "\"\(value.prefix(40))…\"" : "\"\(value)\""
    case .bytes(let value): "a string of \(value.count) bytes"
    case .table: "a table"
    case .function: "a function"
    case .object(let value as Configuration): "a \(value.schema.name)"
    case .object(let value): "a \(type(of: value).luaClass.name)"
    case .other: "a value"
    }
  }
}
