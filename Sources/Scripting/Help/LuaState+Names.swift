extension LuaState {
  /// Whether a name is that of `tel`, of a table in it, or of a library of Lua's.
  public func isNamespace(_ name: String) -> Bool {
    name == "tel" || name.hasPrefix("tel.") || Self.libraries.contains(name)
  }

  /// The libraries of Lua's own, whose functions are found by comparing.
  static let libraries = ["string", "table", "math", "utf8", "coroutine", "os", "io"]

  /// The name under which help knows a function: "tel.tree.mst", "tensor:sum", "string.format"; nil for a script's own.
  public func name(of function: LuaFunction) -> String? {
    if let name = function.nativeName { return helpName(name) }
    guard function.isNative, let address = function.reference.address else { return nil }
    // Not under a name that a script gave it.
    func find(in table: LuaTable, prefix: String) -> String? {
      let name = table.names.first { name in
        guard StandardHelp.lines[prefix + name] != nil, case .function(let other) = table[name] else { return false }
        return other.reference.address == address
      }
      return name.map { prefix + $0 }
    }
    for library in Self.libraries {
      if case .table(let table) = get(library), let name = find(in: table, prefix: library + ".") { return name }
    }
    return find(in: globals, prefix: "")
  }

  /// Methods that several constructors share have one help: `tel.models.hrnet_w18:load` is `net:load`.
  func helpName(_ name: String) -> String {
    guard documentation[name] == nil, let colon = name.firstIndex(of: ":"), let schema = schemas[String(name[..<colon])]
    else { return name }
    return schema.kind.receiver + name[colon...]
  }
}

extension ConfigurationKind {
  /// What help calls an object of the kind that a method is called on.
  var receiver: String {
    switch self {
    case .model, .layer: "net"
    default: rawValue
    }
  }
}

extension LuaState {
  /// The keys of a function's table of options, as its help writes them: `{stride=, padding=}`.
  public func optionNames(of value: LuaValue) -> [String] {
    guard case .function(let function) = value, let name = name(of: function), let help = documentation[name],
      let open = help.firstIndex(of: "{"), let close = help[open...].firstIndex(of: "}")
    else { return [] }
    return help[open..<close].dropFirst().split(separator: ",").compactMap { part in
      let name = part.prefix { $0 != "=" }.filter { $0 != " " }
      return part.contains("=") && name.isLuaName ? name : nil
    }
  }
}
