import Networks

/// Makes a network of `tel.module{…}` and everything below it: all of it, or nothing where something is wrong.
///
/// Parts that were in use before keep their values; new ones get theirs as a function of the seed and of their names.
struct ModuleAssembly {
  /// What is made here, to be remembered by its configuration once everything is right.
  private var made: [(configuration: Configuration, module: Module)] = []
  /// Of these, what has parameters to be set.
  private var layers: [(path: String, module: Module)] = []
  /// Where in the network each configuration is.
  private var paths: [ObjectIdentifier: String] = [:]

  private init() {}

  /// - Throws: `ScriptError`, `NetworkError`, what reading pretrained weights throws.
  static func network(of root: Configuration) throws -> LuaNetwork {
    var assembly = ModuleAssembly()
    assembly.paths[ObjectIdentifier(root)] = ""
    let network = try assembly.network(of: root, path: "")
    try checkNames(network, root)
    for (path, layer) in assembly.layers { try layer.initialize(seed: root.state.seed, path: path) }
    for (configuration, module) in assembly.made { _ = try configuration.use { module } }
    return network
  }

  private mutating func network(of configuration: Configuration, path: String) throws -> LuaNetwork {
    LuaNetwork(
      configuration,
      children: try configuration.children().map { entry in
        let inner = Module.join(path, entry.name)
        try note(entry.configuration, at: inner, key: entry.key, in: configuration)
        return LuaNetwork.Child(entry: entry, module: try module(of: entry.configuration, path: inner))
      })
  }

  private mutating func module(of child: Configuration, path: String) throws -> Module {
    if child.isInUse || child.schema.kind == .model && !child.isLuaModule {
      let module = try child.module()
      try note(partsOf: module, at: path, in: child)
      return module
    }
    let module: Module
    if child.isLuaModule {
      module = try network(of: child, path: path)
    } else {
      module = try child.build()
      layers.append((path, module))
    }
    made.append((child, module))
    return module
  }

  /// Remembers where a configuration is.
  /// - Throws: `ScriptError.refused` where it is somewhere else as well: its parameters would be learnt and saved
  ///   twice.
  private mutating func note(
    _ child: Configuration, at path: String, key: LuaValue, in owner: Configuration
  ) throws {
    if let other = paths.updateValue(path, forKey: ObjectIdentifier(child)) {
      throw ScriptError.refused(
        function: owner.schema.name,
        what: other.isEmpty ? "\(path) is the network itself" : "\(other) and \(path) are one and the same object",
        advice: other.isEmpty
          ? "a network can't be a part of itself" : "to use its weights twice, make it one child and call it twice",
        site: owner.site(of: ["children", key.name]))
    }
  }

  /// The same for what a network that was in use before is made of.
  private mutating func note(partsOf module: Module, at path: String, in owner: Configuration) throws {
    guard let network = module as? LuaNetwork else { return }
    for child in network.children {
      let inner = Module.join(path, child.entry.name)
      try note(child.entry.configuration, at: inner, key: child.entry.key, in: owner)
      try note(partsOf: child.module, at: inner, in: child.entry.configuration)
    }
  }

  /// - Throws: `ScriptError.refused` where names with points in them make two parts or two entries of the state alike.
  private static func checkNames(_ network: LuaNetwork, _ root: Configuration) throws {
    var seen: Set<String> = []
    for name in network.childPaths + network.state().map(\.name) where !seen.insert(name).inserted {
      throw ScriptError.refused(
        function: root.schema.name, what: "two parts of the network are called \(name)",
        advice: "give their children other names", site: root.site(of: ["children"]))
    }
  }
}
