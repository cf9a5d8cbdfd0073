import Autograd
import Tensors

/// DeepLabV3+ (Chen et al. 2018) as published with the Tree Energy Loss: a ResNet, a pyramid of dilated convolutions, a decoder
/// that joins it with the first layer's map, and an embedding layer beside the classifier.
///
/// Dilations are 12, 24 and 36 at every output stride, the pyramid's projection is a 3×3 convolution and has no dropout.
public final class DeepLabV3Plus: SegmentationNetwork {
  /// The numbers that make the network; the defaults are the published ones.
  public struct Configuration: Sendable, Equatable {
    public var classes: Int
    public var backbone = ResNet.Configuration(blocks: [3, 4, 23, 3], outputStride: 16)
    /// Channels of the pyramid and the decoder.
    public var width = 256
    /// Channels that the first layer's map is reduced to.
    public var skip = 48
    /// Channels of the embedding.
    public var embedding = 256
    /// Probability that an element before the classifier is dropped in training.
    public var dropout = 0.1

    public init(classes: Int) { self.classes = classes }
  }

  public let configuration: Configuration
  private let backbone: ResNet
  private let pyramid: [ConvNorm]
  private let pooled: ConvNorm
  private let projection: ConvNorm
  private let skip: ConvNorm
  private let decoder: [ConvNorm]
  private let dropout: DropoutLayer
  private let classifier: Conv2d
  private let embedding: ConvNorm

  /// A network with its parameters allocated and set as `seed` says.
  /// - Throws: `NetworkError` for a configuration that is no network; `Interrupted`.
  public init(_ configuration: Configuration, seed: UInt64 = 0) throws {
    self.configuration = configuration
    backbone = try ResNet(configuration.backbone)
    let (width, names) = (configuration.width, (conv: "0", norm: "1.0"))
    let channels = configuration.backbone.channels
    pyramid = try [(1, 1), (3, 12), (3, 24), (3, 36)].map { kernel, dilation in
      try ConvNorm(inputs: channels[3], outputs: width, kernel: kernel, dilation: dilation, names: names)
    }
    pooled = try ConvNorm(inputs: channels[3], outputs: width, kernel: 1, names: ("1", "2.0"))
    projection = try ConvNorm(inputs: 5 * width, outputs: width, kernel: 3, names: names)
    skip = try ConvNorm(inputs: channels[0], outputs: configuration.skip, kernel: 1, names: names)
    decoder = [
      try ConvNorm(inputs: width + configuration.skip, outputs: width, kernel: 3, names: names),
      try ConvNorm(inputs: width, outputs: width, kernel: 3, names: names),
    ]
    dropout = try DropoutLayer(probability: configuration.dropout)
    classifier = try Conv2d(inputs: width, outputs: configuration.classes, kernel: 1, bias: true)
    embedding = try ConvNorm(inputs: width, outputs: configuration.embedding, kernel: 1, names: names)
    super.init(classes: configuration.classes)
    register()
    try initialize(seed: seed)
  }

  private func register() {
    add("backbone", backbone)
    for (index, layer) in (pyramid + [pooled]).enumerated() { add("aspp.b\(index)", layer) }
    add("aspp.project", projection)
    add("decoder.reduce_skip_4x", skip)
    add("decoder.last_conv1", decoder[0])
    add("decoder.last_conv2", decoder[1])
    add("decoder.last_conv2.2", dropout)
    add("decoder.last_conv2.3", classifier)
    add("embedding_layer", embedding)
  }

  /// The maps of the backbone's four layers.
  public override func features(_ images: Variable) throws -> [Variable] { try backbone(images) }

  public override func callAsFunction(_ images: Variable) throws -> NetworkOutput {
    let maps = try features(images)
    let feature = try decoder[0](joined(try pyramid(maps[3]), maps[0]))
    let coarse = try classifier(dropout(decoder[1](feature)))
    return try output(coarse: coarse, for: images) { try embedding(feature) }
  }

  private func pyramid(_ x: Variable) throws -> Variable {
    let branches = try pyramid.map { try $0(x) }
    let mean = try pooled(pooling(x, pooled, at: "aspp.b4.2.0"))
    return try projection(
      Variable.concatenatedChannels(branches + [mean.resized(like: x)]))
  }

  private func joined(_ context: Variable, _ detail: Variable) throws -> Variable {
    try Variable.concatenatedChannels([context.resized(like: detail), skip(detail)])
  }
}
