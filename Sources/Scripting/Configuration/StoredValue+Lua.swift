import Storage

/// Plain values go to Lua as they are: lists and tables as tables.
extension StoredValue: LuaWritable {
  @discardableResult public func push(to state: LuaState) -> Int {
    switch self {
    case .null: LuaValue.nil.push(to: state)
    case .boolean(let value): value.push(to: state)
    case .integer(let value): value.push(to: state)
    case .number(let value): value.push(to: state)
    case .string(let value): value.push(to: state)
    case .list(let values): values.push(to: state)
    case .table(let entries): entries.push(to: state)
    }
    return 1
  }
}

extension LuaValue {
  /// A plain copy of the value, or nil if it holds what can't be stored: functions, tensors, tables with other keys than
  /// names, or tables within themselves.
  func stored() -> StoredValue? { stored(within: TableChain()) }

  private func stored(within outer: TableChain) -> StoredValue? {
    switch self {
    case .nil: return .null
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let value): return .string(value)
    case .table(let table):
      guard let chain = outer.adding(table) else { return nil }
      let keys = table.keys
      if table.count > 0 && keys.count == table.count {
        var entries: [StoredValue] = []
        for value in table.list {
          guard let entry = value.stored(within: chain) else { return nil }
          entries.append(entry)
        }
        return .list(entries)
      }
      var entries: [String: StoredValue] = [:]
      for key in keys {
        guard case .string(let name) = key, let value = table[name].stored(within: chain) else { return nil }
        entries[name] = value
      }
      return .table(entries)
    default: return nil
    }
  }

  /// The value as it is written into the files of a run: configurations with their constructor and defaults, functions and
  /// objects by what they are.
  var resolved: StoredValue { resolved(within: TableChain()) }

  fileprivate func resolved(within outer: TableChain) -> StoredValue {
    switch self {
    case .table(let table): return table.resolved(within: outer)
    case .function(let function): return .string("function at \(function.definition?.text ?? "?")")
    case .object(let object as Configuration):
      let own = object.table.resolved(within: outer)
      guard case .table(var entries) = own else { return own }
      for field in object.schema.fields where entries[field.name] == nil { entries[field.name] = field.value }
      entries["constructor"] = .string(object.schema.name)
      return .table(entries)
    default: return stored() ?? .string(shown)
    }
  }
}

extension LuaTable {
  /// See `LuaValue.resolved`. Keys that are no names are written as texts.
  fileprivate func resolved(within outer: TableChain) -> StoredValue {
    guard let chain = outer.adding(self) else { return .string("a table within itself, or nested too deep") }
    let keys = orderedKeys
    if count > 0 && keys.count == count { return .list(list.map { $0.resolved(within: chain) }) }
    return .table(
      Dictionary(
        keys.map { key in
          if case .string(let name) = key {
            (name, self[name].resolved(within: chain))
          } else {
            (key.shown, (value(key, as: LuaValue.self) ?? .nil).resolved(within: chain))
          }
        }, uniquingKeysWith: { first, _ in first }))
  }
}

/// The tables that a value lies in, outermost first.
struct TableChain {
  private var tables: [UnsafeRawPointer?] = []
  private static let longest = 100

  /// With one more; nil if that is among them already, or lies too deep to be meant.
  func adding(_ table: LuaTable) -> TableChain? {
    let identity = table.identity
    guard tables.count < Self.longest, !tables.contains(identity) else { return nil }
    var chain = self
    chain.tables.append(identity)
    return chain
  }
}
