import Autograd
import Datasets
import Networks
import Storage
import Tensors
import Training

/// A network of one linear layer per pixel, with a buffer that changes in training: the smallest thing to train.
final class PixelNetwork: SegmentationNetwork {
  let weight: Variable
  let bias: Variable
  /// Mean of all inputs seen in training, as batch norm's running statistics are.
  let runningMean = Tensor(zeros: [1])

  init(classes: Int, seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: "pixel network")
    weight = Variable(
      Tensor((0..<classes * 3).map { _ in Float(0.1 * random.normal()) }, shape: [1, classes, 3, 1, 1]),
      requiresGradient: true)
    bias = Variable(Tensor(zeros: [1, classes, 1, 1]), requiresGradient: true)
    super.init(classes: classes)
    addParameter("head.weight", weight, .constant(0))
    addParameter("head.bias", bias, .constant(0))
    addBuffer("running_mean", runningMean)
  }

  override func callAsFunction(_ image: Variable) throws -> NetworkOutput {
    if isTraining {
      try Kernel.run { runningMean.fill(0.9 * runningMean.item + 0.1 * (try image.detached().mean().value.item)) }
    }
    let products = try image.unsqueezed(1) * weight
    return NetworkOutput(logits: try products.sum(2) + bias)
  }
}

/// What tests train: colours that are classes, in tiny pictures.
enum PixelExperiment {
  static let classes = ClassList(
    names: ["red", "green", "blue"], palette: [RGB(200, 40, 40), RGB(40, 200, 40), RGB(40, 40, 200)])

  static func data(count: Int, unlabelled: Set<Int> = []) -> CustomDataset {
    let names: @Sendable (Int) -> String = { "picture\($0)" }
    return CustomDataset(count: count, classes: classes, requiresCallerThread: false, names: names) { index, random in
      var noise = random
      var own = RandomStream(seed: 9, purpose: "picture", index: index)
      let truth = (0..<48).map { _ in UInt8(own.integer(in: 0...2)) }
      let pixels = truth.flatMap { label in
        (0..<3).map { UInt8(($0 == Int(label) ? 200 : 40) + noise.integer(in: -30...30)) }
      }
      let labels = truth.map { unlabelled.contains(index) || own.uniform() < 0.5 ? Sample.unlabelled : $0 }
      return Sample(
        image: Image8(width: 8, height: 6, channels: 3, pixels: pixels),
        labels: Image8(width: 8, height: 6, channels: 1, pixels: labels), name: "picture\(index)")
    }
  }

  /// Mean squared distance of labelled pixels' logits from their one-hot labels; 0 where nothing is labelled.
  static func loss(_ output: NetworkOutput, _ batch: Batch, _ context: LossContext) throws -> LossValue {
    let labels = batch.labels.array(of: Int32.self)
    let (images, pixels) = (batch.names.count, labels.count / max(1, batch.names.count))
    var (target, mask) = ([Float](repeating: 0, count: labels.count * 3), [Float](repeating: 0, count: labels.count))
    for image in 0..<images {
      for pixel in 0..<pixels where labels[image * pixels + pixel] >= 0 {
        mask[image * pixels + pixel] = 1
        target[(image * 3 + Int(labels[image * pixels + pixel])) * pixels + pixel] = 1
      }
    }
    let count = mask.reduce(0, +)
    if count == 0 { return LossValue(total: Variable(Tensor(scalar: 0))) }
    let shape = output.logits.shape
    let difference = try output.logits - Variable(Tensor(target, shape: shape))
    let masked = try difference * difference * Variable(Tensor(mask, shape: [shape[0], 1, shape[2], shape[3]]))
    let total = try masked.sum().scaled(by: 1 / Double(count))
    return LossValue(total: total, parts: [("squares", total)])
  }

  static func make(_ name: String, iterations: Int, unlabelled: Set<Int> = []) -> Experiment {
    let experiment = Experiment(
      name: name, iterations: iterations, batch: 4, network: { PixelNetwork(classes: 3, seed: 1) },
      training: TrainingData(dataset: data(count: 10, unlabelled: unlabelled)),
      validation: ValidationData(dataset: data(count: 5)), loss: loss,
      optimizer: .sgd(.init(learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4)))
    experiment.seed = 7
    return experiment
  }

  /// The first batch of four.
  static func batch() throws -> Batch {
    let loader = try Loader(data(count: 4), Loader.Settings(batch: 4, seed: 1))
    defer { loader.stop() }
    return try loader.next()
  }

  static var silent: Console { Console(isTerminal: false) { _ in } }
}
