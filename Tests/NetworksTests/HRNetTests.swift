import Autograd
import Networks
import Tensors
import TestSupport
import Testing

/// A network that is small enough to try things with.
func smallConfiguration(classes: Int = 5) -> HRNet.Configuration {
  var configuration = HRNet.Configuration(classes: classes, width: 4)
  configuration.modules = [1, 2, 1]
  configuration.blocks = 1
  configuration.bottlenecks = 1
  configuration.stem = 8
  configuration.embedding = 6
  return configuration
}

func randomImages(_ shape: [Int], seed: UInt64 = 1) -> Variable {
  var stream = RandomStream(seed: seed, purpose: "images")
  return Variable(Tensor((0..<shape.reduce(1, *)).map { _ in Float(stream.uniform(-1, 1)) }, shape: shape))
}

@Suite(.serialized) struct HRNetTests {
  @Test(arguments: [(64, 96), (65, 37), (33, 100), (1, 1), (7, 250)])
  func takesImagesOfAnySize(_ height: Int, _ width: Int) throws {
    let network = try HRNet(smallConfiguration())
    network.givesAllOutputs = true
    let output = try network(randomImages([2, 3, height, width]))
    func quarter(_ n: Int) -> Int { ((n + 1) / 2 + 1) / 2 }
    #expect(output.logits.shape == [2, 5, height, width])
    #expect(output.coarse?.shape == [2, 5, quarter(height), quarter(width)])
    #expect(output.embedding?.shape == [2, 6, quarter(height), quarter(width)])
    #expect(output.logits.value.array(of: Double.self).allSatisfy { $0.isFinite })
  }

  @Test func evaluationGivesLogitsOnlyAndTreatsImagesAlone() throws {
    let network = try HRNet(smallConfiguration())
    let images = randomImages([2, 3, 40, 48])
    let output = try network(images)
    #expect(output.coarse == nil && output.embedding == nil)
    let second = try network(Variable(images.value.narrowed(0, start: 1, count: 1))).logits.value
    expectClose(second, try output.logits.value.narrowed(0, start: 1, count: 1), absolute: 1e-6)
  }

  @Test(arguments: [(18, 19), (32, 19), (48, 150)])
  func headSeesAllBranches(_ width: Int, _ classes: Int) throws {
    let network = try HRNet(.init(classes: classes, width: width))
    let state = Dictionary(uniqueKeysWithValues: network.state().map { ($0.name, $0.tensor.shape) })
    #expect(state["cls_head.0.weight"] == [15 * width, 15 * width, 3, 3])
    #expect(state["cls_head.3.weight"] == [classes, 15 * width, 1, 1])
    #expect(state["embedding_layer.0.weight"] == [256, 15 * width, 1, 1])
    #expect(state["backbone.stage4.2.fuse_layers.3.0.2.0.weight"] == [8 * width, width, 3, 3])
    #expect(state.count == 1844)
  }

  @Test func shortenedNetsHaveFewerStages() throws {
    var configuration = smallConfiguration()
    configuration.modules = [1]
    let network = try HRNet(configuration)
    #expect(try network.features(randomImages([1, 3, 32, 32])).map(\.shape) == [[1, 4, 8, 8], [1, 8, 4, 4]])
    #expect(!network.state().contains { $0.name.contains("stage3") })
  }

