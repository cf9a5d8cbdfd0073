import Autograd
import Datasets
import Foundation
import Networks
import Storage
import Tensors

/// What a recipe's `evaluate` function gets for each image: the output, the image as a batch of one, and a place for scores.
public typealias EvaluationFunction = (NetworkOutput, Batch, _ score: (String, Double) -> Void) throws -> Void

extension Tensor {
  /// Looks for NaN in what a network gives. A sum in double is NaN only where an element is, or where both infinities are.
  /// - Throws: `RunError.noNumbers`.
  func checkNumbers() throws {
    if !Kernel.isDry, try sum().item.isNaN { throw RunError.noNumbers }
  }
}

/// Turns images into class maps with a network, and class maps into scores.
///
/// One image is in memory at a time. How an image becomes logits is decided in `output(of:)` alone.
public struct Evaluator {
  let network: SegmentationNetwork
  let views: EvaluationViews
  let evaluate: EvaluationFunction?

  public init(
    network: SegmentationNetwork, views: EvaluationViews = EvaluationViews(), evaluate: EvaluationFunction? = nil
  ) {
    (self.network, self.views, self.evaluate) = (network, views, evaluate)
  }

  /// What the network makes of an input `[1, 3, H, W]`, with running statistics and nothing recorded.
  /// With more than one view, or windows, only the logits are there.
  /// - Throws: `RunError.noNumbers` for logits among which are NaN; what the network throws.
  public func output(of input: Tensor) throws -> NetworkOutput {
    let wasTraining = network.isTraining
    network.isTraining = false
    defer { network.isTraining = wasTraining }
    let isWhole = views.window(at: 1, height: input.shape[2], width: input.shape[3]) == nil
    return try Tape.withoutRecording {
      let output =
        views.isSingle && isWhole
        ? try network(Variable(input)) : NetworkOutput(logits: Variable(try summedLogits(input)))
      try output.logits.value.checkNumbers()
      return output
    }
  }

  /// The sum of all views' logits `[1, K, H, W]`. Images get another size, and logits their size back, with corners on corners.
  private func summedLogits(_ image: Tensor) throws -> Tensor {
    let (height, width) = (image.shape[2], image.shape[3])
    var sum: Tensor?
    for scale in views.scales {
      let size = views.size(height: height, width: width, at: scale)
      let isSameSize = size == (height, width)
      let scaled =
        isSameSize ? image : try image.resized(height: size.height, width: size.width, .bilinear(alignCorners: true))
      var logits = try logits(of: scaled, at: scale)
      if views.flip { logits = try self.logits(of: scaled.flipped(3), at: scale).flipped(3).accumulate(logits) }
      if !isSameSize { logits = try logits.resized(height: height, width: width, .bilinear(alignCorners: true)) }
      // Added to memory of its own: what a network gives may be memory of the network.
      sum = try (sum ?? Tensor(zeros: logits.shape)).accumulate(logits)
    }
    return sum!
  }

  /// The logits of one view, `[1, K, h, w]`.
  private func logits(of view: Tensor, at scale: Double) throws -> Tensor {
    guard let window = views.window(at: scale, height: view.shape[2], width: view.shape[3]) else {
      return try network(Variable(view)).logits.value
    }
    return try windowedLogits(view, window)
  }

  /// The mean, pixel by pixel, of the logits of all windows that see it.
  private func windowedLogits(_ image: Tensor, _ window: EvaluationWindow) throws -> Tensor {
    let (height, width) = (image.shape[2], image.shape[3])
    let rows = WindowPlan.starts(length: height, window: window.height, stride: window.stride.height)
    let columns = WindowPlan.starts(length: width, window: window.width, stride: window.stride.width)
    var sum: WindowSum?
    for y in rows {
      for x in columns {
        let part = try image.narrowed(2, start: y, count: min(window.height, height))
          .narrowed(3, start: x, count: min(window.width, width)).contiguous()
        let logits = try network(Variable(part)).logits.value
        let total = sum ?? WindowSum(classes: logits.shape[1], height: height, width: width)
        try total.add(logits, y: y, x: x)
        sum = total
      }
    }
    return try sum!.mean()
  }

  /// The logits `[K, h, w]` of the part of the input that shows the image.
  private func cutLogits(_ output: NetworkOutput, _ input: EvaluationTransform.Input) throws -> Tensor {
    try output.logits.value.selected(0, index: 0)
      .narrowed(1, start: 0, count: input.height).narrowed(2, start: 0, count: input.width)
  }

