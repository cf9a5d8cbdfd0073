import Autograd
import Tensors

/// A residual backbone (He et al. 2016) with three 3×3 convolutions at its start instead of one of 7×7, and dilation instead of
/// strides where its output is to be denser.
///
/// Images `[N, 3, H, W]` become maps of 4, 8, 16 and 32 times `planes` channels at 1/4, 1/8 and, unless strides are replaced, 1/16
/// and 1/32 of the size, rounded up.
public final class ResNet: Module {
  /// The numbers that make a backbone.
  public struct Configuration: Sendable, Equatable {
    /// Bottlenecks of each of the four layers.
    public var blocks: [Int]
    /// How many times smaller than the image the last map is: 8, 16 or 32.
    public var outputStride: Int
    /// Planes of the first layer's bottlenecks, and channels of the first two convolutions.
    public var planes = 64

    public init(blocks: [Int], outputStride: Int = 32) { (self.blocks, self.outputStride) = (blocks, outputStride) }

    /// The published backbones by name.
    public static let named = ["resnet50": [3, 4, 6, 3], "resnet101": [3, 4, 23, 3]]

    /// Channels of the four layers' maps.
    public var channels: [Int] { (0..<4).map { Bottleneck.expansion * planes << $0 } }
  }

  private let stem: [ConvNorm]
  private var layers: [[Bottleneck]] = []

  /// - Throws: `NetworkError` for a configuration that is no backbone.
  public init(_ configuration: Configuration) throws {
    try ResNet.check(configuration)
    let planes = configuration.planes
    stem = [
      try ResNet.start(3, planes, stride: 2, "1"), try ResNet.start(planes, planes, stride: 1, "2"),
      try ResNet.start(planes, 2 * planes, stride: 1, "3"),
    ]
    super.init()
    let start = add("resinit", Module())
    for layer in stem { start.add("", layer) }
    var channels = 2 * planes
    // What strides that are left out come to so far.
    var dilation = 1
    for (index, blocks) in configuration.blocks.enumerated() {
      let isStrided = index > 0 && 4 << index <= configuration.outputStride
      let first = dilation
      if index > 0 && !isStrided { dilation *= 2 }
      var layer: [Bottleneck] = []
      for block in 0..<blocks {
        // The block that lost its stride still sees the denser map as the one before it left it: at half the layer's dilation.
        let part = try Bottleneck(
          inputs: channels, planes: planes << index, stride: block == 0 && isStrided ? 2 : 1,
          dilation: block == 0 ? first : dilation, initialization: ResNet.initializer)
        channels = Bottleneck.expansion * planes << index
        layer.append(add("layer\(index + 1).\(block)", part))
      }
      layers.append(layer)
    }
  }

  private static func check(_ configuration: Configuration) throws {
    func wrong(_ name: String, _ found: Any, _ expected: String) -> NetworkError {
      .argument(network: "ResNet", name: name, found: "\(found)", expected: expected)
    }
    let (blocks, planes, stride) = (configuration.blocks, configuration.planes, configuration.outputStride)
    guard blocks.count == 4, blocks.allSatisfy({ (1...64).contains($0) }) else {
      throw wrong("blocks", blocks, "four numbers from 1 to 64")
    }
    guard (1...512).contains(planes) else { throw wrong("planes", planes, "1 to 512") }
    guard [8, 16, 32].contains(stride) else { throw wrong("output_stride", stride, "8, 16 or 32") }
  }

  private static func start(_ inputs: Int, _ outputs: Int, stride: Int, _ number: String) throws -> ConvNorm {
    try ConvNorm(
      inputs: inputs, outputs: outputs, kernel: 3, stride: stride, names: ("conv" + number, "bn" + number),
      initializer: initializer(outputs: outputs, kernel: 3))
  }

  /// Normal with the variance that keeps a gradient's size through a ReLU.
  private static func initializer(outputs: Int, kernel: Int) -> Initializer {
    .normal(deviation: (2 / Double(kernel * kernel * outputs)).squareRoot())
  }

  /// The maps of the four layers.
  public func callAsFunction(_ images: Variable) throws -> [Variable] {
    guard images.shape.count == 4, images.shape[1] == 3, !images.shape.contains(0) else {
      throw NetworkError.input(network: "ResNet", found: images.shape, expected: "[N, 3, H, W]")
    }
    var x = try stem.reduce(images) { try $1($0) }
    x = try x.maxPooled(Pooling(kernel: [3, 3], stride: [2, 2], padding: [1, 1]))
    return try layers.map { layer in
      x = try layer.reduce(x) { try $1($0) }
      return x
    }
  }
}
