import Autograd
import Tensors
import TreeFilter

/// A ResNet with a decoder of learnable tree filters (Song et al. 2019), as published with the Tree Energy Loss under the name
/// treefcn.
///
/// From the coarsest map to the finest, what is known so far is filtered along the minimum spanning tree of the backbone's map, with
/// edge weights from an embedding that is learnt, joined with the map and refined.
public final class LTF: SegmentationNetwork {
  /// The numbers that make the network; the defaults are the published ones.
  public struct Configuration: Sendable, Equatable {
    public var classes: Int
    public var backbone = ResNet.Configuration(blocks: [3, 4, 23, 3])
    /// Channels of the decoder.
    public var width = 512
    /// Channels of the filters' embeddings and of the network's own.
    public var embedding = 256
    /// Parts of the channels that are filtered with edge weights of their own.
    public var groups = 16

    public init(classes: Int) { self.classes = classes }
  }

  public let configuration: Configuration
  private let backbone: ResNet
  /// From the coarsest to the finest map, as are the next two.
  private let latent: [RefineBlock]
  private let refinement: [RefineBlock]
  private let embeddings: [Conv2d]
  private let context: ConvNorm
  private let head: RefineBlock
  private let classifier: Conv2d
  private let embedding: ConvNorm

  /// A network with its parameters allocated and set as `seed` says.
  /// - Throws: `NetworkError` for a configuration that is no network; `Interrupted`.
  public init(_ configuration: Configuration, seed: UInt64 = 0) throws {
    let (width, groups) = (configuration.width, configuration.groups)
    for (name, channels) in [("width", width), ("embedding", configuration.embedding)] {
      guard groups > 0, channels % groups == 0 else {
        throw NetworkError.argument(
          network: "LTF", name: name, found: "\(channels) with \(groups) groups", expected: "a multiple of groups")
      }
    }
    self.configuration = configuration
    backbone = try ResNet(configuration.backbone)
    let channels = configuration.backbone.channels
    latent = try channels.reversed().map { try RefineBlock(inputs: $0, outputs: width) }
    refinement = try channels.map { _ in try RefineBlock(inputs: width, outputs: width) }
    embeddings = try channels.map { _ in try Conv2d(inputs: width, outputs: configuration.embedding, kernel: 1) }
    context = try ConvNorm(inputs: channels[3], outputs: width, kernel: 1, names: ("conv", "bn"))
    head = try RefineBlock(inputs: width, outputs: width)
    classifier = try Conv2d(inputs: width, outputs: configuration.classes, kernel: 1, bias: true)
    embedding = try ConvNorm(inputs: width, outputs: configuration.embedding, kernel: 1, names: ("conv", "bn"))
    super.init(classes: configuration.classes)
    register()
    try initialize(seed: seed)
  }

  private func register() {
    add("backbone", backbone)
    for (index, block) in latent.enumerated() { add("latent_layers.\(index)", block) }
    for (index, block) in refinement.enumerated() { add("refine_layers.\(index)", block) }
    for (index, layer) in embeddings.enumerated() { add("embed_layers.\(index).conv", layer) }
    add("global_context.1", context)
    add("predict_layer.head_layers.0", head)
    add("predict_layer.head_layers.1", classifier)
    add("embedding_layer", embedding)
  }

  /// The maps of the backbone's four layers.
  public override func features(_ images: Variable) throws -> [Variable] { try backbone(images) }

  public override func callAsFunction(_ images: Variable) throws -> NetworkOutput {
    let maps = try features(images)
    var known = try context(pooling(maps[3], context, at: "global_context.1.bn"))
    for (level, map) in maps.reversed().enumerated() {
      known = try known.resized(like: map)
      let tree = try MinimumSpanningTree.build(guide: map.value)
      let filtered = try treeFilter(
        known, embedding: try embeddings[level](known), tree: tree, groups: configuration.groups)
      known = try refinement[level](Variable.sum([latent[level](map), filtered]))
    }
    let coarse = try classifier(head(known))
    return try output(coarse: coarse, for: images) { try embedding(known) }
  }
}

/// A 1×1 convolution, and two of 3×3 with a shortcut around them.
final class RefineBlock: Module {
  private let entrance: Conv2d
  private let inner: ConvNorm
  private let outer: ConvNorm

  init(inputs: Int, outputs: Int) throws {
    entrance = try Conv2d(inputs: inputs, outputs: outputs, kernel: 1)
    inner = try ConvNorm(inputs: outputs, outputs: outputs, kernel: 3, names: ("conv", "bn"))
    outer = try ConvNorm(inputs: outputs, outputs: outputs, kernel: 3, norm: false, names: ("conv_refine", ""))
    super.init()
    add("conv_1x1", entrance)
    add("cbr", inner)
    add("", outer)
  }

  func callAsFunction(_ x: Variable) throws -> Variable {
    let y = try entrance(x)
    return try outer(inner(y), residual: y)
  }
}
