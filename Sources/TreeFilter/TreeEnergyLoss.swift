import Autograd
import Tensors

/// The Tree Energy Loss (CVPR 2022): pixels without a label are pulled towards the mean of the predictions that are close to
/// them along two trees, one over the image's colours and one over the network's own embedding.
///
///     P    = softmax(logits)                                    over classes
///     A    = filter of P along the low tree, exp(-d/sigma), then along the high tree, exp(-d)
///     loss = weight · Σ |P - A| / N                             over the N unlabelled pixels and all classes; 0 if N = 0
///
/// Everything happens at the logits' size: the image is shrunk bilinearly (half-pixel centres), the mask by nearest. Gradients flow
/// into the logits through P and through both filters, and into the embedding; the soft labels A are not detached.
public struct TreeEnergyLoss: Sendable {
  /// Which trees filter the predictions, always in this order.
  public enum Level: String, Sendable, CaseIterable {
    /// Colours of the image.
    case low
    /// The embedding of the network.
    case high
  }

  /// Scale of the squared colour distances (colours in [0, 1]); positive.
  public let sigma: Double
  /// Factor of the whole loss.
  public let weight: Double
  public let levels: Set<Level>
  /// The loss is normalised within each of this many equal parts of the batch, and averaged over them.
  public let groups: Int

  /// How the image comes to the logits' size: at a factor of 4 each pixel is the mean of the 2×2 centre of its cell.
  static let guideResize = ResizeMode.bilinear(alignCorners: false)

  /// - Parameters:
  ///   - sigma: 0.002 for Cityscapes and ADE20K, 0.02 for VOC as published.
  ///   - groups: 4 reproduces four processes that each normalise over their quarter of the batch.
  /// - Throws: `TreeError` for a sigma that is not positive or an empty list of levels.
  public init(sigma: Double, weight: Double = 0.4, levels: Set<Level> = [.low, .high], groups: Int = 1) throws {
    try TreeError.checkSigma(sigma, "tree_energy")
    if levels.isEmpty { throw TreeError.levels(found: []) }
    (self.sigma, self.weight, self.levels, self.groups) = (sigma, weight, levels, groups)
  }

  /// The loss of a batch, and what it pulled the predictions towards.
  public struct Evaluation {
    /// A single number.
    public let loss: Variable
    private let labels: () -> Tensor

    init(loss: Variable, softLabels: @escaping () -> Tensor) {
      self.loss = loss
      labels = softLabels
    }

    /// The filtered predictions A: [B, K, h, w], sums over K are 1. Without history; laid out anew at each call.
    public func softLabels() -> Tensor { labels() }
  }

  /// The loss where pixels labelled -1 are unlabelled; -2 (padding) and classes are left out of the sum.
  /// - Parameters:
  ///   - logits: coarse logits [B, K, h, w], float32 or float64.
  ///   - image: [B, C, H, W], colours in [0, 1].
  ///   - embedding: [B, E, h, w] of the logits' type; not used without the level `high`.
  ///   - labels: int32 [B, H, W].
  ///   - memo: where trees of the shrunk image are looked up and kept.
  /// - Throws: `TensorError`, `TreeError`, `Interrupted`.
  public func callAsFunction(
    logits: Variable, image: Tensor, embedding: Variable?, labels: Tensor, memo: TreeMemo = .shared
  ) throws -> Evaluation {
    guard labels.type == .int32 else {
      throw TensorError.type(operation: "tree_energy", found: labels.type, expected: "labels of int32")
    }
    return try callAsFunction(
      logits: logits, image: image, embedding: embedding, mask: unlabelled(labels), memo: memo)
  }

  /// The loss over the pixels where a mask [B, H, W] (uint8) is not 0.
  public func callAsFunction(
    logits: Variable, image: Tensor, embedding: Variable?, mask: Tensor, memo: TreeMemo = .shared
  ) throws -> Evaluation {
    try check(logits.value, image, embedding?.value, mask)
    let (height, width) = (logits.shape[2], logits.shape[3])
    let guide = try image.converted(to: logits.type).resized(height: height, width: width, TreeEnergyLoss.guideResize)
    let region = try mask.resized(height: height, width: width, .nearest)
    var stages: [TreeEnergyStage] = []
    if levels.contains(.low) {
      let tree = try MinimumSpanningTree.build(guide: guide, memo: memo)
      stages.append(TreeEnergyStage(trees: tree.trees, sigma: sigma))
    }
    if levels.contains(.high), let embedding {
      let construction = try SpanningTree.Construction(
        (0..<logits.shape[0]).map { try embedding.value.selected(0, index: $0) })
      stages.append(
        TreeEnergyStage(trees: construction.trees, sigma: 1, embedding: embedding, construction: construction))
    }
    let inputs = [logits] + stages.compactMap(\.embedding)
    if logits.type == .float32 {
      return try TreeEnergy<Float>(self, logits, region, stages).evaluation(inputs)
    } else {
      return try TreeEnergy<Double>(self, logits, region, stages).evaluation(inputs)
    }
  }

  private func unlabelled(_ labels: Tensor) -> Tensor {
    let labels = labels.contiguous()
    let mask = Tensor(uninitialized: labels.shape, .uint8)
    Kernel.run {
      Tensor.withPointers(labels, of: Int32.self) { label in
        Tensor.withPointers(mask, of: UInt8.self) { mask in
          for i in 0..<labels.count { mask[i] = label[i] == -1 ? 1 : 0 }
        }
      }
    }
    return mask
  }

  private func check(_ logits: Tensor, _ image: Tensor, _ embedding: Tensor?, _ mask: Tensor) throws {
    let operation = "tree_energy"
    guard logits.type.isFloating else {
      throw TensorError.type(operation: operation, found: logits.type, expected: "logits of float32 or float64")
    }
    guard logits.rank == 4, !logits.shape.contains(0) else {
      throw TensorError.shape(operation: operation, found: "\(logits.shape)", expected: "coarse logits [B, K, h, w]")
    }
    let batch = logits.shape[0]
    guard image.type.isFloating else {
      throw TensorError.type(
        operation: operation, found: image.type, expected: "an image of float32 or float64 in [0, 1]")
    }
    guard image.rank == 4, image.shape[0] == batch, !image.shape.contains(0) else {
      throw TensorError.shape(
        operation: operation, found: "\(logits.shape) and \(image.shape)", expected: "an image [\(batch), C, H, W]")
    }
    guard mask.type == .uint8 else {
      throw TensorError.type(operation: operation, found: mask.type, expected: "a mask of uint8")
    }
    guard mask.shape == [batch, image.shape[2], image.shape[3]] else {
      throw TensorError.shape(
        operation: operation, found: "\(image.shape) and \(mask.shape)",
        expected: "labels of the image's size, \([batch, image.shape[2], image.shape[3]])")
    }
    guard groups > 0, batch % groups == 0 else {
      throw TreeError.batchGroups(operation: operation, groups: groups, batch: batch)
    }
    guard levels.contains(.high) else { return }
    guard let embedding else { throw TreeError.missingEmbedding }
    guard embedding.type == logits.type else {
      throw TensorError.type(
        operation: operation, found: embedding.type,
        expected: "an embedding of \(logits.type.rawValue), as the logits are")
    }
    guard embedding.rank == 4, embedding.shape[1] > 0, embedding.shape[0] == batch,
      embedding.shape[2...] == logits.shape[2...]
    else {
      throw TensorError.shape(
        operation: operation, found: "\(logits.shape) and \(embedding.shape)",
        expected: "an embedding [\(batch), E, \(logits.shape[2]), \(logits.shape[3])] of the logits' size")
    }
  }
}
