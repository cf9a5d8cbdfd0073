import Autograd
import Networks
import Storage
import Training

extension LuaState {
  /// What everything with named parameters can do: networks, modules and layers.
  static var moduleMethods: [String: ConfigurationSchema.Method] {
    [
      "train": { configuration, _ in
        try configuration.module().isTraining = true
        return configuration
      },
      "eval": { configuration, _ in
        try configuration.module().isTraining = false
        return configuration
      },
      "parameters": { configuration, _ in
        Dictionary(uniqueKeysWithValues: try configuration.module().parameters().map { ($0.name, $0.variable) })
      },
      "state": { configuration, _ in
        let module = try configuration.module()
        let parameters = Dictionary(uniqueKeysWithValues: module.parameters().map { ($0.name, $0.variable) })
        return Dictionary(
          uniqueKeysWithValues: module.state().map { ($0.name, parameters[$0.name] ?? Variable($0.tensor)) })
      },
      "load": { configuration, call in
        let path = try call.state.paths.resolve(try call.argument(1, "path"))
        let mismatch = try configuration.module().loadWeights(from: path, matching: .names)
        if let text = mismatch.leftAlone { call.state.output.line("warning: \(path): \(text)") }
        return configuration
      },
      "save": { configuration, call in
        try configuration.save(to: try call.state.writePolicy.resolve(try call.argument(1, "path")), call)
        return nil
      },
      "zero_grad": { configuration, _ in
        try configuration.module().clearGradients()
        return nil
      },
      "freeze": { configuration, call in
        let module = try configuration.module()
        let names = try call.matches(1, among: module.parameters().map(\.name))
        return try module.freeze(where: names.contains)
      },
      "freeze_norm": { configuration, call in
        let module = try configuration.module()
        let norms = module.modules().filter { $0.module is BatchNorm2d }
        let names = try call.matches(1, among: norms.map(\.name))
        return module.freezeNorm(where: names.contains)
      },
    ]
  }

  /// What the networks of `tel.models` can do as a part of another.
  static var backboneMethods: [String: ConfigurationSchema.Method] {
    [
      "features": { configuration, call in
        try configuration.checkBelonging(call)
        return try configuration.network().features(try call.argument(1, "images"))
      }
    ]
  }

  /// The help of these methods, under the name that a network has in most scripts.
  func documentModuleMethods() {
    let help = [
      "train": "() -> net: norms use the batch's statistics from now on, and dropout drops",
      "eval": "() -> net: norms use their running statistics from now on, and nothing is dropped",
      "parameters": "() -> {state-dict key = tensor}: what is learnt",
      "state": "() -> {state-dict key = tensor}: parameters and running statistics; the memory is the network's own",
      "load":
        "(path) -> net: takes over the weights of a checkpoint, a PyTorch file or a safetensors file; names must agree, "
        + "entries of another shape are left as they were, with a warning",
      "save": "(path): writes the state as a checkpoint (HDF5), or as safetensors where the path ends in .safetensors",
      "zero_grad": "(): forgets all gradients",
      "freeze":
        "(pattern) -> how many parameters: those in whose key a Lua pattern is found are learnt no more",
      "freeze_norm":
        "(pattern) -> number of batch norms: those in whose path a Lua pattern is found use and keep their running "
        + "statistics in training too; their weight and bias are still learnt",
      "logits":
        "(x float32 [N, 3, H, W], {scales={1}, flip=false, window={width, height}}) -> [N, K, H, W]: the logits as a test makes "
        + "them, summed over all views (networks only)",
      "predict":
        "(image uint8 [3, H, W], {scales={1}, flip=false, window={width, height}}) -> int32 [H, W]: class ids from 0 "
        + "(networks only)",
      "features": "(images [N, 3, H, W]) -> list of the backbone's maps, finest first (tel.models.… only)",
    ]
    for (name, text) in help { documentation["net:" + name] = text }
  }
}

extension Configuration {
  /// What a layer, a module or a network is made to at first use, with its parameters set.
  func module() throws -> Module {
    if schema.kind == .model {
      let network = try network()
      try (network as? LuaNetwork)?.checkChildren()
      return network
    }
    return try use {
      let layer = try build(as: Module.self)
      try layer.initialize(seed: state.seed)
      return layer
    }
  }

  fileprivate func save(to path: String, _ call: LuaCall) throws {
    let state = try module().state()
    if path.hasSuffix(".safetensors") {
      return try SafeTensorsFile.write(state.map { StoredTensor(name: $0.name, $0.tensor) }, to: path)
    }
    if path.hasSuffix(".pth") || path.hasSuffix(".pt") {
      throw call.wrong(1, "path", expected: "a name that ends in .h5 or .safetensors; files of PyTorch are read only")
    }
    try Checkpoint(state: Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor) })).save(to: path)
  }

  /// Refuses a call, from within a network's `forward`, of what is not among that network's parts: it would compute and
  /// never learn, be saved or be loaded. Where nothing is recorded anything may be called.
  func checkBelonging(_ call: LuaCall) throws {
    guard let network = state.forwarding.first, Tape.isRecording, !network.owns(self) else { return }
    throw ScriptError.refused(
      function: schema.name,
      what:
        "this \(schema.kind == .layer ? "layer" : "module") is not among the children of the network that calls it, "
        + "so that it would not be trained or saved",
      advice: "put it into children = {…} and call it as self.NAME, or call it within tel.no_grad", site: call.site)
  }
}

extension LuaCall {
  /// The names that argument `n`, a Lua pattern, is found in.
  /// - Throws: `NetworkError.pattern` where there are none: a slip of the hand would freeze nothing, and not be
  ///   noticed.
  fileprivate func matches(_ n: Int, among names: [String]) throws -> Set<String> {
    let pattern: String = try argument(n, "pattern")
    let matched = Set(try names.filter(state.matcher(pattern)))
    if matched.isEmpty { throw NetworkError.pattern(pattern, problem: "matches nothing here") }
    return matched
  }
}
