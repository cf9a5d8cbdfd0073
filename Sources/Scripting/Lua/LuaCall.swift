import CLuaHost

/// One call of a Swift function from Lua: its arguments, and where it was made.
///
/// Arguments count from 1, the receiver of a method not included. Errors name the function, the argument and what was
/// expected, and the script's file and line.
public struct LuaCall {
  public let state: LuaState
  /// The name errors call the function by.
  public let name: String
  let hidden: Int32
  /// The number of arguments given.
  public let count: Int

  private func index(_ n: Int) -> Int32 { Int32(n) + hidden }

  /// The same call under another name.
  func named(_ name: String) -> LuaCall { LuaCall(state: state, name: name, hidden: hidden, count: count) }

  /// Whether argument `n` is missing or nil.
  public func isNil(_ n: Int) -> Bool { n > count || lua_type(state.thread, index(n)) == LUA_TNIL }

  /// Argument `n` as a `T`.
  /// - Parameter label: what the documentation calls it, for errors.
  public func argument<T: LuaReadable>(_ n: Int, _ label: String? = nil, as _: T.Type = T.self) throws -> T {
    if n <= count || T.self == LuaValue.self, let value = T.read(index(n), from: state) { return value }
    throw wrong(n, label, expected: T.luaExpectation)
  }

  /// Argument `n` as a `T`, or nil where it is missing or nil.
  public func optional<T: LuaReadable>(_ n: Int, _ label: String? = nil, as _: T.Type = T.self) throws -> T? {
    if isNil(n) { return nil }
    return try argument(n, label, as: T.self)
  }

  /// Argument `n` as a `T` if it is one, else nil: for functions that take one kind of value or another.
  public func ifIs<T: LuaReadable>(_ n: Int, _: T.Type = T.self) -> T? {
    n <= count ? T.read(index(n), from: state) : nil
  }

  /// Arguments `n` and after, each a `T`: `x:reshape(2, 3)`. A single list is taken apart: `x:reshape{2, 3}`.
  public func rest<T: LuaReadable>(from n: Int, _ label: String? = nil, as _: T.Type = T.self) throws -> [T] {
    if count == n, let list = ifIs(n, [T].self) { return list }
    return try (n..<max(n, count + 1)).map { try argument($0, label) }
  }

  /// Argument `n` as a table of options, empty if it is missing. A key that is not in `known` is an error that names the
  /// nearest known one and its line.
  /// - Parameter list: whether entries at 1, 2, … are allowed besides.
  public func options(_ n: Int, known: [String], list: Bool = false) throws -> LuaOptions {
    if isNil(n) { return LuaOptions(table: nil, function: name, site: site) }
    let table = try argument(n, "options", as: LuaTable.self)
    let options = LuaOptions(table: table, function: name, site: site)
    try options.check(known: known, list: list)
    return options
  }

  /// The object that a method was called on, whatever its class.
  var receiver: (any LuaObject)? { hidden > 0 ? state.anyObject(1) : nil }

  /// An error that says argument `n` is not what was expected.
  public func wrong(_ n: Int, _ label: String? = nil, expected: String) -> ScriptError {
    .argument(
      function: name, position: n, label: label, found: n > count ? "missing" : state.describe(index(n)),
      expected: expected, site: site)
  }

  /// Where the function was called: the nearest line of Lua, if any.
  public var site: SourceSite? { state.site }

  /// Frees the object that argument `n` holds now rather than when it is collected (0: the receiver). Using it after is an error.
  public func free(_ n: Int) { tel_free_object(state.thread, index(n)) }
}

/// A table of options given to a function or constructor: typed fields, with errors that name the key and its line.
public struct LuaOptions {
  public let table: LuaTable?
  let function: String
  let site: SourceSite?

  /// The option `key`, or nil where it is missing.
  public func value<T: LuaReadable>(_ key: String, as _: T.Type = T.self) throws -> T? {
    guard let table, case let found = table[key], !found.isNil else { return nil }
    if let value = table.value(key, as: T.self) { return value }
    throw wrong(key, expected: T.luaExpectation)
  }

  /// The option `key`; missing is an error.
  public func required<T: LuaReadable>(_ key: String, as _: T.Type = T.self) throws -> T {
    if let value: T = try value(key) { return value }
    throw ScriptError.missing(function: function, key: key, expected: T.luaExpectation, site: site)
  }

  /// An error that says the option `key` is not what was expected.
  public func wrong(_ key: String, expected: String) -> ScriptError {
    let found = table.map { table in
      table.reference.state.restoringStack {
        table[key].push(to: table.reference.state)
        return table.reference.state.describe(-1)
      }
    }
    return .field(
      function: function, path: key, found: found ?? "missing", expected: expected, site: keySite([key]))
  }

  func check(known: [String], list: Bool) throws {
    guard let table else { return }
    for key in table.keys {
      switch key {
      case .string(let name) where known.contains(name): continue
      case .string(let name):
        throw ScriptError.unknownKey(function: function, key: name, known: known, site: keySite([name]))
      case .integer(let i) where list && (1...max(1, table.count)).contains(i): continue
      default:
        throw ScriptError.unknownKey(function: function, key: key.shown, known: known, site: site)
      }
    }
  }

  private func keySite(_ path: [String]) -> SourceSite? {
    guard let site, let table else { return site }
    return table.reference.state.sources.site(ofKey: path, function: function, from: site)
  }
}
