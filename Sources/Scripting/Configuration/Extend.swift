/// The value that says "remove this key" in `tel.extend`.
final class NoneMarker: LuaObject {
  static let luaClass = LuaClass("tel.none")
}

extension LuaState {
  func registerExtend() {
    register(NoneMarker.self) { $0.addText { _ in "tel.none" } }
    set("tel.none", NoneMarker())
    register(
      "tel.extend",
      help: "(base, changes) -> a copy of base with changes: deep by key, lists replaced whole, tel.none removes a key"
    ) { call in
      let base: LuaValue = try call.argument(1, "base")
      let changes: LuaTable = try call.argument(2, "changes")
      let extending = Extension(state: call.state, site: call.site)
      switch base {
      case .object(let object as Configuration): return try extending.configuration(object, changes, path: [])
      case .table(let table): return try extending.table(table, changes, path: [])
      default: throw call.wrong(1, "base", expected: "a configuration or a table")
      }
    }
  }
}

/// One call of `tel.extend`.
private struct Extension {
  let state: LuaState
  let site: SourceSite?
  /// Deeper tables contain themselves.
  private static let deepest = 100

  init(state: LuaState, site: SourceSite?) { (self.state, self.site) = (state, site) }

  func configuration(_ base: Configuration, _ changes: LuaTable, path: [String]) throws -> Configuration {
    let result = Configuration(base.schema, try merged(base.table, changes, path: path), site: base.site)
    if let problem = base.schema.problem(in: result.table) {
      throw problem.error(base.schema.name) { inner in
        site.map { state.sources.site(ofKey: path + inner, function: "tel.extend", from: $0) }
      }
    }
    return result
  }

  func table(_ base: LuaTable, _ changes: LuaTable, path: [String]) throws -> LuaTable {
    try merged(base, changes, path: path)
  }

  private func merged(_ base: LuaTable, _ changes: LuaTable, path: [String]) throws -> LuaTable {
    let result = try copy(base, depth: path.count)
    for key in changes.orderedKeys {
      let change = changes.value(key, as: LuaValue.self) ?? .nil
      let inner = path + [key.name]
      switch (result.value(key, as: LuaValue.self) ?? .nil, change) {
      case (_, .object(is NoneMarker)): result.set(key, LuaValue.nil)
      case (.table(let old), .table(let new)) where !new.isList && !old.isList || new.isSparse:
        result.set(key, try merged(old, new, path: inner))
      case (.object(let old as Configuration), .table(let new)):
        result.set(key, try configuration(old, new, path: inner))
      default: result.set(key, try copy(change, depth: inner.count))
      }
    }
    return result
  }

  private func copy(_ table: LuaTable, depth: Int) throws -> LuaTable {
    guard depth < Self.deepest else {
      throw ScriptError.refused(
        function: "tel.extend", what: "a table contains itself", advice: "keep such tables out of recipes", site: site)
    }
    let result = LuaTable(in: state)
    for key in table.keys {
      result.set(key, try copy(table.value(key, as: LuaValue.self) ?? .nil, depth: depth + 1))
    }
    return result
  }

  private func copy(_ value: LuaValue, depth: Int) throws -> LuaValue {
    switch value {
    case .table(let table): .table(try copy(table, depth: depth))
    case .object(let object as Configuration):
      .object(Configuration(object.schema, try copy(object.table, depth: depth), site: object.site))
    default: value
    }
  }
}

extension LuaTable {
  /// Whether it has entries from 1 on.
  fileprivate var isList: Bool { count > 0 }
  /// Whether its keys are numbers without being a list: `{[2] = {…}}` changes one entry of a list.
  fileprivate var isSparse: Bool {
    count == 0 && !keys.isEmpty && keys.allSatisfy { if case .integer = $0 { true } else { false } }
  }
}
