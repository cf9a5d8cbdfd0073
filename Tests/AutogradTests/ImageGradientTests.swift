import Autograd
import Tensors
import Testing

private func leaf(_ shape: [Int], _ purpose: String) -> Variable {
  var stream = RandomStream(seed: 13, purpose: purpose)
  return Variable(Tensor((0..<shape.reduce(1, *)).map { _ in stream.uniform(-1, 1) }, shape: shape))
}

private let tolerance = 1e-7

@Suite struct ImageGradientTests {
  @Test(arguments: [ResizeMode.nearest, .bilinear(alignCorners: true), .bilinear(alignCorners: false)])
  func resize(_ mode: ResizeMode) throws {
    for (height, width) in [(11, 3), (2, 14), (1, 1), (5, 6)] {
      let error = try checkGradients(
        { try $0[0].resized(height: height, width: width, mode) }, [leaf([2, 2, 5, 6], "x")])
      #expect(error < tolerance)
    }
  }

  @Test(arguments: [
    Pooling(kernel: [2, 2]), .init(kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
    .init(kernel: [3, 2], stride: [1, 2], padding: [0, 1]),
  ])
  func pooling(_ pooling: Pooling) throws {
    #expect(try checkGradients({ try $0[0].maxPooled(pooling) }, [leaf([2, 3, 7, 8], "x")]) < tolerance)
    #expect(try checkGradients({ try $0[0].averagePooled(pooling) }, [leaf([2, 3, 7, 8], "x")]) < tolerance)
  }

  @Test func globalPoolingSumsAndConcatenation() throws {
    let inputs = [leaf([2, 3, 4, 5], "a"), leaf([2, 3, 4, 5], "b"), leaf([2, 3, 4, 5], "c")]
    #expect(try checkGradients({ try $0[0].globalAveragePooled() }, inputs) < tolerance)
    #expect(try checkGradients({ try Variable.sum($0) }, inputs) < tolerance)
    #expect(try checkGradients({ try Variable.sum($0, relu: true) }, inputs) < tolerance)
    #expect(try checkGradients({ try Variable.concatenatedChannels($0) }, inputs) < tolerance)
  }

  @Test(arguments: 0..<4)
  func softmax(_ dimension: Int) throws {
    #expect(try checkGradients({ try $0[0].softmax(dimension) }, [leaf([2, 3, 4, 5], "x")]) < tolerance)
    #expect(try checkGradients({ try $0[0].logSoftmax(dimension) }, [leaf([2, 3, 4, 5], "x")]) < tolerance)
  }

  private var labels: Tensor {
    var stream = RandomStream(seed: 1, purpose: "labels")
    return Tensor((0..<40).map { _ in Int32(stream.integer(in: -2...3)) }, shape: [2, 4, 5])
  }

  @Test func crossEntropy() throws {
    for weights in [nil, [0.5, 1, 2, 0]] {
      let error = try checkGradients(
        { try $0[0].crossEntropy(labels: labels, ignore: 2, weights: weights).loss }, [leaf([2, 4, 4, 5], "x")])
      #expect(error < tolerance)
      let larger = try checkGradients(
        { try $0[0].crossEntropy(labels: labels, weights: weights).loss }, [leaf([2, 4, 7, 8], "x")])
      #expect(larger < tolerance)
    }
  }

  @Test func softCrossEntropy() throws {
    let targets = try leaf([2, 4, 4, 5], "targets").value.softmax(1)
    targets.withZeroPixel()
    #expect(
      try checkGradients({ try $0[0].crossEntropy(softTargets: targets).loss }, [leaf([2, 4, 4, 5], "x")]) < tolerance)
    #expect(try leaf([2, 4, 4, 5], "x").crossEntropy(softTargets: targets).validPixels == 39)
  }

  /// A batch without any label costs nothing and teaches nothing.
  @Test func crossEntropyOfNothing() throws {
    let x = Variable(leaf([2, 4, 4, 5], "x").value, requiresGradient: true)
    let (loss, valid) = try x.crossEntropy(labels: Tensor(filling: [2, 4, 5], with: -1, .int32))
    #expect(loss.value.item == 0 && valid == 0)
    try loss.backward()
    #expect(try #require(x.gradient).array(of: Double.self).allSatisfy { $0 == 0 })
  }

  @Test(arguments: [true, false])
  func dropout(wholeChannels: Bool) throws {
    let dropout = try Dropout(
      probability: 0.4, wholeChannels: wholeChannels, random: RandomStream(seed: 5, purpose: "dropout"))
    #expect(try checkGradients({ try $0[0].dropped(dropout) }, [leaf([3, 5, 4, 5], "x")]) < tolerance)
  }
}

extension Tensor {
  /// Sets the targets of the first pixel to zero.
  fileprivate func withZeroPixel() {
    Tensor.withPointers(self, of: Double.self) { for k in 0..<4 { $0[k * 20] = 0 } }
  }
}
