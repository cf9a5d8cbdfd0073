import Autograd
import Networks
import Tensors
import Training
import TreeFilter

extension LuaState {
  /// `tel.loss.…`: configurations that become a `LossTerm` of a recipe, and can be called on tensors.
  func registerLosses() {
    let crossEntropy = ConfigurationSchema(
      "tel.loss.cross_entropy", .loss,
      [
        Field("ignore", .integer, default: -1), Field("weights", .list(.nonnegative)),
        Field("weight", .nonnegative, default: 1), Field("soft", .boolean, default: false),
      ], staysOpen: true)
    crossEntropy.build = { try $0.crossEntropyTerm() }
    crossEntropy.call = { configuration, call in
      try configuration.crossEntropy(
        try call.argument(1, "logits"), try call.argument(2, "labels", as: Variable.self).value)
    }
    register(
      crossEntropy,
      help: """
        {ignore=-1, weights=, weight=1, soft=false} -> loss(logits [N, K, H, W], labels [N, H, W]): the mean over pixels with
        a class; weights: one factor per class; soft: labels are a distribution [N, K, H, W] over the classes
        """)

    let usual = TreeEnergyLoss.self
    let tree = ConfigurationSchema(
      "tel.loss.tree_energy", .loss,
      [
        Field("sigma", .positive), Field("weight", .nonnegative, default: .number(usual.defaultWeight)),
        Field("levels", .list(.choice(["low", "high"])), default: ["low", "high"]), Field("groups", .count, default: 1),
      ], staysOpen: true)
    tree.build = { LossTerm.treeEnergy(try $0.treeEnergy()) }
    tree.call = { configuration, call in
      let loss = try configuration.use { Kept(try configuration.treeEnergy()) }.value
      return try loss(
        logits: try call.argument(1, "logits"), image: try call.argument(2, "image", as: Variable.self).value,
        embedding: try call.optional(3, "embedding"), labels: try call.argument(4, "labels", as: Variable.self).value
      ).loss
    }
    register(
      tree,
      help: """
        {sigma=, weight=0.4, levels={"low", "high"}, groups=1} -> loss(coarse logits [N, K, h, w], image [N, C, H, W] in [0, 1],
        embedding [N, E, h, w], labels int32 [N, H, W]): the Tree Energy Loss over pixels labelled -1; -2 is padding
        """)
  }
}

extension TreeEnergyLoss {
  /// The published weight of the loss.
  static var defaultWeight: Double { (try? TreeEnergyLoss(sigma: 1).weight) ?? 0 }
}

/// A value made of a configuration.
private final class Kept<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension Configuration {
  /// The loss as a term of a recipe; changes of its fields take effect at the next step.
  func lossTerm() throws -> LossTerm {
    let name = try build(as: LossTerm.self).name
    return LossTerm(name: name) { output, batch, context in
      try self.use { Kept(try self.build(as: LossTerm.self)) }.value.value(output, batch, context)
    }
  }

  /// Whether the loader should build trees for it.
  func wantsTrees() throws -> Bool {
    guard schema.name == "tel.loss.tree_energy" else { return false }
    let (weight, levels) = (try required("weight", as: Double.self), try required("levels", as: [String].self))
    return weight > 0 && levels.contains("low")
  }

  func treeEnergy() throws -> TreeEnergyLoss {
    let levels: [String] = try required("levels")
    return try TreeEnergyLoss(
      sigma: try required("sigma"), weight: try required("weight"),
      levels: Set(levels.compactMap(TreeEnergyLoss.Level.init)), groups: try required("groups"))
  }

  fileprivate func crossEntropyTerm() throws -> LossTerm {
    if try required("soft") {
      throw wrong("soft", expected: "false in a recipe's list, where labels are class ids; a loss function can be soft")
    }
    return .crossEntropy(
      ignore: try required("ignore"), weights: try value("weights"), weight: try required("weight"))
  }

  fileprivate func crossEntropy(_ logits: Variable, _ labels: Tensor) throws -> Variable {
    let weight: Double = try required("weight")
    let loss: Variable
    if try required("soft") {
      loss = try logits.crossEntropy(softTargets: labels).loss
    } else {
      loss = try logits.crossEntropy(
        labels: labels, ignore: try required("ignore"), weights: try value("weights")
      ).loss
    }
    return weight == 1 ? loss : try loss.scaled(by: weight)
  }
}
