import Autograd
import Networks
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct ResNetTests {
  @Test(arguments: [
    (8, [[16, 18], [8, 9], [8, 9], [8, 9]]), (16, [[16, 18], [8, 9], [4, 5], [4, 5]]),
    (32, [[16, 18], [8, 9], [4, 5], [2, 3]]),
  ])
  func outputStrideSetsTheSizesOfMaps(_ stride: Int, _ sizes: [[Int]]) throws {
    let network = try smallDeepLab(outputStride: stride)
    let maps = try network.features(randomImages([1, 3, 64, 72]))
    #expect(maps.map { Array($0.shape[2...]) } == sizes)
    #expect(maps.map { $0.shape[1] } == [16, 32, 64, 128])
  }

  /// A strided convolution that loses its stride takes half its layer's dilation, and the others all of it.
  @Test(arguments: [
    (8, [[1, 1], [1, 1], [1, 2], [2, 4]]), (16, [[1, 1], [1, 1], [1, 1], [1, 2]]),
    (32, [[1, 1], [1, 1], [1, 1], [1, 1]]),
  ])
  func dilationTakesThePlaceOfStrides(_ stride: Int, _ dilations: [[Int]]) throws {
    let network = try ResNet(.init(blocks: [3, 4, 6, 3], outputStride: stride))
    let convolutions = Dictionary(
      uniqueKeysWithValues: network.modules().compactMap { name, module in (module as? Conv2d).map { (name, $0) } })
    for (layer, expected) in dilations.enumerated() {
      for (block, dilation) in expected.enumerated() {
        let window = try #require(convolutions["layer\(layer + 1).\(block).conv2"]).window
        #expect(window.dilation == [dilation, dilation] && window.padding == [dilation, dilation])
        #expect(window.stride == (block == 0 && layer > 0 && 4 << layer <= stride ? [2, 2] : [1, 1]))
      }
    }
    #expect(convolutions["layer4.0.downsample.0"]?.window.stride == (stride == 32 ? [2, 2] : [1, 1]))
  }

  @Test func configurationsThatAreNoBackboneAreRefused() {
    for configuration in [
      ResNet.Configuration(blocks: [1, 1, 1]), .init(blocks: [1, 0, 1, 1]),
      .init(blocks: [1, 1, 1, 1], outputStride: 4),
    ] {
      #expect(throws: NetworkError.self) { try ResNet(configuration) }
    }
  }

  @Test func convolutionsStartNormalAndHeadsUniform() throws {
    let network = try DeepLabV3Plus(.init(classes: 3), seed: 5)
    let state = Dictionary(uniqueKeysWithValues: network.state().map { ($0.name, $0.tensor) })
    let weights = try #require(state["backbone.layer2.0.conv2.weight"]).array(of: Double.self)
    let deviation = (weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)).squareRoot()
    let expected = (2.0 / (9 * 128)).squareRoot()
    #expect(abs(deviation - expected) < 0.01 * expected)
    #expect(weights.contains { abs($0) > 3 * expected })
    let head = try #require(state["aspp.b1.0.weight"]).array(of: Double.self)
    let bound = 1 / (2048.0 * 9).squareRoot()
    #expect(head.allSatisfy { abs($0) <= bound } && head.contains { abs($0) > 0.99 * bound })
  }

  @Test func networksTakeImagesOfAnySize() throws {
    for network in [try smallDeepLab() as SegmentationNetwork, try smallDeepLab(outputStride: 8), try smallLTF()] {
      network.givesAllOutputs = true
      for (height, width) in [(64, 96), (65, 37), (33, 100), (1, 1), (7, 50)] {
        let output = try network(randomImages([2, 3, height, width]))
        #expect(output.logits.shape == [2, 3, height, width])
        #expect(output.coarse.map { Array($0.shape[2...]) } == output.embedding.map { Array($0.shape[2...]) })
        #expect(output.logits.value.array(of: Double.self).allSatisfy { $0.isFinite })
      }
    }
  }

  @Test func oneImageInTrainingNamesTheNormAndTheWayOut() throws {
    for (network, norm) in [
      (try smallDeepLab() as SegmentationNetwork, "aspp.b4.2.0"), (try smallLTF(), "global_context.1.bn"),
    ] {
      network.isTraining = true
      let error = #expect(throws: NetworkError.self) { try network(randomImages([1, 3, 64, 64])) }
      #expect("\(try #require(error))".contains("freeze_norm(\"\(norm)\")"), "\(String(describing: error))")
      #expect(try network(randomImages([2, 3, 64, 64])).coarse != nil)
      #expect(try network.freezeNorm(norm) == 1)
      #expect(try network(randomImages([1, 3, 64, 64])).coarse != nil)
    }
  }
}
