import Autograd
import Tensors
import Testing

private func leaf(_ shape: [Int], _ purpose: String, _ low: Double = -1, _ high: Double = 1) -> Variable {
  var stream = RandomStream(seed: 11, purpose: purpose)
  return Variable(Tensor((0..<shape.reduce(1, *)).map { _ in stream.uniform(low, high) }, shape: shape))
}

private let tolerance = 1e-7

@Suite struct ConvolutionGradientTests {
  @Test(arguments: [
    Convolution.Window(), .init(padding: 1), .init(stride: 2, padding: 1), .init(padding: 2, dilation: 2),
    .init(stride: [1, 3], padding: [2, 0], dilation: [1, 2]),
  ])
  func convolution(_ window: Convolution.Window) throws {
    let inputs = [leaf([2, 3, 7, 8], "x"), leaf([4, 3, 3, 3], "w"), leaf([4], "b")]
    let error = try checkGradients({ try $0[0].convolved($0[1], bias: $0[2], window: window) }, inputs)
    #expect(error < tolerance)
  }

  @Test func pointwiseConvolution() throws {
    for stride in [1, 2] {
      let inputs = [leaf([2, 3, 5, 4], "x"), leaf([4, 3, 1, 1], "w")]
      #expect(try checkGradients({ try $0[0].convolved($0[1], window: .init(stride: stride)) }, inputs) < tolerance)
    }
  }

  private func norm(_ weight: Variable, _ bias: Variable, ofBatch: Bool) -> BatchNormalization {
    let channels = weight.shape
    return BatchNormalization(
      weight: weight, bias: bias, runningMean: leaf(channels, "mean").value,
      runningVariance: leaf(channels, "variance", 0.5, 1.5).value, usesBatchStatistics: ofBatch)
  }

  @Test(arguments: [true, false], [true, false])
  func batchNormalization(ofBatch: Bool, relu: Bool) throws {
    let inputs = [leaf([2, 3, 4, 5], "x"), leaf([3], "w", 0.5, 2), leaf([3], "b"), leaf([2, 3, 4, 5], "r")]
    for residual in [true, false] {
      let error = try checkGradients(
        {
          let norm = norm($0[1], $0[2], ofBatch: ofBatch)
          let result = try $0[0].normalized(norm, residual: residual ? $0[3] : nil, relu: relu)
          // Squared, since the sum of a normalised map does not depend on it.
          return try result * result
        }, inputs)
      #expect(error < 1e-6, "batch statistics \(ofBatch), residual \(residual), relu \(relu)")
    }
  }

  @Test(arguments: [true, false], [true, false])
  func fusedLayer(ofBatch: Bool, relu: Bool) throws {
    let inputs = [
      leaf([2, 3, 5, 6], "x"), leaf([4, 3, 3, 3], "k"), leaf([4], "w", 0.5, 2), leaf([4], "b"),
      leaf([2, 4, 3, 3], "r"), leaf([4], "conv bias"),
    ]
    for (residual, bias) in [(true, true), (false, false)] {
      let error = try checkGradients(
        {
          let norm = norm($0[2], $0[3], ofBatch: ofBatch)
          let result = try $0[0].convolved(
            $0[1], bias: bias ? $0[5] : nil, window: .init(stride: 2, padding: 1), norm: norm,
            residual: residual ? $0[4] : nil, relu: relu)
          return try result * result
        }, inputs)
      #expect(error < 1e-6, "batch statistics \(ofBatch), residual \(residual), relu \(relu)")
    }
  }

  /// The fused layer is the convolution followed by the norm, to the last bit, recorded or not.
  @Test(arguments: [true, false])
  func fusedLayerEqualsItsParts(ofBatch: Bool) throws {
    let (x, k) = (leaf([2, 3, 9, 8], "x"), Variable(leaf([5, 3, 3, 3], "k").value, requiresGradient: true))
    let (w, b, r) = (leaf([5], "w"), leaf([5], "b"), leaf([2, 5, 9, 8], "r"))
    let window = Convolution.Window(padding: 1)
    func fused() throws -> Tensor {
      try x.convolved(k, window: window, norm: norm(w, b, ofBatch: ofBatch), residual: r, relu: true).value
    }
    let parts = try x.convolved(k, window: window).normalized(norm(w, b, ofBatch: ofBatch), residual: r, relu: true)
      .value
    #expect(try fused().array(of: Double.self) == parts.array(of: Double.self))
    #expect(try Tape.withoutRecording { try fused() }.array(of: Double.self) == parts.array(of: Double.self))
    #expect(try parts.array(of: Double.self).contains(0) && fused().array(of: Double.self).min() == 0)
  }

  @Test func trainingMovesTheRunningStatistics() throws {
    let x = leaf([2, 3, 4, 5], "x")
    let norm = norm(leaf([3], "w"), leaf([3], "b"), ofBatch: true)
    let (oldMean, oldVariance) = (
      norm.runningMean.array(of: Double.self), norm.runningVariance.array(of: Double.self)
    )
    _ = try x.normalized(norm)
    let values = x.value.array(of: Double.self)
    for c in 0..<3 {
      let own = values.indices.filter { $0 / 20 % 3 == c }.map { values[$0] }
      let mean = own.reduce(0, +) / 40
      let unbiased = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39
      #expect(abs(norm.runningMean.array(of: Double.self)[c] - (0.9 * oldMean[c] + 0.1 * mean)) < 1e-14)
      #expect(abs(norm.runningVariance.array(of: Double.self)[c] - (0.9 * oldVariance[c] + 0.1 * unbiased)) < 1e-14)
    }
  }

  @Test func oneValuePerChannelHasNoVariance() throws {
    let norm = norm(leaf([3], "w"), leaf([3], "b"), ofBatch: true)
    #expect(throws: TensorError.self) { try leaf([1, 3, 1, 1], "x").normalized(norm) }
  }
}