  /// Class ids int32 `[H, W]` of a picture at its own size.
  /// - Parameter image: 3 channels, red, green, blue.
  /// - Throws: `RunError.imageTooLarge` where not even the logits could be held; what the network throws.
  public func classMap(of image: Image8, _ transform: EvaluationTransform = EvaluationTransform()) throws -> Tensor {
    let size = try transform.inputSize(width: image.width, height: image.height)
    // A network of Lua's doesn't tell how many classes it knows before it has seen the image.
    let bytes = 4 * (network.classes ?? 1) * size.width * size.height * (views.isSingle ? 1 : 3)
    try EvaluationMemory.check(bytes, height: image.height, width: image.width, views)
    let input = try transform.input(image)
    let logits = try cutLogits(try output(of: input.image), input)
    return try ClassMap.from(logits: logits, height: image.height, width: image.width)
  }

  /// Scores every image of `data`.
  /// - Parameters:
  ///   - memory: what images take, if those that take more than there is are to be refused.
  ///   - progress: called with how many images are done, before each.
  ///   - each: gets what became of each image.
  /// - Throws: `Interrupted` within an image; `RunError.imageTooLarge`; what reading and the network throw.
  public func validate(
    _ data: ValidationData, memory: EvaluationMemory? = nil, progress: (Int) -> Void = { _ in },
    each: (EvaluatedImage) throws -> Void = { _ in }
  ) throws -> ValidationResult {
    let start = ContinuousClock.now
    var matrix = ConfusionMatrix(classes: data.dataset.classes.count)
    var extra = MeanByName()
    var images = 0
    let samples = EvaluationSample.sequence(
      data.dataset, indices: data.indices, transform: data.transform, threads: data.threads, skipsBad: data.skipsBad)
    defer { samples.stop() }
    progress(0)
    while let sample = try samples.next() {
      let shape = sample.input.image.shape
      try memory?.check(
        height: max(shape[2], sample.original.height), width: max(shape[3], sample.original.width), name: sample.name)
      let output = try output(of: sample.input.image)
      let truth = EvaluationTruth.tensor(sample.labels)
      let logits = try cutLogits(output, sample.input)
      let classes = try ClassMap.from(
        logits: logits, height: sample.original.height, width: sample.original.width)
      try matrix.add(predictions: classes, labels: truth)
      try each(EvaluatedImage(name: sample.name, classes: classes, logits: logits))
      if let evaluate {
        let batch = Batch(
          image: sample.input.image, guide: NetworkInput.guide(sample.original), labels: try truth.unsqueezed(0),
          names: [sample.name])
        try evaluate(output, batch) { extra.add($0, $1) }
      }
      images += 1
      progress(images)
    }
    return ValidationResult(
      matrix: matrix, scores: SegmentationScores(matrix), images: images, skipped: samples.skipped, extra: extra.means,
      seconds: (ContinuousClock.now - start).inSeconds,
      protocolLine: EvaluationProtocol.line(images: images, of: data, views: views))
  }

  /// Does all that an image of this size takes, for a dry run.
  func rehearse(height: Int, width: Int) throws {
    let logits = try output(of: Tensor(uninitialized: [1, 3, height, width])).logits.value
    _ = try ClassMap.from(logits: logits.selected(0, index: 0), height: height, width: width)
  }
}

/// What an evaluation made of an image.
public struct EvaluatedImage {
  public let name: String
  /// Class ids, int32 `[H, W]`, at the image's own size.
  public let classes: Tensor
  /// `[K, h, w]` at the size that the network saw, cut to the image.
  public let logits: Tensor

  package init(name: String, classes: Tensor, logits: Tensor) {
    (self.name, self.classes, self.logits) = (name, classes, logits)
  }
}

/// Truth as tensors have it.
enum EvaluationTruth {
  /// int32 `[H, W]`, -1 where there is no class.
  static func tensor(_ labels: Image8) -> Tensor {
    let table = (0...255).map { $0 == Int(Sample.unlabelled) ? Batch.unlabelled : Int32($0) }
    return Tensor(labels.pixels.map { table[Int($0)] }, shape: [labels.height, labels.width])
  }
}

/// Named numbers averaged over the times they came.
struct MeanByName {
  private var names: [String] = []
  private var sums: [String: (sum: Double, count: Int)] = [:]

  mutating func add(_ name: String, _ value: Double) {
    if sums[name] == nil { names.append(name) }
    let old = sums[name] ?? (0, 0)
    sums[name] = (old.sum + value, old.count + 1)
  }

  var means: [(name: String, value: Double)] { names.map { ($0, sums[$0]!.sum / Double(sums[$0]!.count)) } }
}
