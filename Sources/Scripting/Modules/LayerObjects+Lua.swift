import Autograd
import Networks
import TreeFilter

extension LuaState {
  /// `tel.nn.Conv` and the other layers that are objects: configurations that get their parameters at first use.
  func registerLayers() {
    documentModuleMethods()
    registerConv()
    registerLinear()
    registerDropout()
    registerTreeFilter()
  }

  private func registerConv() {
    let schema = ConfigurationSchema(
      "tel.nn.Conv", .layer,
      [
        Field("inputs", .count), Field("outputs", .count), Field("kernel", .count),
        Field("stride", .count, default: 1), Field("padding", .integer(0 ... .max)),
        Field("dilation", .count, default: 1), Field("bias", .boolean, default: false),
        Field("norm", .boolean, default: true), Field("relu", .boolean, default: true),
      ])
    schema.build = { try $0.conv() }
    add(
      schema, required: ["inputs", "outputs", "kernel"],
      help: """
        {inputs=, outputs=, kernel=, stride=1, padding=, dilation=1, bias=false, norm=true, relu=true} -> one fused layer;
        call it on x [N, inputs, H, W] and, if wanted, a residual that is added before the ReLU. Without padding= the
        size stays as it is (at stride 1, odd kernels). State: 0.weight (0.bias) and 1.weight, 1.bias, 1.running_mean, …
        of the batch norm; with norm=false: weight (bias)
        """
    ) { configuration, layer, call in
      guard let layer = layer as? ConvNorm else { preconditionFailure("a layer of another kind") }
      let x: Variable = try call.argument(1, "x")
      let inputs = layer.conv.weight.shape[1]
      guard x.shape.count == 4, x.shape[1] == inputs else {
        throw call.unfit(1, "x", x, expected: "[N, \(inputs), H, W], since inputs = \(inputs)")
      }
      return try layer(x, residual: try call.optional(2, "residual"))
    }
  }

  private func registerLinear() {
    let schema = ConfigurationSchema(
      "tel.nn.Linear", .layer,
      [Field("inputs", .count), Field("outputs", .count), Field("bias", .boolean, default: true)])
    schema.build = {
      try Linear(inputs: try $0.required("inputs"), outputs: try $0.required("outputs"), bias: try $0.required("bias"))
    }
    add(
      schema, required: ["inputs", "outputs"],
      help: """
        {inputs=, outputs=, bias=true} -> a linear layer; call it on x […, inputs]: […, outputs]. State: weight, bias
        """
    ) { configuration, layer, call in
      guard let layer = layer as? Linear else { preconditionFailure("a layer of another kind") }
      let x: Variable = try call.argument(1, "x")
      let inputs = layer.weight.shape[1]
      guard x.shape.last == inputs else {
        throw call.unfit(1, "x", x, expected: "[…, \(inputs)], since inputs = \(inputs)")
      }
      return try layer(x)
    }
  }

  private func registerDropout() {
    let schema = ConfigurationSchema(
      "tel.nn.Dropout", .layer,
      [Field("p", .number(0...1), default: 0.5), Field("channels", .boolean, default: false)])
    schema.build = {
      try DropoutLayer(probability: try $0.required("p"), wholeChannels: try $0.required("channels"))
    }
    add(
      schema, required: [],
      help: """
        {p=0.5, channels=false} -> a layer that drops elements, or whole channels, in training, and scales up the rest.
        What it drops is a function of the seed, the iteration and its place in the network
        """
    ) { _, layer, call in
      guard let layer = layer as? DropoutLayer else { preconditionFailure("a layer of another kind") }
      return try layer(try call.argument(1, "x"))
    }
  }

  private func registerTreeFilter() {
    let schema = ConfigurationSchema(
      "tel.nn.TreeFilter", .layer, [Field("groups", .count, default: 1), Field("sigma", .positive)])
    schema.build = { _ in Module() }
    add(
      schema, required: [],
      help: """
        {groups=1, sigma=} -> a layer without parameters; call it on x [N, C, H, W], an embedding [N, E, H, W] and a
        tree, or a guide [N, G, H, W] whose tree is built: x filtered along the tree as tel.tree.filter does it
        """
    ) { configuration, _, call in
      let tree: MinimumSpanningTree
      if let given = call.ifIs(3, LuaTree.self) {
        tree = given.tree
      } else if let guide = call.ifIs(3, Variable.self) {
        tree = try MinimumSpanningTree.build(guide: guide.value)
      } else {
        throw call.wrong(3, "tree", expected: "a tree (tel.tree.mst), or a guide [N, G, H, W] to build it from")
      }
      return try treeFilter(
        try call.argument(1, "x"), embedding: try call.argument(2, "embedding"), tree: tree,
        sigma: try configuration.value("sigma"), groups: try configuration.required("groups"))
    }
  }

  /// Makes the constructor of a kind of layer.
  /// - Parameter forward: what calling the layer does.
  private func add(
    _ schema: ConfigurationSchema, required: [String], help: String,
    forward: @escaping (Configuration, Module, LuaCall) throws -> Variable
  ) {
    schema.methods = Self.moduleMethods
    schema.check = { configuration in
      for key in required { _ = try configuration.required(key, as: Int.self) }
    }
    schema.call = { configuration, call in
      try configuration.checkBelonging(call)
      return try forward(configuration, try configuration.module(), call)
    }
    register(schema, help: help)
  }
}

extension LuaCall {
  /// An error that says that tensor `n` has a shape that doesn't fit.
  fileprivate func unfit(_ n: Int, _ label: String, _ tensor: Variable, expected: String) -> ScriptError {
    .argument(
      function: name, position: n, label: label, found: "a tensor of shape \(tensor.shape)", expected: expected,
      site: site)
  }
}

extension Configuration {
  /// The layer that `tel.nn.Conv{…}` describes. Its norm is called as in a sequence of PyTorch's layers; a convolution
  /// without one has no name of its own.
  fileprivate func conv() throws -> ConvNorm {
    let norm: Bool = try required("norm")
    return try ConvNorm(
      inputs: try required("inputs"), outputs: try required("outputs"), kernel: try required("kernel"),
      stride: try required("stride"), padding: try value("padding"), dilation: try required("dilation"),
      bias: try required("bias"), norm: norm, relu: try required("relu"), names: norm ? ("0", "1") : ("", ""))
  }
}
