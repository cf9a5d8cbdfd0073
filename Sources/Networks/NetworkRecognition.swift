/// The network that a state dictionary belongs to, told by names and shapes alone.
///
/// Sizes and counts are read off the entries that hold most of the weights, whose shapes must agree with each other: what is
/// built is never larger than what the file holds. All other entries are compared when the weights are loaded.
public enum NetworkRecognition: Sendable, Equatable {
  case hrnet(HRNet.Configuration)
  case deepLabV3Plus(DeepLabV3Plus.Configuration)
  case ltf(LTF.Configuration)

  /// What shapes don't tell.
  public struct Hints: Sendable, Equatable {
    /// Of the ResNet below DeepLabV3+ and LTF; nil means their defaults, 16 and 32.
    public var outputStride: Int?
    /// Of LTF's tree filters; nil means the default.
    public var groups: Int?

    public init(outputStride: Int? = nil, groups: Int? = nil) {
      (self.outputStride, self.groups) = (outputStride, groups)
    }
  }

  /// Entries that only one of the networks has.
  static let marks = [
    "HRNet": "backbone.stage2.0.branches.0.0.conv1.weight", "DeepLabV3+": "aspp.project.0.weight",
    "LTF": "latent_layers.0.conv_1x1.weight",
  ]

  /// - Parameter shapes: shapes by state-dict key.
  /// - Throws: `NetworkError.unrecognized` for the names of no network here, `.incomplete` where some of a network's are missing or
  ///   disagree, `.argument` for a hint that means nothing to it.
  public init(_ shapes: [String: [Int]], hints: Hints = Hints()) throws {
    guard let kind = Self.marks.keys.sorted().first(where: { shapes[Self.marks[$0]!] != nil }) else {
      throw NetworkError.unrecognized(found: shapes.keys.sorted())
    }
    let state = StateShapes(shapes)
    switch kind {
    case "HRNet":
      if let stride = hints.outputStride {
        throw NetworkError.argument(
          network: kind, name: "output_stride", found: "\(stride)", expected: "none: HRNet has several at once")
      }
      self = .hrnet(HRNet.Configuration(state))
    case "DeepLabV3+": self = .deepLabV3Plus(DeepLabV3Plus.Configuration(state, hints))
    default: self = .ltf(LTF.Configuration(state, hints))
    }
    if !state.mismatch.isEmpty { throw NetworkError.incomplete(network: kind, state.mismatch) }
    if case .ltf(let network) = self, network.width % network.groups + network.embedding % network.groups > 0 {
      throw NetworkError.argument(
        network: kind, name: "groups", found: "\(network.groups), since shapes don't tell it",
        expected: "a divisor of the widths \(network.width) and \(network.embedding), from --recipe FILE.lua")
    }
  }

  /// The network, with weights that are yet to be loaded.
  /// - Throws: `NetworkError` for numbers that no network is built of.
  public func build() throws -> SegmentationNetwork {
    switch self {
    case .hrnet(let configuration): try HRNet(configuration)
    case .deepLabV3Plus(let configuration): try DeepLabV3Plus(configuration)
    case .ltf(let configuration): try LTF(configuration)
    }
  }

  /// Kind, size and number of classes, which is what shapes tell, for people.
  public var outline: String {
    switch self {
    case .hrnet(let network): "HRNet-W\(network.width), \(network.classes) classes"
    case .deepLabV3Plus(let network): "DeepLabV3+ with \(network.backbone.name), \(network.classes) classes"
    case .ltf(let network): "LTF with \(network.backbone.name), \(network.classes) classes"
    }
  }

  /// What is built, for people.
  public var summary: String {
    guard case .deepLabV3Plus(let network) = self else { return outline }
    return "\(outline), output stride \(network.backbone.outputStride)"
  }
}

/// Shapes by name, and which of those asked for were not there or not as expected.
final class StateShapes {
  private let shapes: [String: [Int]]
  private(set) var mismatch = StateMismatch()
  /// Beyond this a number of channels is a slip of the hand.
  private static let mostChannels = 1 << 16

  init(_ shapes: [String: [Int]]) { self.shapes = shapes }

  /// Output channels of a convolution; 1 where it is none, which `expect` notes.
  func outputs(_ name: String) -> Int {
    guard let shape = shapes[name], shape.count == 4, (1...Self.mostChannels).contains(shape[0]) else { return 1 }
    return shape[0]
  }

  /// How many of the names for 0, 1, 2, … there are in a row; 1 where there is none, which `expect` notes.
  func count(_ name: (Int) -> String) -> Int {
    var count = 0
    while shapes[name(count)] != nil { count += 1 }
    return max(1, count)
  }

  func has(_ name: String) -> Bool { shapes[name] != nil }

  /// Notes a convolution that is missing or of another shape.
  func expect(_ name: String, outputs: Int, inputs: Int, kernel: Int) {
    let expected = [outputs, inputs, kernel, kernel]
    guard let shape = shapes[name] else { return mismatch.missing.append(name) }
    if shape != expected { mismatch.misshaped.append(.init(name: name, found: shape, expected: expected)) }
  }
}

