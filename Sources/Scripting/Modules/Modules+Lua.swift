import Networks

extension LuaState {
  static let moduleName = "tel.module"

  /// `tel.module`: networks, and parts of networks, whose forward pass is a Lua function.
  func registerModules() {
    let schema = ConfigurationSchema(
      Self.moduleName, .model,
      [
        Field("children", .entries(.either([.configuration(.layer), .configuration(.model)]))),
        Field("forward", .function), Field("params", .table),
      ])
    schema.methods = Self.networkMethods.merging(Self.moduleMethods) { $1 }
    schema.check = { configuration in
      _ = try configuration.required("forward", as: LuaFunction.self)
      _ = try configuration.children()
    }
    schema.build = { try ModuleAssembly.network(of: $0) }
    schema.member = { configuration, key in
      if case .string(LuaNetwork.trainingName) = key { return .boolean(try configuration.module().isTraining) }
      let table = try configuration.childTable()
      if let child: Configuration = table.value(key) { return .object(child) }
      guard case .string(let name) = key else { return nil }
      throw ScriptError.noMember(
        of: "\(configuration.schema.name) (\(table.names.joined(separator: ", ")))", key: name,
        known: table.names + [LuaNetwork.trainingName] + configuration.schema.memberNames,
        site: configuration.state.site)
    }
    schema.length = { try $0.childTable().count }
    schema.call = { configuration, call in
      try configuration.checkBelonging(call)
      guard let network = try configuration.module() as? LuaNetwork else { preconditionFailure("no network of Lua") }
      return LuaResults(
        list: try network.forward((1..<call.count + 1).map { try call.argument($0, as: LuaValue.self) }))
    }
    register(
      schema,
      help: """
        {children={name = layer, …} or {layer, …}, forward=function(self, x) … end, params={}} -> a network or a part of
        one. Children are layers (tel.nn.Conv{…}, …), other modules and tel.models.…; forward finds them as self.name or
        self[1] to self[#self], and self.training and self.params. Calling it gives what forward returns; as the model of a recipe that
        is a tensor of logits [N, K, H, W], or {logits=, coarse=, embedding=, further named tensors}. Names join with
        points to state-dict keys, list entries count from 0 there: head.0.weight. It can do what tel.models.… can:
        net:load, net:freeze, net:predict, …
        """)
  }
}

extension Configuration {
  /// Whether it is a `tel.module{…}`.
  var isLuaModule: Bool { schema.name == LuaState.moduleName }

  /// One entry of a module's `children`.
  struct Child {
    /// In the table.
    let key: LuaValue
    /// In the state dict: entries of a list count from 0 there.
    let name: String
    let configuration: Configuration
  }

  func childTable() throws -> LuaTable { try value("children") ?? LuaTable(in: state) }

  /// The entries of `children`: the list, then names in order.
  /// - Throws: `ScriptError` for an entry that is no part of a network, and for names that can't be used.
  func children() throws -> [Child] {
    let table = try childTable()
    if let problem = schema.problem(at: .string("children"), .table(table)) {
      throw problem.error(schema.name, site: site(of:))
    }
    var names: Set<String> = []
    return try table.orderedKeys.map { key in
      guard let child: Configuration = table.value(key) else { preconditionFailure("a child that was checked") }
      let name = if case .integer(let index) = key { "\(index - 1)" } else { key.name }
      try checkName(name, key: key)
      if !names.insert(name).inserted {
        throw refused(
          "two children are called \(name)", advice: "entries of a list are called 0, 1, …; give the others names", key)
      }
      return Child(key: key, name: name, configuration: child)
    }
  }

  private func checkName(_ name: String, key: LuaValue) throws {
    if schema.memberNames.contains(name) || name == LuaNetwork.trainingName {
      throw refused(
        "a child can't be called \(name), since self.\(name) is something else already", advice: "choose another name",
        key)
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if name.contains("/") || parts.contains("") {
      throw refused(
        "a child can't be called \"\(name)\"", advice: "names have no slash, and something before and after each point",
        key)
    }
  }

  private func refused(_ what: String, advice: String, _ key: LuaValue) -> ScriptError {
    .refused(function: schema.name, what: what, advice: advice, site: site(of: ["children", key.name]))
  }
}
