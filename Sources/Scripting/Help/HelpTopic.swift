/// All that is known of one function, method or constructor.
public struct HelpTopic {
  public struct Key {
    public let name: String
    /// What it may be.
    public let expectation: String
    public let value: String?
    public let text: String?
  }

  public let name: String
  /// Arguments and results behind the name; the text is what follows the colon or the first line.
  public let help: String
  public let keys: [Key]
  public let example: HelpExample

  /// The topic as lines of text.
  public var text: String {
    var lines = [name + help]
    if !keys.isEmpty {
      let width = keys.map(\.name.count).max() ?? 0
      lines += ["", "keys:"]
      lines += keys.map { key in
        let value = key.value.map { " (\($0))" } ?? ""
        return "  \(key.name)\(String(repeating: " ", count: width - key.name.count))  "
          + "\(key.text ?? ""): \(key.expectation)\(value)"
      }
    }
    if !example.isEmpty { lines += ["", "example:"] + example.lines.map { "  " + $0 } }
    return lines.joined(separator: "\n")
  }
}

extension LuaState {
  /// What is known of a name; nil if that is nothing.
  public func topic(named name: String) -> HelpTopic? {
    for candidate in [name, "tel." + name] {
      let full = helpName(candidate)
      guard let help = documentation[full] ?? StandardHelp.lines[full] else { continue }
      let pages = HelpPages.all
      return HelpTopic(
        name: full, help: help, keys: schemas[full].map { keys(of: $0) } ?? [],
        example: pages.pages[full]?.example ?? HelpExample())
    }
    return nil
  }

  /// The keys of a constructor, those of tables in it as `test.scales`.
  private func keys(of schema: ConfigurationSchema) -> [HelpTopic.Key] {
    func list(_ fields: [Field], path: String) -> [HelpTopic.Key] {
      fields.flatMap { field in
        let name = path + field.name
        let key = HelpTopic.Key(
          name: name, expectation: field.type.expectation, value: field.value.map { LuaValue($0, in: self).written },
          text: HelpPages.all.text(of: name, in: schema))
        return [key] + list(field.type.fields, path: name + ".")
      }
    }
    return list(schema.fields, path: "")
  }

  /// The names of all topics: what is ours first, then Lua's own.
  public var topicNames: [String] {
    let standard = StandardHelp.lines.keys.filter { documentation[$0] == nil && !get($0).isNil }
    return documentation.keys.filter { $0 != "who" }.sorted() + standard.sorted()
  }

  /// Functions that scripts see and that have no help, no example, or keys without a text.
  public var undocumented: [String] {
    var missing: [String] = []
    func visit(_ table: LuaTable, _ path: String) {
      for name in table.names where !(path.isEmpty && name.hasPrefix("_")) {
        let full = path.isEmpty ? name : "\(path).\(name)"
        switch table[name] {
        case .function: if topic(named: full) == nil { missing.append("\(full): no help") }
        case .table(let inner) where path.split(separator: ".").count < 2: visit(inner, full)
        default: continue
        }
      }
    }
    visit(globals, "")
    for luaClass in classes.values {
      for method in methods(of: luaClass) where documentation["\(luaClass.name):\(method)"] == nil {
        missing.append("\(luaClass.name):\(method): no help")
      }
    }
    for schema in schemas.values {
      missing += schema.methods.keys.filter { topic(named: "\(schema.name):\($0)") == nil }.map {
        "\(schema.name):\($0): no help"
      }
      missing += keys(of: schema).filter { $0.text == nil }.map { "\(schema.name), key \($0.name): no text" }
    }
    for name in documentation.keys where topic(named: name)?.example.cells.isEmpty ?? true {
      missing.append("\(name): no example")
    }
    return missing.sorted()
  }
}

extension FieldType {
  /// The keys of a table of this type, or of the tables in a list of it.
  fileprivate var fields: [Field] {
    switch self {
    case .record(let fields): fields
    case .list(let element): element.fields
    default: []
    }
  }
}

extension LuaValue {
  /// A default as source would have it.
  fileprivate var written: String {
    if case .table(let table) = self { table.text } else { shown }
  }
}