  @Test func startsAsPyTorchDoes() throws {
    let network = try HRNet(.init(classes: 3, width: 18), seed: 3)
    for (name, tensor) in network.state() {
      let values = tensor.array(of: Double.self)
      if tensor.rank == 4 || name == "cls_head.0.bias" {
        let fanIn = tensor.rank == 4 ? tensor.shape.dropFirst().reduce(1, *) : 270 * 9
        let bound = 1 / Double(fanIn).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound }, "\(name)")
        if values.count > 10_000 {
          let mean = values.reduce(0, +) / Double(values.count)
          let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
          #expect(abs(mean) < 0.05 * bound && abs(deviation - bound / 3.0.squareRoot()) < 0.02 * bound, "\(name)")
        }
      } else {
        let start = name.hasSuffix("running_var") || name.hasSuffix(".weight") ? 1.0 : 0
        #expect(values.allSatisfy { $0 == start }, "\(name)")
      }
    }
    func first(_ seed: UInt64) throws -> [Float] {
      try HRNet(smallConfiguration(), seed: seed).parameters()[0].variable.value.array()
    }
    #expect(try first(3) == first(3))
    #expect(try first(3) != first(4))
  }

  @Test func refusesWhatIsNoNetwork() {
    func expectRefused(_ name: String, _ change: (inout HRNet.Configuration) -> Void) {
      var configuration = smallConfiguration()
      change(&configuration)
      let error = #expect(throws: NetworkError.self) { try HRNet(configuration) }
      #expect(error?.description.contains(name) == true)
    }
    expectRefused("classes") { $0.classes = 0 }
    expectRefused("width") { $0.width = 0 }
    expectRefused("modules") { $0.modules = [1, 0, 1] }
    expectRefused("modules") { $0.modules = [] }
    expectRefused("blocks") { $0.blocks = 0 }
    expectRefused("embedding") { $0.embedding = -1 }
    expectRefused("p is 1") { $0.dropout = 1 }
  }

  @Test func refusesWhatIsNoImage() throws {
    let network = try HRNet(smallConfiguration())
    #expect(throws: NetworkError.self) { try network(randomImages([1, 4, 32, 32])) }
    #expect(throws: NetworkError.self) { try network(randomImages([3, 32, 32])) }
    #expect(throws: NetworkError.self) { try network(randomImages([0, 3, 32, 32])) }
    network.isTraining = true
    // The last branch is left one pixel of one image, which has no variance.
    #expect(throws: TensorError.self) { try network(randomImages([1, 3, 32, 32])) }
  }

  /// The gradients of the whole network against differences, in float64, at a few parameters of each kind.
  @Test func gradientsAgreeWithDifferences() throws {
    var configuration = smallConfiguration(classes: 3)
    configuration.modules = [1, 1]
    let network = try HRNet(configuration)
    network.isTraining = true
    for (_, variable) in network.parameters() { variable.value = variable.value.converted(to: .float64) }
    let images = Variable(randomImages([2, 3, 40, 48]).value.converted(to: .float64))
    var stream = RandomStream(seed: 1, purpose: "labels")
    let labels = Tensor((0..<2 * 40 * 48).map { _ in Int32(stream.integer(in: -1...2)) }, shape: [2, 40, 48])
    func loss() throws -> Variable {
      network.randomness = .init(seed: 5, iteration: 0)
      let output = try network(images)
      let embedding = try #require(output.embedding)
      return try output.logits.crossEntropy(labels: labels).loss + (embedding * embedding).mean()
    }
    try loss().backward()
    for (name, variable) in network.parameters() where variable.value.count > 1 {
      let gradient = try #require(variable.gradient).array(of: Double.self)
      let index = variable.value.count / 2
      func moved(_ by: Double) throws -> Double {
        Tensor.withPointers(variable.value, of: Double.self) { $0[index] += by }
        defer { Tensor.withPointers(variable.value, of: Double.self) { $0[index] -= by } }
        return try Tape.withoutRecording { try loss().value.item }
      }
      let step = 1e-6
      let numeric = try (moved(step) - moved(-step)) / (2 * step)
      #expect(abs(numeric - gradient[index]) < 1e-6 * max(1, abs(numeric)), "\(name): \(numeric), \(gradient[index])")
    }
  }

  /// What a dry run counts is what a step takes.
  @Test func dryRunPredictsMemory() throws {
    let network = try HRNet(smallConfiguration())
    network.isTraining = true
    let images = randomImages([2, 3, 96, 128])
    let labels = Tensor(filling: [2, 96, 128], with: 1, .int32)
    func peak() throws -> Int {
      network.clearGradients()
      BufferPool.shared.resetPeak()
      let output = try network(images)
      try (output.logits.crossEntropy(labels: labels).loss + output.embedding!.mean()).backward()
      return BufferPool.shared.usage.peak
    }
    let before = network.state().map { $0.tensor.array(of: Float.self) }
    Kernel.isDry = true
    defer { Kernel.isDry = false }
    let predicted = try peak()
    Kernel.isDry = false
    let isUntouched = network.state().map { $0.tensor.array(of: Float.self) } == before
    #expect(isUntouched)
    let real = try peak()
    #expect(abs(Double(predicted - real)) < 0.01 * Double(real), "\(predicted) \(real)")
  }
}
