import Autograd
import Datasets
import Networks
import Tensors
import TreeFilter

/// One entry of a recipe's list of losses.
public struct LossTerm {
  /// Its name among the parts that are logged.
  public let name: String
  /// From output and batch to a single number, weights included.
  public let value: (NetworkOutput, Batch, LossContext) throws -> Variable

  public init(name: String, value: @escaping (NetworkOutput, Batch, LossContext) throws -> Variable) {
    (self.name, self.value) = (name, value)
  }

  /// Cross entropy of the full-size logits, the mean over pixels with a class: `segmentation`.
  /// - Parameters:
  ///   - ignore: the label of pixels without a class; padding is never one.
  ///   - weights: a factor per class.
  public static func crossEntropy(ignore: Int = -1, weights: [Double]? = nil, weight: Double = 1) -> LossTerm {
    LossTerm(name: "segmentation") { output, batch, _ in
      if weight == 0 { return Variable(Tensor(scalar: 0)) }
      let loss = try output.logits.crossEntropy(labels: batch.labels, ignore: ignore, weights: weights).loss
      return weight == 1 ? loss : try loss.scaled(by: weight)
    }
  }

  /// The Tree Energy Loss of the coarse logits: `tree`. With weight 0 nothing is computed.
  public static func treeEnergy(_ loss: TreeEnergyLoss) -> LossTerm {
    LossTerm(name: "tree") { output, batch, _ in
      if loss.weight == 0 { return Variable(Tensor(scalar: 0)) }
      return try loss(
        logits: output.coarse ?? output.logits, image: batch.guide, embedding: output.embedding, labels: batch.labels
      ).loss
    }
  }

  /// Their sum. A batch without a single labelled pixel contributes nothing at all: it would pull the unlabelled pixels
  /// towards predictions that nothing holds.
  public static func sum(_ terms: [LossTerm]) -> LossFunction {
    { output, batch, context in
      let nothing = Variable(Tensor(scalar: 0))
      let values = try terms.map { ($0.name, context.batchHasLabels ? try $0.value(output, batch, context) : nothing) }
      return LossValue(
        total: try values.dropFirst().reduce(values.first?.1 ?? nothing) { try $0 + $1.1 },
        parts: values.map { (name: $0.0, value: $0.1) })
    }
  }

  /// Builds the trees of a batch's images where the loader has time for it, for networks whose coarse logits are a fourth
  /// of the image in each direction.
  public static let treePreparation: @Sendable (Batch) throws -> Void = { batch in
    let (height, width) = (batch.guide.shape[2], batch.guide.shape[3])
    for index in 0..<batch.names.count {
      try TreeMemo.shared.prepare(
        image: batch.guide.selected(0, index: index), height: (height + 3) / 4, width: (width + 3) / 4)
    }
  }
}
