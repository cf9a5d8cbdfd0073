import Storage

/// An object that keeps what it was told until it is used: `tel.optim.sgd{lr = 0.01}`.
///
/// Its fields can be read and changed, copied and extended; nothing is opened, allocated or read before `use`.
public final class Configuration: LuaObject {
  public static let luaClass = LuaClass("configuration")

  public let schema: ConfigurationSchema
  /// The fields that were set, and the list part.
  public let table: LuaTable
  /// Where it was written.
  public let site: SourceSite?
  private var made: AnyObject?

  /// Takes over a table whose keys and types were checked.
  init(_ schema: ConfigurationSchema, _ table: LuaTable, site: SourceSite?) {
    (self.schema, self.table, self.site) = (schema, table, site)
  }

  var state: LuaState { table.reference.state }

  /// The value of a field: as it was set, else its default, else nil.
  public subscript(key: String) -> LuaValue {
    let set = table[key]
    if !set.isNil { return set }
    return schema.field(key)?.value.map { LuaValue($0, in: state) } ?? .nil
  }

  /// The value of a field as a `T`, or nil where it is unset and has no default.
  /// - Throws: `ScriptError.field` for a value that is no `T`.
  public func value<T: LuaReadable>(_ key: String, as _: T.Type = T.self) throws -> T? {
    let value = self[key]
    if value.isNil { return nil }
    if let result = T(value, in: state) { return result }
    throw wrong(key, expected: T.luaExpectation)
  }

  /// The value of a field that must be there.
  public func required<T: LuaReadable>(_ key: String, as _: T.Type = T.self) throws -> T {
    if let value: T = try value(key) { return value }
    throw ScriptError.missing(
      function: schema.name, key: key, expected: schema.field(key)?.type.expectation ?? T.luaExpectation, site: site)
  }

  /// An error that says a field is not what was expected.
  public func wrong(_ path: String..., expected: String) -> ScriptError {
    var found: LuaValue = .nil
    for (i, key) in path.enumerated() {
      if i == 0 { found = self[key] } else if case .table(let table) = found { found = table[key] }
    }
    return .field(
      function: schema.name, path: Self.joined(path), found: found.isNil ? "missing" : found.shown, expected: expected,
      site: site(of: path))
  }

  /// Where a field is written, or else the configuration itself.
  func site(of path: [String]) -> SourceSite? {
    site.map { state.sources.site(ofKey: path, function: schema.name, from: $0) }
  }

  /// What `make` makes of the configuration, once: later calls give the same object. From then on it can't be changed,
  /// unless its schema stays open.
  public func use<T: AnyObject>(_ make: () throws -> T) throws -> T {
    if let made = made as? T { return made }
    let result = try make()
    made = result
    return result
  }

  /// What its schema makes of it, anew at each call.
  public func build<T>(as _: T.Type = T.self) throws -> T {
    guard let result = try schema.build?(self) as? T else { preconditionFailure("\(schema.name) builds no \(T.self)") }
    return result
  }

  /// What was made of it, if something was.
  var existing: AnyObject? { made }

  /// Whether something was made of it.
  public var isInUse: Bool { made != nil }

  /// Sets or, with nil, unsets a field or an entry of the list part.
  /// - Parameter changedAt: where, if not where it was written.
  func set(_ key: LuaValue, _ value: LuaValue, changedAt: SourceSite?) throws {
    if isInUse && !schema.staysOpen {
      throw ScriptError.refused(
        function: schema.name, what: "\(key.name) can't be changed any more, since it is in use",
        advice: "change it before the first use, or make another one with tel.extend", site: changedAt)
    }
    if let problem = schema.problem(at: key, value) { throw problem.error(schema.name) { _ in changedAt } }
    table.set(key, value)
    made = nil
  }

  /// A path as a user writes it: `groups[2].lr`.
  static func joined(_ path: [String]) -> String {
    path.reduce("") { $0.isEmpty || $1.hasPrefix("[") ? $0 + $1 : $0 + "." + $1 }
  }
}

extension LuaValue {
  /// The value of a table's key as part of a path.
  var name: String {
    switch self {
    case .string(let name): name
    case .integer(let index): "[\(index)]"
    default: shown
    }
  }

  /// A stored value as Lua has it.
  init(_ stored: StoredValue, in state: LuaState) {
    self =
      state.restoringStack {
        stored.push(to: state)
        return LuaValue.read(-1, from: state)
      } ?? .nil
  }
}

extension LuaReadable {
  /// The value as one of this type, if it is one.
  init?(_ value: LuaValue, in state: LuaState) {
    let result = state.restoringStack {
      value.push(to: state)
      return Self.read(-1, from: state)
    }
    guard let result else { return nil }
    self = result
  }
}
