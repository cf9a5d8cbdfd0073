import Autograd
import Networks

extension Variable: LuaDescribed {
  func description(in text: ValueText) throws -> String { TensorText.describe(self, width: text.width) }
}

extension Configuration: LuaDescribed {
  /// A network that exists as a tree, a data set that was opened with its size; anything else as its fields.
  func description(in text: ValueText) throws -> String {
    if let module = existing as? Module {
      return ModuleText.text(
        of: module, name: schema.name + settings(text.width - schema.name.count - 16), width: text.width)
    }
    return try ConfigurationText(text).text(of: self)
  }

  /// The plain fields that were set, if they are short.
  private func settings(_ width: Int) -> String {
    let parts = table.names.compactMap { name -> String? in
      switch table[name] {
      case .table, .function, .object, .nil: nil
      case let value: "\(name) = \(ValueText.literal(value))"
      }
    }
    let text = "{" + parts.joined(separator: ", ") + "}"
    return text.count <= width ? text : "{…}"
  }
}

/// A configuration as a table of its fields: what was set, and what the defaults are.
struct ConfigurationText {
  private let values: ValueText

  init(_ values: ValueText) { self.values = values }

  func text(of configuration: Configuration) throws -> String {
    var rows: [(String, String)] = []
    try collect(configuration, path: "", into: &rows, depth: 0)
    let column = min(28, (rows.map(\.0.count).max() ?? 0) + 2)
    let lines = rows.map { name, value in
      "  " + name + String(repeating: " ", count: max(2, column - name.count)) + value
    }
    return ([configuration.schema.name] + state(configuration) + lines.map(values.cut)).joined(separator: "\n")
  }

  private func state(_ configuration: Configuration) -> [String] {
    if configuration.schema.kind == .data, configuration.existing != nil, let dataset = try? configuration.dataset() {
      return ["  (opened: \(dataset.count) samples, \(dataset.classes.count) classes)"]
    }
    guard configuration.existing == nil else { return [] }
    switch configuration.schema.kind {
    case .model: return ["  (not made yet: the first use makes it)"]
    case .data: return ["  (not opened yet: the first use opens it)"]
    default: return []
    }
  }

  private static let deepest = 3

  private func collect(
    _ configuration: Configuration, path: String, into rows: inout [(String, String)], depth: Int
  ) throws {
    for field in configuration.schema.fields {
      let value = configuration[field.name]
      if value.isNil { continue }
      let isDefault = configuration.table[field.name].isNil
      try add(value, name: path + field.name, note: isDefault ? "  (default)" : "", into: &rows, depth: depth)
    }
    for (i, entry) in configuration.table.list.enumerated() {
      try add(entry, name: "\(path)[\(i + 1)]", note: "", into: &rows, depth: depth)
    }
  }

  private func add(
    _ value: LuaValue, name: String, note: String, into rows: inout [(String, String)], depth: Int
  ) throws {
    switch value {
    case .object(let object as Configuration) where depth < Self.deepest:
      rows.append((name, object.schema.name))
      // Defaults of the parts would bury what was set.
      for key in object.table.orderedKeys {
        let part = key.name.hasPrefix("[") ? name + key.name : "\(name).\(key.name)"
        try add(object.table.value(key) ?? .nil, name: part, note: "", into: &rows, depth: depth + 1)
      }
    case .table(let table) where depth < Self.deepest && table.containsConfigurations:
      for key in table.orderedKeys {
        let part = key.name.hasPrefix("[") ? name + key.name : "\(name).\(key.name)"
        try add(table.value(key) ?? .nil, name: part, note: "", into: &rows, depth: depth + 1)
      }
    case .table(let table): rows.append((name, values.cut(table.text) + note))
    default: rows.append((name, values.brief(value) + note))
    }
  }
}

extension LuaTable {
  fileprivate var containsConfigurations: Bool {
    keys.contains { key in
      if case .object(is Configuration)? = value(key, as: LuaValue.self) { true } else { false }
    }
  }
}
