import Autograd
import Networks
import Tensors
import TestSupport
import Testing

/// A DeepLabV3+ that is small enough to try things with.
func smallDeepLab(classes: Int = 3, outputStride: Int = 16) throws -> DeepLabV3Plus {
  var configuration = DeepLabV3Plus.Configuration(classes: classes)
  configuration.backbone = .init(blocks: [1, 2, 2, 2], outputStride: outputStride)
  configuration.backbone.planes = 4
  (configuration.width, configuration.skip, configuration.embedding) = (8, 4, 6)
  return try DeepLabV3Plus(configuration)
}

/// An LTF that is small enough to try things with.
func smallLTF(classes: Int = 3) throws -> LTF {
  var configuration = LTF.Configuration(classes: classes)
  configuration.backbone = .init(blocks: [1, 1, 1, 1])
  configuration.backbone.planes = 4
  (configuration.width, configuration.embedding, configuration.groups) = (8, 4, 2)
  return try LTF(configuration)
}

@Suite(.serialized) struct PretrainedTests {
  /// The backbone's state under the names of a classifier trained on ImageNet.
  private func imageNet(_ network: SegmentationNetwork, value: Double) -> [String: Tensor] {
    var values = ["fc.weight": Tensor(zeros: [1000, 128]), "fc.bias": Tensor(zeros: [1000])]
    for (name, tensor) in network.state() where name.hasPrefix("backbone.") {
      let bare = name.dropFirst("backbone.".count)
      let key = bare.hasPrefix("resinit.") ? bare.dropFirst("resinit.".count) : bare
      values[String(key)] = Tensor(filling: tensor.shape, with: value, tensor.type)
    }
    return values
  }

  @Test func aDeepStemIsRenamedAndTheClassifierDropped() throws {
    let network = try smallDeepLab()
    let values = imageNet(network, value: 0.25).filter { !$0.key.hasSuffix("num_batches_tracked") }
    let head = network.state().first { $0.name == "aspp.b0.0.weight" }?.tensor.copy()
    let result = try network.loadPretrained(values)
    #expect(result.missing.isEmpty && result.unused == 2)
    for (name, tensor) in network.state() where name.hasPrefix("backbone.") && tensor.type == .float32 {
      #expect(tensor.array(of: Float.self).allSatisfy { $0 == 0.25 }, "\(name)")
    }
    let now = network.state().first { $0.name == "aspp.b0.0.weight" }?.tensor
    #expect(now?.array(of: Float.self) == head?.array(of: Float.self))
  }

  @Test func aResNetIsTakenWholeOrNotAtAll() throws {
    let network = try smallDeepLab()
    let before = network.state().map { $0.tensor.copy() }
    var values = imageNet(network, value: 1)
    values["layer3.0.conv2.weight"] = nil
    let missing = #expect(throws: NetworkError.self) { try network.loadPretrained(values) }
    #expect("\(try #require(missing))".contains("backbone.layer3.0.conv2.weight"))
    // The usual start of a ResNet is one convolution of 7×7.
    values = imageNet(network, value: 1)
    values["conv1.weight"] = Tensor(zeros: [4, 3, 7, 7])
    let misshaped = #expect(throws: NetworkError.self) { try network.loadPretrained(values) }
    #expect("\(try #require(misshaped))".contains("[4, 3, 7, 7]"))
    for ((name, tensor), old) in zip(network.state(), before) {
      #expect(tensor.array(of: Double.self) == old.array(of: Double.self), "\(name)")
    }
  }

  @Test func anHRNetTakesWhatThereIs() throws {
    let network = try HRNet(smallConfiguration())
    var values = imageNet(network, value: 0.5)
    values["stage3.0.branches.0.0.conv1.weight"] = nil
    values["incre_modules.0.0.conv1.weight"] = Tensor(zeros: [1])
    let result = try network.loadPretrained(values)
    #expect(result.missing == ["backbone.stage3.0.branches.0.0.conv1.weight"])
    #expect(result.unused == 3)
    #expect(throws: NetworkError.self) { try network.loadPretrained(["fc.weight": Tensor(zeros: [3])]) }
  }

  @Test func aWholeNetworkOfOtherClassesGivesAllButItsClassifier() throws {
    let (network, other) = (try smallLTF(classes: 3), try smallLTF(classes: 7))
    let values = Dictionary(uniqueKeysWithValues: other.state().map { ($0.name, $0.tensor) })
    let result = try network.loadPretrained(values)
    #expect(result.unused == 2 && result.missing.isEmpty)
    let (own, source) = (network.state(), values)
    for (name, tensor) in own where !name.contains("head_layers.1") {
      #expect(tensor.array(of: Double.self) == source[name]?.array(of: Double.self), "\(name)")
    }
  }

  @Test func namesAloneMayMatch() throws {
    let (network, other) = (try smallLTF(classes: 3), try smallLTF(classes: 7))
    let values = Dictionary(uniqueKeysWithValues: other.state().map { ($0.name, $0.tensor) })
    #expect(throws: NetworkError.self) { try network.load(values) }
    let mismatch = try network.load(values, matching: .names)
    #expect(
      mismatch.misshaped.map(\.name) == ["predict_layer.head_layers.1.weight", "predict_layer.head_layers.1.bias"])
    #expect(mismatch.leftAlone?.contains("head_layers.1.bias [7] instead of [3]") == true)
    #expect(throws: NetworkError.self) {
      try network.load(values.filter { $0.key != "embedding_layer.bn.bias" }, matching: .names)
    }
  }
}
