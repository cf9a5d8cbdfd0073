extension LuaState {
  /// `tel.help`: what is known of a name.
  func registerHelp() {
    register("tel.help", help: "(name): prints what is known of a function: tel.help(\"tel.tree.filter\")") { call in
      let name = try call.optional(1, "name", as: String.self) ?? ""
      let known = call.state.documentation
      if let text = known[name] ?? known["tel." + name] {
        try call.state.printLine(name + text)
      } else {
        let inside = known.keys.filter { $0.hasPrefix(name) }.sorted()
        if inside.isEmpty {
          throw ScriptError.noMember(of: "tel.help", key: name, known: known.keys.sorted(), site: call.site)
        }
        try call.state.printLine(inside.joined(separator: "\n"))
      }
      return nil
    }
  }
}
