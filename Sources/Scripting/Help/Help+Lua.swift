extension LuaState {
  /// `tel.help` and `tel.describe`.
  func registerHelp() {
    register(
      "tel.help",
      help: """
        (x?): prints what is known of a function, an object or a name: its arguments and results, keys and an example. Without x,
        all names. At the prompt ?x does the same
        """
    ) { call in
      let state = call.state
      if call.isNil(1) {
        try state.printLine(state.topicNames.joined(separator: "\n"))
        return nil
      }
      let value: LuaValue = try call.argument(1, "x")
      if let text = state.help(on: value) {
        try state.printLine(text)
        return nil
      }
      guard case .string(let name) = value else {
        throw call.wrong(1, "x", expected: "a function or an object of tel, or a name")
      }
      throw state.noHelp(on: name, site: call.site)
    }
    register(
      "tel.describe",
      help: """
        (x, {width=80}) -> the text that the prompt shows for x: tables with what is in them, networks as trees, files with their datasets.
        print and tostring are for one line, tensors excepted
        """
    ) { call in
      let width: Int = try call.options(2, known: ["width"]).value("width") ?? 80
      return try ValueText(call.state, width: width).text(of: try call.argument(1, "x", as: LuaValue.self))
    }
  }

  /// What is known of a value; of a string, of what it names. Nil if that is nothing.
  public func help(on value: LuaValue) -> String? {
    switch value {
    case .string(let name): return help(named: name)
    case .function(let function): return name(of: function).flatMap(help(named:)) ?? comment(on: function)
    case .object(let object as Configuration): return help(named: object.schema.name)
    case .object(let object):
      let name = type(of: object).luaClass.name
      return "\(LuaValue.object(object).shown), with the methods\n" + list(below: name).joined(separator: "\n")
    default: return nil
    }
  }

  /// The help of a function, or lines for all below a namespace.
  public func help(named name: String) -> String? {
    if let topic = topic(named: name) { return topic.text }
    let lines = list(below: name)
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// That there is no help, and what may have been meant.
  public func noHelp(on name: String, site: SourceSite?) -> ScriptError {
    let known = topicNames
    // A name may be meant without what is before it: "fliter" for tel.tree.filter.
    let meant =
      nearestName(to: name, in: known)
      ?? nearestName(to: name, in: known.map(\.lastPart)).flatMap { part in known.first { $0.lastPart == part } }
    return .noHelp(name: name, meant: meant, site: site)
  }

  private func list(below prefix: String) -> [String] {
    let names = topicNames.filter { name in
      [prefix, "tel." + prefix].contains { name.hasPrefix($0 + ".") || name.hasPrefix($0 + ":") }
    }
    return names.map { $0 + firstLine(of: documentation[$0] ?? StandardHelp.lines[$0] ?? "") }
  }

  private func firstLine(of help: String) -> String {
    guard let end = help.firstIndex(of: "\n") else { return help }
    return help[..<end] + " …"
  }

  /// A script's own function: where it is, and the comment right above it.
  private func comment(on function: LuaFunction) -> String? {
    guard let site = function.definition else { return nil }
    let lines = sources.text(of: site.name)?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
    guard lines.indices.contains(site.line - 1) else { return "function at \(site.text)" }
    var first = site.line - 1
    while first > 0, lines[first - 1].drop(while: { $0 == " " }).hasPrefix("--") { first -= 1 }
    return (["function at \(site.text)"] + lines[first...(site.line - 1)].map { "  " + $0 }).joined(separator: "\n")
  }
}

extension String {
  /// What follows the last point or colon.
  fileprivate var lastPart: String { split { ".:".contains($0) }.last.map(String.init) ?? self }
}
