import Autograd
import Networks
import Tensors

/// A network, or a part of one, whose forward pass is a Lua function.
final class LuaNetwork: SegmentationNetwork {
  /// What `self.…` calls whether the network is being trained.
  static let trainingName = "training"

  /// One entry of `children`, and what was made of it.
  struct Child {
    let entry: Configuration.Child
    let module: Module
  }

  /// Whoever runs the network holds what it is made of.
  private unowned let configuration: Configuration
  let children: [Child]
  /// Everything that is part of it, however deep, and itself.
  private let owned: Set<ObjectIdentifier>

  init(_ configuration: Configuration, children: [Child]) {
    (self.configuration, self.children) = (configuration, children)
    owned = children.reduce(into: [ObjectIdentifier(configuration)]) { owned, child in
      owned.insert(ObjectIdentifier(child.entry.configuration))
      if let network = child.module as? LuaNetwork { owned.formUnion(network.owned) }
    }
    super.init(classes: nil)
    for child in children { add(child.entry.name, child.module) }
  }

  override var kind: String { "this network (tel.module)" }

  /// The paths of everything that is part of it, however deep.
  var childPaths: [String] {
    children.flatMap { child in
      let inner = (child.module as? LuaNetwork)?.childPaths ?? []
      return [child.entry.name] + inner.map { Module.join(child.entry.name, $0) }
    }
  }

  func owns(_ configuration: Configuration) -> Bool { owned.contains(ObjectIdentifier(configuration)) }

  /// - Throws: `ScriptError.refused` where `children` is not what the network was made of.
  func checkChildren() throws {
    let table = try configuration.childTable()
    let isSame =
      table.keys.count == children.count
      && children.allSatisfy { table.value($0.entry.key, as: Configuration.self) === $0.entry.configuration }
    if isSame { return }
    throw ScriptError.refused(
      function: configuration.schema.name,
      what:
        "the entries of children were changed after the network was made of them, so that it would not see the change",
      advice: "set them before the first use, or make another one with tel.extend",
      site: configuration.state.site ?? configuration.site(of: ["children"]))
  }

  /// What the Lua function makes of the arguments.
  /// - Throws: `ScriptError`; what functions of ours throw inside.
  func forward(_ arguments: [any LuaWritable]) throws -> [LuaValue] {
    let state = configuration.state
    let function: LuaFunction = try configuration.required("forward")
    state.forwarding.append(self)
    defer {
      state.forwarding.removeLast()
      // What only Lua's garbage still refers to would lie beside what the backward pass needs, and for how long
      // depended on when Lua happens to collect it.
      if state.forwarding.isEmpty { state.collectGarbage() }
    }
    return try function.call(list: [configuration] + arguments)
  }

  /// Runs the function and takes its result as logits, or as a table of named tensors with logits among them.
  override func callAsFunction(_ images: Variable) throws -> NetworkOutput {
    try checkChildren()
    let results = try forward([images])
    let function: LuaFunction = try configuration.required("forward")
    return try ForwardResult(of: results, images: images, site: function.definition).output
  }
}

/// What a network's `forward` returned, checked.
private struct ForwardResult {
  let output: NetworkOutput

  /// - Throws: `ScriptError` that names the line of the function.
  init(of results: [LuaValue], images: Variable, site: SourceSite?) throws {
    let expected = "a tensor of logits [N, K, H, W], or a table {logits = …, coarse = …, embedding = …}"
    switch results.first ?? .nil {
    case .object(let object as Variable): output = NetworkOutput(logits: object)
    case .table(let table):
      var tensors: [String: Variable] = [:]
      for key in table.orderedKeys {
        guard case .string(let name) = key, let tensor = table.value(name, as: Variable.self) else {
          throw ScriptError.field(
            function: "forward", path: key.name, found: (table.value(key) ?? LuaValue.nil).shown,
            expected: "a tensor under a name", site: site)
        }
        tensors[name] = tensor
      }
      guard let logits = tensors.removeValue(forKey: "logits") else {
        throw ScriptError.result(
          function: "forward",
          found: "a table without logits" + (tensors.isEmpty ? "" : " (\(table.names.joined(separator: ", ")))"),
          expected: expected, site: site)
      }
      output = NetworkOutput(
        logits: logits, coarse: tensors.removeValue(forKey: "coarse"),
        embedding: tensors.removeValue(forKey: "embedding"), extras: tensors)
    case .nil:
      throw ScriptError.result(function: "forward", found: "nothing", expected: expected, site: site)
    case let other:
      throw ScriptError.result(function: "forward", found: other.shown, expected: expected, site: site)
    }
    let (found, wanted) = (output.logits.shape, images.shape)
    guard found.count == 4, [found[0], found[2], found[3]] == [wanted[0], wanted[2], wanted[3]] else {
      throw ScriptError.result(
        function: "forward", found: "logits of shape \(found)",
        expected: "[\(wanted[0]), K, \(wanted[2]), \(wanted[3])], a score for each pixel of the images; "
          + "tel.nn.resize(logits, {x:shape()[3], x:shape()[4]}, {align_corners = true}) makes them so",
        site: site)
    }
  }
}
