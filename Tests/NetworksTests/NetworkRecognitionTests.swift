import Networks
import Tensors
import Testing

@Suite(.serialized) struct NetworkRecognitionTests {
  private func shapes(_ network: SegmentationNetwork) -> [String: [Int]] {
    Dictionary(uniqueKeysWithValues: network.state().map { ($0.name, $0.tensor.shape) })
  }

  /// Builds what is recognised and loads the weights into it, names and shapes as they are.
  private func expectFits(_ recognition: NetworkRecognition, _ network: SegmentationNetwork) throws {
    let state = Dictionary(uniqueKeysWithValues: network.state().map { ($0.name, $0.tensor) })
    #expect(try recognition.build().load(state).isEmpty)
  }

  @Test(arguments: [[1, 2, 1], [1], [2, 1, 1, 1]], [(4, 1, 1, 8, 6), (6, 2, 3, 4, 10)])
  func hrnetsOfAnySize(
    _ modules: [Int], _ sizes: (width: Int, blocks: Int, bottlenecks: Int, stem: Int, embedding: Int)
  )
    throws
  {
    var configuration = HRNet.Configuration(classes: 7, width: sizes.width)
    (configuration.modules, configuration.blocks, configuration.bottlenecks) = (
      modules, sizes.blocks, sizes.bottlenecks
    )
    (configuration.stem, configuration.embedding) = (sizes.stem, sizes.embedding)
    let network = try HRNet(configuration)
    let recognition = try NetworkRecognition(shapes(network))
    #expect(recognition == .hrnet(configuration))
    try expectFits(recognition, network)
  }

  @Test func thePublishedHRNet() throws {
    let recognition = try NetworkRecognition(shapes(try HRNet(.init(classes: 19, width: 48))))
    #expect(recognition == .hrnet(.init(classes: 19, width: 48)))
    #expect(recognition.summary == "HRNet-W48, 19 classes")
  }

  @Test(arguments: ["resnet50", "resnet101"], [nil, 8, 32]) func deepLabs(_ backbone: String, _ stride: Int?) throws {
    var configuration = DeepLabV3Plus.Configuration(classes: 21)
    configuration.backbone = .init(
      blocks: try #require(ResNet.Configuration.named[backbone]), outputStride: stride ?? 16)
    configuration.backbone.planes = 2
    (configuration.width, configuration.skip, configuration.embedding) = (8, 4, 6)
    let network = try DeepLabV3Plus(configuration)
    let recognition = try NetworkRecognition(shapes(network), hints: .init(outputStride: stride))
    #expect(recognition == .deepLabV3Plus(configuration))
    #expect(recognition.summary.contains(backbone == "resnet50" ? "ResNet-50" : "ResNet-101"))
    try expectFits(recognition, network)
  }

  @Test func ltfNeedsToldWhatShapesDoNotTell() throws {
    let network = try smallLTF(classes: 9)
    let recognition = try NetworkRecognition(shapes(network), hints: .init(groups: 2))
    #expect(recognition == .ltf(network.configuration))
    try expectFits(recognition, network)
    let error = #expect(throws: NetworkError.self) { try NetworkRecognition(shapes(network)) }
    #expect(error?.description.contains("groups") == true)
  }

  @Test func strangersAreRefusedByName() throws {
    let whole = shapes(try HRNet(smallConfiguration()))
    let bare = Dictionary(
      uniqueKeysWithValues: whole.filter { $0.key.hasPrefix("backbone.") }.map {
        (String($0.key.dropFirst(9)), $0.value)
      })
    for names in [bare, ["features.0.weight": [64, 3, 11, 11]], [:]] {
      let error = #expect(throws: NetworkError.self) { try NetworkRecognition(names) }
      let text = try #require(error).description
      for part in ["--recipe", "aspp.project.0.weight", "latent_layers.0.conv_1x1.weight", "HRNet"] {
        #expect(text.contains(part), "\(text)")
      }
      if let first = names.keys.min() { #expect(text.contains(first)) }
    }
  }

  @Test func whatIsMissingOrDisagreesIsNamed() throws {
    func text(_ network: SegmentationNetwork, _ change: (inout [String: [Int]]) -> Void) throws -> String {
      var shapes = shapes(network)
      change(&shapes)
      return try #require(#expect(throws: NetworkError.self) { try NetworkRecognition(shapes) }).description
    }
    let (hrnet, deepLab) = (try HRNet(smallConfiguration()), try smallDeepLab())
    for name in ["cls_head.3.weight", "embedding_layer.0.weight", "backbone.stage3.1.branches.2.0.conv2.weight"] {
      #expect(try text(hrnet) { $0[name] = nil }.contains("missing (1): " + name))
    }
    for name in ["decoder.reduce_skip_4x.0.weight", "decoder.last_conv2.3.weight"] {
      #expect(try text(deepLab) { $0[name] = nil }.contains("missing (1): " + name))
    }
    // Shapes that would make the network larger than the file.
    #expect(
      try text(hrnet) { $0["backbone.stage2.0.branches.0.0.conv1.weight"] = [500, 500, 3, 3] }.contains("instead of"))
    #expect(try text(hrnet) { $0["backbone.conv1.weight"] = [1 << 60, 3, 3, 3] }.contains("backbone.conv1.weight"))
    #expect(try text(deepLab) { $0["backbone.resinit.conv1.weight"] = [] }.contains("backbone.resinit.conv1.weight"))
    // A stride means nothing where there is none.
    #expect(throws: NetworkError.self) { try NetworkRecognition(shapes(hrnet), hints: .init(outputStride: 8)) }
  }
}