extension HRNet.Configuration {
  fileprivate init(_ state: StateShapes) {
    self.init(classes: state.outputs("cls_head.3.weight"))
    func stage(_ stage: Int, _ module: Int, _ branch: Int, _ block: Int, _ convolution: Int) -> String {
      "backbone.stage\(stage).\(module).branches.\(branch).\(block).conv\(convolution).weight"
    }
    stem = state.outputs("backbone.conv1.weight")
    width = state.outputs(stage(2, 0, 0, 0, 1))
    bottlenecks = state.count { "backbone.layer1.\($0).conv2.weight" }
    blocks = state.count { stage(2, 0, 0, $0, 1) }
    modules = [state.count { stage(2, $0, 0, 0, 1) }]
    // Widths double from branch to branch, so that a fifth stage would be the last that can be built.
    while modules.count < 4, state.has(stage(modules.count + 2, 0, 0, 0, 1)) {
      let next = modules.count + 2
      modules.append(state.count { stage(next, $0, 0, 0, 1) })
    }
    state.expect("backbone.conv1.weight", outputs: stem, inputs: 3, kernel: 3)
    for block in 0..<bottlenecks {
      state.expect("backbone.layer1.\(block).conv2.weight", outputs: stem, inputs: stem, kernel: 3)
    }
    for (index, count) in modules.enumerated() {
      for module in 0..<count {
        for (branch, channels) in branches.prefix(index + 2).enumerated() {
          for block in 0..<blocks {
            for convolution in [1, 2] {
              state.expect(
                stage(index + 2, module, branch, block, convolution), outputs: channels, inputs: channels, kernel: 3)
            }
          }
        }
      }
    }
    let all = branches.reduce(0, +)
    embedding = state.outputs("embedding_layer.0.weight")
    state.expect("cls_head.0.weight", outputs: all, inputs: all, kernel: 3)
    state.expect("cls_head.3.weight", outputs: classes, inputs: all, kernel: 1)
    state.expect("embedding_layer.0.weight", outputs: embedding, inputs: all, kernel: 1)
  }
}

extension ResNet.Configuration {
  fileprivate init(_ state: StateShapes, outputStride: Int) {
    self.init(
      blocks: (1...4).map { layer in state.count { "backbone.layer\(layer).\($0).conv2.weight" } },
      outputStride: outputStride)
    planes = state.outputs("backbone.resinit.conv1.weight")
    state.expect("backbone.resinit.conv1.weight", outputs: planes, inputs: 3, kernel: 3)
    for (layer, count) in blocks.enumerated() {
      for block in 0..<count {
        state.expect(
          "backbone.layer\(layer + 1).\(block).conv2.weight", outputs: planes << layer, inputs: planes << layer,
          kernel: 3)
      }
    }
  }

  /// As publications call it.
  fileprivate var name: String {
    let known = Self.named.first { $0.value == blocks }?.key
    return known.map { $0.replacing("resnet", with: "ResNet-") } ?? "a ResNet of \(blocks) blocks"
  }
}

extension DeepLabV3Plus.Configuration {
  fileprivate init(_ state: StateShapes, _ hints: NetworkRecognition.Hints) {
    self.init(classes: state.outputs("decoder.last_conv2.3.weight"))
    backbone = ResNet.Configuration(state, outputStride: hints.outputStride ?? backbone.outputStride)
    width = state.outputs("aspp.project.0.weight")
    skip = state.outputs("decoder.reduce_skip_4x.0.weight")
    embedding = state.outputs("embedding_layer.0.weight")
    for branch in 1...3 {
      state.expect("aspp.b\(branch).0.weight", outputs: width, inputs: backbone.channels[3], kernel: 3)
    }
    state.expect("aspp.project.0.weight", outputs: width, inputs: 5 * width, kernel: 3)
    state.expect("decoder.reduce_skip_4x.0.weight", outputs: skip, inputs: backbone.channels[0], kernel: 1)
    state.expect("decoder.last_conv1.0.weight", outputs: width, inputs: width + skip, kernel: 3)
    state.expect("decoder.last_conv2.0.weight", outputs: width, inputs: width, kernel: 3)
    state.expect("decoder.last_conv2.3.weight", outputs: classes, inputs: width, kernel: 1)
    state.expect("embedding_layer.0.weight", outputs: embedding, inputs: width, kernel: 1)
  }
}

extension LTF.Configuration {
  fileprivate init(_ state: StateShapes, _ hints: NetworkRecognition.Hints) {
    self.init(classes: state.outputs("predict_layer.head_layers.1.weight"))
    backbone = ResNet.Configuration(state, outputStride: hints.outputStride ?? backbone.outputStride)
    groups = hints.groups ?? groups
    width = state.outputs("latent_layers.0.conv_1x1.weight")
    embedding = state.outputs("embedding_layer.conv.weight")
    for (level, channels) in backbone.channels.reversed().enumerated() {
      state.expect("latent_layers.\(level).conv_1x1.weight", outputs: width, inputs: channels, kernel: 1)
      for name in ["latent_layers", "refine_layers"] {
        state.expect("\(name).\(level).conv_refine.weight", outputs: width, inputs: width, kernel: 3)
      }
      state.expect("embed_layers.\(level).conv.weight", outputs: embedding, inputs: width, kernel: 1)
    }
    state.expect("predict_layer.head_layers.1.weight", outputs: classes, inputs: width, kernel: 1)
    state.expect("embedding_layer.conv.weight", outputs: embedding, inputs: width, kernel: 1)
  }
}
