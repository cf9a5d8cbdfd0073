import Autograd
import Networks
import Tensors
import Testing

@Suite(.serialized) struct ModuleTests {
  private func state(_ module: Module) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: module.state().map { ($0.name, $0.tensor.copy()) })
  }

  @Test func stateIsSharedAndLoads() throws {
    let (a, b) = (try HRNet(smallConfiguration(), seed: 1), try HRNet(smallConfiguration(), seed: 2))
    let images = randomImages([1, 3, 48, 64])
    let expected: [Float] = try a(images).logits.value.array()
    #expect(try b(images).logits.value.array() != expected)
    #expect(try b.load(state(a)).isEmpty)
    #expect(try b(images).logits.value.array() == expected)
    // Doubles are converted, and what `state` gives is the network's own memory.
    try b.load(state(a).mapValues { $0.type == .float32 ? $0.converted(to: .float64) : $0 })
    b.state().first { $0.name == "cls_head.3.weight" }?.tensor.fill(0)
    #expect(try b(images).logits.value.array(of: Float.self).allSatisfy { $0 == 0 })
  }

  @Test func aStateOfAnotherNetworkIsRefusedWhole() throws {
    let network = try HRNet(smallConfiguration())
    let before = state(network)
    var other = state(try HRNet(smallConfiguration(classes: 7), seed: 9))
    other["backbone.conv1.weight"] = nil
    other["backbone.bn1.num_batches_tracked"] = nil
    other["extra.weight"] = Tensor(zeros: [1])
    let error = #expect(throws: NetworkError.self) { try network.load(other) }
    guard case .state(_, let mismatch)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(mismatch.missing == ["backbone.conv1.weight"])
    #expect(mismatch.unexpected == ["extra.weight"])
    #expect(mismatch.misshaped.map(\.name) == ["cls_head.3.weight"])
    let text = try #require(error).description
    for part in ["backbone.conv1.weight", "extra.weight", "cls_head.3.weight [7, 60, 1, 1] instead of [5, 60, 1, 1]"] {
      #expect(text.contains(part), "\(text)")
    }
    for (name, tensor) in network.state() {
      #expect(tensor.array(of: Double.self) == before[name]?.array(of: Double.self), "\(name)")
    }
    #expect(try network.load(other, matching: .whatFits) == mismatch)
    let now = state(network)
    #expect(now["embedding_layer.0.weight"]?.array(of: Float.self) == other["embedding_layer.0.weight"]?.array())
    #expect(now["cls_head.3.weight"]?.array(of: Float.self) == before["cls_head.3.weight"]?.array())
  }

  @Test func messagesStayShort() throws {
    let network = try HRNet(smallConfiguration())
    let error = #expect(throws: NetworkError.self) { try network.load(["x": Tensor(zeros: [1])]) }
    let text = try #require(error).description
    #expect(text.contains("missing (") && text.contains(" more") && text.count < 600, "\(text)")
  }

  @Test func batchCountersCount() throws {
    let network = try HRNet(smallConfiguration())
    network.isTraining = true
    let images = randomImages([2, 3, 48, 64])
    _ = try network(images)
    _ = try network(images)
    try network.freezeNorm("^backbone")
    let mean = state(network)["backbone.bn1.running_mean"]
    _ = try network(images)
    let now = state(network)
    #expect(now["backbone.bn1.num_batches_tracked"]?.item == 2)
    #expect(now["cls_head.1.0.num_batches_tracked"]?.item == 3)
    #expect(now["backbone.bn1.running_mean"]?.array(of: Float.self) == mean?.array())
    #expect(mean?.array(of: Float.self).contains { $0 != 0 } == true)
  }

  @Test func frozenParametersGetNoGradient() throws {
    let network = try HRNet(smallConfiguration())
    network.isTraining = true
    #expect(try network.freeze("^backbone\\.") > 10)
    try network(randomImages([2, 3, 48, 64])).logits.mean().backward()
    for (name, variable) in network.parameters() where name != "embedding_layer.0.weight" {
      if name.hasPrefix("embedding_layer") { continue }
      #expect((variable.gradient == nil) == name.hasPrefix("backbone."), "\(name)")
    }
    #expect(throws: NetworkError.self) { try network.freeze("nothing like this") }
    #expect(throws: NetworkError.self) { try network.freezeNorm("(") }
  }

  @Test func dropoutIsAFunctionOfSeedAndIteration() throws {
    var configuration = smallConfiguration()
    configuration.dropout = 0.5
    let network = try HRNet(configuration)
    network.isTraining = true
    let images = randomImages([2, 3, 48, 64])
    func logits(_ seed: UInt64, _ iteration: Int) throws -> [Float] {
      network.randomness = .init(seed: seed, iteration: iteration)
      return try network(images).logits.value.array()
    }
    let first = try logits(1, 10)
    // A second pass in the same iteration drops others.
    #expect(try network(images).logits.value.array() != first)
    #expect(try logits(1, 10) == first)
    #expect(try logits(1, 11) != first)
    #expect(try logits(2, 10) != first)
    network.isTraining = false
    #expect(try logits(1, 10) == logits(2, 11))
  }

  @Test func aLayerWithoutNormIsAConvolution() throws {
    let layer = try ConvNorm(inputs: 3, outputs: 4, kernel: 3, bias: true, norm: false, relu: false)
    try layer.initialize(seed: 1)
    #expect(layer.state().map(\.name) == ["0.weight", "0.bias"])
    let x = randomImages([1, 3, 6, 7])
    let plain = try layer.conv(x).value.array(of: Float.self)
    #expect(try layer(x).value.array() == plain)
    let rectified = try ConvNorm(inputs: 3, outputs: 4, kernel: 3, bias: true, norm: false)
    try rectified.load(Dictionary(uniqueKeysWithValues: layer.state().map { ($0.name, $0.tensor) }))
    #expect(try rectified(x).value.array() == plain.map { max($0, 0) })
    #expect(throws: NetworkError.self) { try ConvNorm(inputs: 0, outputs: 4, kernel: 3) }
    #expect(throws: NetworkError.self) { try Conv2d(inputs: 1, outputs: 4, kernel: 3, stride: 0) }
  }

  @Test func linearLayersWorkOnTheLastDimension() throws {
    let layer = try Linear(inputs: 3, outputs: 2)
    try layer.initialize(seed: 4)
    #expect(layer.state().map(\.name) == ["weight", "bias"])
    let x = randomImages([2, 4, 3])
    let (w, b) = (layer.weight.value.array(of: Double.self), [Double](layer.state()[1].tensor.array()))
    let values = x.value.array(of: Double.self)
    let y = try layer(x)
    #expect(y.shape == [2, 4, 2])
    for (i, found) in y.value.array(of: Double.self).enumerated() {
      let expected = (0..<3).reduce(b[i % 2]) { $0 + values[i / 2 * 3 + $1] * w[i % 2 * 3 + $1] }
      #expect(abs(found - expected) < 1e-6)
    }
    try y.sum().backward()
    #expect(layer.bias?.gradient?.array(of: Double.self) == [8, 8])
    #expect(throws: TensorError.self) { try layer(randomImages([2, 4])) }
    #expect(throws: NetworkError.self) { try Linear(inputs: 0, outputs: 1) }
    #expect(throws: NetworkError.self) { try Conv2d(inputs: 1 << 20, outputs: 1 << 20, kernel: 1 << 20) }
  }
}
