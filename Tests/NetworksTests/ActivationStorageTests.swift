import Autograd
import Networks
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct ActivationStorageTests {
  private struct Step {
    var logits: Tensor
    var coarse: Tensor
    var gradients: [Tensor]
    /// Bytes in use between forward and backward pass, more than before.
    var kept: Int
  }

  /// A step from one and the same start; the outputs are read after the backward pass.
  private func step(_ storage: ActivationStorage, readsFeatures: Bool = false) throws -> Step {
    let network = try HRNet(smallConfiguration(), seed: 4)
    network.isTraining = true
    network.randomness = .init(seed: 5, iteration: 6)
    let images = randomImages([2, 3, 128, 128])
    let labels = Tensor((0..<2 * 128 * 128).map { Int32($0 / 128 % 5) }, shape: [2, 128, 128])
    let before = BufferPool.shared.usage.live
    let output = try Tape.$storage.withValue(storage) { try network(images) }
    let kept = BufferPool.shared.usage.live - before
    if readsFeatures { _ = output.embedding?.value }
    try output.logits.crossEntropy(labels: labels).loss.backward()
    return Step(
      logits: output.logits.value, coarse: try #require(output.coarse).value,
      gradients: network.parameters().compactMap(\.variable.gradient), kept: kept)
  }

  private func distance(_ a: [Tensor], _ b: [Tensor]) -> Double {
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(a, b) {
      for (x, y) in zip(a.array(of: Double.self), b.array(of: Double.self)) {
        difference += (x - y) * (x - y)
        size += y * y
      }
    }
    return (difference / size).squareRoot()
  }

  @Test func roundedActivationsChangeGradientsOnlyAndLittle() throws {
    let (exact, rounded) = (try step(.float32), try step(.bfloat16))
    #expect(rounded.logits.array(of: Float.self) == exact.logits.array(of: Float.self))
    #expect(rounded.coarse.array(of: Float.self) == exact.coarse.array(of: Float.self))
    #expect(rounded.gradients.count == exact.gradients.count)
    let distance = distance(rounded.gradients, exact.gradients)
    #expect(distance > 1e-5 && distance < 2e-2, "\(distance)")
  }

  @Test func roundedActivationsTakeLessMemory() throws {
    let (exact, rounded) = (try step(.float32).kept, try step(.bfloat16).kept)
    #expect(Double(rounded) < 0.75 * Double(exact), "\(rounded) of \(exact)")
  }

  @Test func stepsRepeatToTheBit() throws {
    for storage in ActivationStorage.allCases {
      let (first, second) = (try step(storage), try step(storage, readsFeatures: true))
      #expect(first.gradients.map { $0.array(of: Float.self) } == second.gradients.map { $0.array(of: Float.self) })
    }
  }

  /// More threads than this machine may have share the work differently, and the sums over images and pixels stay the same.
  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let threads = Kernel.threads
    defer { Kernel.threads = threads }
    let steps = try [1, 2, 8].map {
      Kernel.threads = $0
      return try step(.float32).gradients.map { $0.array(of: Float.self) }
    }
    #expect(steps[0] == steps[1] && steps[0] == steps[2])
  }

  /// A value that somebody still reads after the backward pass is made again from what was kept.
  @Test func valuesCanBeReadAfterTheBackwardPass() throws {
    let weight = Variable(randomImages([3, 3, 3, 3], seed: 2).value, requiresGradient: true)
    let ones = Tensor(filling: [3], with: 1, .float32)
    let norm = BatchNormalization(
      weight: Variable(ones.copy()), bias: Variable(Tensor(zeros: [3], .float32)),
      runningMean: Tensor(zeros: [3], .float32), runningVariance: ones.copy(), usesBatchStatistics: false)
    let images = randomImages([1, 3, 8, 8])
    func layer() throws -> Variable {
      try images.convolved(weight, window: .init(padding: 1), norm: norm, relu: true)
    }
    let expected = try Tape.withoutRecording { try layer().value.array(of: Float.self) }
    let unread = try layer()
    try unread.convolved(weight, window: .init(padding: 1)).sum().backward()
    #expect(unread.value.array(of: Float.self) == expected)
  }
}
