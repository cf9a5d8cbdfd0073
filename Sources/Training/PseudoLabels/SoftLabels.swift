import Autograd
import Networks
import Tensors
import TreeFilter

/// The soft labels towards which the Tree Energy Loss pulls a network's predictions: these, filtered along both trees.
///
///     A = filter of softmax(coarse logits) along the image's tree, then along the embedding's
struct SoftLabels {
  private let network: SegmentationNetwork
  private let loss: TreeEnergyLoss?
  /// In words, what the network's predictions go through.
  let description: String

  /// Shows the network a small black image to see what it gives.
  /// - Parameter loss: of the recipe; nil leaves predictions unfiltered.
  init(_ network: SegmentationNetwork, loss: TreeEnergyLoss?) throws {
    self.network = network
    let output = try Self.output(of: network, Tensor(zeros: [1, 3, 64, 64]))
    let maps = output.coarse == nil ? "logits" : "coarse logits (1/\(64 / output.coarse!.shape[2]))"
    guard let loss else {
      (self.loss, description) = (nil, "softmax of the \(maps), unfiltered, since the recipe lists no tree_energy loss")
      return
    }
    let hasEmbedding = output.embedding != nil
    let levels = loss.levels.filter { $0 == .low || hasEmbedding }
    if levels.isEmpty {
      (self.loss, description) = (nil, "softmax of the \(maps), unfiltered, since the network gives no embedding")
      return
    }
    self.loss = try TreeEnergyLoss(sigma: loss.sigma, weight: loss.weight, levels: levels)
    let trees = [TreeEnergyLoss.Level.low, .high].filter(levels.contains).map {
      $0 == .low ? "the image's tree (sigma \(ProgressText.number(loss.sigma)))" : "the embedding's tree"
    }
    let missing = levels == loss.levels ? "" : " alone, since the network gives no embedding"
    description = "softmax of the \(maps), filtered along \(trees.joined(separator: ", then "))\(missing)"
  }

  /// In evaluation, with all maps that training has.
  private static func output(of network: SegmentationNetwork, _ input: Tensor) throws -> NetworkOutput {
    let before = (network.isTraining, network.givesAllOutputs)
    (network.isTraining, network.givesAllOutputs) = (false, true)
    defer { (network.isTraining, network.givesAllOutputs) = before }
    return try Tape.withoutRecording { try network(Variable(input)) }
  }

  /// - Parameters:
  ///   - input: what the network takes, `[1, 3, H, W]`.
  ///   - guide: the picture, `[1, 3, H, W]` in 0…1.
  /// - Returns: A, `[K, h, w]` at the size of the coarse logits; sums over K are 1.
  func callAsFunction(_ input: Tensor, guide: Tensor) throws -> Tensor {
    let output = try Self.output(of: network, input)
    let logits = output.coarse ?? output.logits
    try logits.value.checkNumbers()
    try output.embedding?.value.checkNumbers()
    guard let loss else { return try logits.value.softmax(1).selected(0, index: 0) }
    return try Tape.withoutRecording {
      let mask = Tensor(filling: [1, guide.shape[2], guide.shape[3]], with: 1, .uint8)
      return try loss(logits: logits, image: guide, embedding: output.embedding, mask: mask).softLabels()
    }.selected(0, index: 0)
  }
}
