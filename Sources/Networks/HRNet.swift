import Autograd
import Tensors

/// HRNet (Wang et al. 2020) with a plain segmentation head and the embedding layer of the Tree Energy Loss.
///
/// Images `[N, 3, H, W]` of any size that is left at least one pixel by the strides; branch b has `width · 2^b` channels at
/// 1/(4 · 2^b) of the size. The head sees all branches, resized to the first one's size: `Σ width · 2^b` channels. Names
/// and order of the state are those of the published checkpoints.
public final class HRNet: SegmentationNetwork {
  /// The numbers that make an HRNet; the defaults are the published W48.
  public struct Configuration: Sendable, Equatable {
    public var classes: Int
    /// Channels of the first branch.
    public var width = 48
    /// Modules of each stage after the first; stage s has s branches, from 2.
    public var modules = [1, 4, 3]
    /// Basic blocks per branch and module.
    public var blocks = 4
    /// Bottlenecks before the branches part.
    public var bottlenecks = 4
    /// Channels of the two strided convolutions at the start, and planes of the bottlenecks.
    public var stem = 64
    /// Channels of the embedding.
    public var embedding = 256
    /// Probability that a channel of the head is dropped in training.
    public var dropout = 0.1

    public init(classes: Int, width: Int = 48) { (self.classes, self.width) = (classes, width) }

    /// Channels of the branches of the last stage.
    public var branches: [Int] { (0...modules.count).map { width << $0 } }
  }

  public let configuration: Configuration
  private let stem: [ConvNorm]
  private let bottlenecks: [Bottleneck]
  private let stages: [Stage]
  private let head: ConvNorm
  private let dropout: DropoutLayer
  private let classifier: Conv2d
  private let embedding: ConvNorm

  /// A network with its parameters allocated and set as `seed` says (PyTorch's default rules).
  /// - Throws: `NetworkError` for a configuration that is no network; `Interrupted`.
  public init(_ configuration: Configuration, seed: UInt64 = 0) throws {
    try HRNet.check(configuration)
    self.configuration = configuration
    stem = [
      try ConvNorm(inputs: 3, outputs: configuration.stem, kernel: 3, stride: 2, names: ("conv1", "bn1")),
      try ConvNorm(
        inputs: configuration.stem, outputs: configuration.stem, kernel: 3, stride: 2, names: ("conv2", "bn2")),
    ]
    var channels = configuration.stem
    bottlenecks = try (0..<configuration.bottlenecks).map { _ in
      defer { channels = configuration.stem * Bottleneck.expansion }
      return try Bottleneck(inputs: channels, planes: configuration.stem)
    }
    var before = [channels]
    stages = try configuration.modules.enumerated().map { index, modules in
      let branches = Array(configuration.branches.prefix(index + 2))
      defer { before = branches }
      return try Stage(from: before, to: branches, modules: modules, blocks: configuration.blocks)
    }
    let all = configuration.branches.reduce(0, +)
    head = try ConvNorm(inputs: all, outputs: all, kernel: 3, bias: true, names: ("0", "1.0"))
    dropout = try DropoutLayer(probability: configuration.dropout, wholeChannels: true)
    classifier = try Conv2d(inputs: all, outputs: configuration.classes, kernel: 1)
    embedding = try ConvNorm(inputs: all, outputs: configuration.embedding, kernel: 1, names: ("0", "1.0"))
    super.init(classes: configuration.classes)
    register()
    try initialize(seed: seed)
  }

  private static func check(_ configuration: Configuration) throws {
    func require(_ name: String, _ values: [Int], _ range: ClosedRange<Int>) throws {
      for value in values where !range.contains(value) {
        throw NetworkError.argument(
          network: "HRNet", name: name, found: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
      }
    }
    try require("classes", [configuration.classes], 1...65_536)
    try require("width", [configuration.width], 1...512)
    try require("number of stages in modules", [configuration.modules.count], 1...4)
    try require("modules", configuration.modules, 1...64)
    try require("blocks", [configuration.blocks], 1...64)
    try require("bottlenecks", [configuration.bottlenecks], 1...64)
    try require("stem", [configuration.stem], 1...512)
    try require("embedding", [configuration.embedding], 1...4096)
  }

  private func register() {
    let backbone = add("backbone", Module())
    for layer in stem { backbone.add("", layer) }
    for (index, block) in bottlenecks.enumerated() { backbone.add("layer1.\(index)", block) }
    for (index, stage) in stages.enumerated() {
      backbone.add("transition\(index + 1)", stage.transition)
      backbone.add("stage\(index + 2)", stage)
    }
    add("cls_head", head)
    add("cls_head.2", dropout)
    add("cls_head.3", classifier)
    add("embedding_layer", embedding)
  }

  /// The maps of all branches: `[N, width · 2^b, H / (4 · 2^b), W / (4 · 2^b)]`, sizes rounded up.
  public override func features(_ images: Variable) throws -> [Variable] {
    guard images.shape.count == 4, images.shape[1] == 3, images.value.count > 0 else {
      throw NetworkError.input(network: "HRNet", found: images.shape, expected: "[N, 3, H, W]")
    }
    var x = images
    for layer in stem { x = try layer(x) }
    for block in bottlenecks { x = try block(x) }
    var branches = [x]
    for stage in stages { branches = try stage(branches) }
    return branches
  }

  public override func callAsFunction(_ images: Variable) throws -> NetworkOutput {
    let branches = try features(images)
    let joined = try Variable.concatenatedChannels(
      [branches[0]] + branches.dropFirst().map { try $0.resized(like: branches[0]) })
    let coarse = try classifier(dropout(head(joined)))
    return try output(coarse: coarse, for: images) { try embedding(joined) }
  }
}
