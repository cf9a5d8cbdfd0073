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
  func stored(depth: Int = 0) -> StoredValue? {
    switch self {
    case .nil: return .null
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let value): return .string(value)
    case .table(let table) where depth < 100:
      let keys = table.keys
      if table.count > 0 && keys.count == table.count {
        let entries = table.list.compactMap { $0.stored(depth: depth + 1) }
        return entries.count == table.count ? .list(entries) : nil
      }
      var entries: [String: StoredValue] = [:]
      for key in keys {
        guard case .string(let name) = key, let value = table[name].stored(depth: depth + 1) else { return nil }
        entries[name] = value
      }
      return .table(entries)
    default: return nil
    }
  }

  /// The value as it is written into the files of a run: configurations with their constructor and defaults, functions and
  /// objects by what they are.
  var resolved: StoredValue {
    switch self {
    case .table(let table): return table.resolved
    case .function(let function): return .string("function at \(function.definition?.text ?? "?")")
    case .object(let object as Configuration):
      guard case .table(var entries) = object.table.resolved else { return object.table.resolved }
      for field in object.schema.fields where entries[field.name] == nil { entries[field.name] = field.value }
      entries["constructor"] = .string(object.schema.name)
      return .table(entries)
    default: return stored() ?? .string(shown)
    }
  }
}

extension LuaTable {
  /// See `LuaValue.resolved`. Keys that are no names are written as texts.
  fileprivate var resolved: StoredValue {
    let keys = orderedKeys
    if count > 0 && keys.count == count { return .list(list.map(\.resolved)) }
    return .table(
      Dictionary(
        keys.map { key in
          if case .string(let name) = key {
            (name, self[name].resolved)
          } else {
            (key.shown, (value(key, as: LuaValue.self) ?? .nil).resolved)
          }
        }, uniquingKeysWith: { first, _ in first }))
  }
}
