import Foundation
import Tensors
import Testing

/// Softmax, cross entropy, pooling, dropout and sums against their definitions.
@Suite struct NetworkKernelTests {
  @Test(arguments: [ElementType.float32, .float64])
  func softmaxAgreesWithItsDefinition(_ type: ElementType) throws {
    let tolerance = type == .float32 ? 1e-6 : 1e-14
    for (shape, dimension) in [([3, 5, 7], 1), ([2, 4, 600], 1), ([40, 9], 1), ([6, 2], 0), ([1, 1, 1], 2)] {
      let x = randomTensor(shape, "x", type)
      let values = x.array(of: Double.self)
      let stride = shape.dropFirst(dimension + 1).reduce(1, *)
      let expected = values.indices.map { i in
        let first = i - i / stride % shape[dimension] * stride
        return exp(values[i]) / (0..<shape[dimension]).reduce(0) { $0 + exp(values[first + $1 * stride]) }
      }
      #expect(worstDifference(try x.softmax(dimension), expected) < tolerance)
      #expect(worstDifference(try x.logSoftmax(dimension), expected.map { log($0) }) < 10 * tolerance)
    }
    let large = Tensor([1e4, 1e4 - 1, -1e4], shape: [1, 3]).converted(to: type)
    #expect(worstDifference(try large.softmax(1), [1 / (1 + exp(-1)), exp(-1) / (1 + exp(-1)), 0]) < 1e-6)
  }

  @Test func crossEntropyAgreesWithItsDefinition() throws {
    let (batch, classes, plane) = (2, 5, 1300)
    let logits = randomTensor([batch, classes, 26, 50], "logits")
    var stream = RandomStream(seed: 2, purpose: "labels")
    let labels = (0..<batch * plane).map { _ in Int32(stream.integer(in: -2...4)) }
    let weights = [1, 0.5, 2, 0, 3.0]
    let logProbabilities = try logits.logSoftmax(1).array(of: Double.self)
    for (ignore, weights) in [(-1, nil), (3, weights), (255, weights)] {
      let result = try CrossEntropy(
        logits, labels: Tensor(labels, shape: [batch, 26, 50]), ignore: ignore, weights: weights)
      var (sum, weight, valid) = (0.0, 0.0, 0)
      for (i, label) in labels.enumerated() where label >= 0 && label != ignore {
        let factor = weights?[Int(label)] ?? 1
        sum -= factor * logProbabilities[(i / plane * classes + Int(label)) * plane + i % plane]
        (weight, valid) = (weight + factor, valid + 1)
      }
      #expect(abs(result.sum - sum) < 1e-9 && result.weight == weight && result.validPixels == valid)
      #expect(abs(result.mean - sum / weight) < 1e-12)
    }
  }

  @Test func crossEntropyNamesALabelThatIsNoClass() throws {
    var labels = [Int32](repeating: 0, count: 2 * 3 * 4)
    labels[12 + 6] = 7
    let tensor = Tensor(labels, shape: [2, 3, 4])
    let error = #expect(throws: TensorError.self) { try CrossEntropy(Tensor(zeros: [2, 5, 3, 4]), labels: tensor) }
    #expect(try #require(error).description.contains("[1, 1, 2]"))
    #expect(try #require(error).description.contains("7"))
    #expect(try CrossEntropy(Tensor(zeros: [2, 5, 3, 4]), labels: tensor, ignore: 7).validPixels == 23)
    #expect(throws: TensorError.self) {
      try CrossEntropy(Tensor(zeros: [2, 5, 3, 4]), labels: Tensor(zeros: [2, 3, 5], .int32))
    }
  }

  @Test(arguments: [
    Pooling(kernel: [2, 2]), .init(kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
    .init(kernel: [3, 5], stride: [1, 3], padding: [0, 2]), .init(kernel: [8, 9]),
  ])
  func poolingAgreesWithItsDefinition(_ pooling: Pooling) throws {
    let (height, width) = (8, 9)
    let x = randomTensor([2, 3, height, width], "x")
    let values = x.array(of: Double.self)
    let shape = try pooling.outputShape(x.shape, "test")
    var (largest, means): ([Double], [Double]) = ([], [])
    for plane in 0..<6 {
      for y in 0..<shape[2] {
        for x in 0..<shape[3] {
          var seen: [Double] = []
          for ky in 0..<pooling.kernel[0] {
            for kx in 0..<pooling.kernel[1] {
              let row = y * pooling.stride[0] - pooling.padding[0] + ky
              let column = x * pooling.stride[1] - pooling.padding[1] + kx
              if row >= 0, row < height, column >= 0, column < width {
                seen.append(values[(plane * height + row) * width + column])
              }
            }
          }
          largest.append(seen.max() ?? .nan)
          means.append(seen.reduce(0, +) / Double(pooling.kernel[0] * pooling.kernel[1]))
        }
      }
    }
    #expect(worstDifference(try x.maxPooled(pooling).values, largest) == 0)
    #expect(worstDifference(try x.averagePooled(pooling), means) < 1e-14)
  }

  @Test func poolingRefusesWhatDoesNotFit() {
    #expect(throws: TensorError.self) { try Tensor(zeros: [1, 1, 2, 2]).maxPooled(Pooling(kernel: [3, 3])) }
    #expect(throws: TensorError.self) {
      try Tensor(zeros: [1, 1, 9, 9]).maxPooled(Pooling(kernel: [2, 2], padding: [2, 2]))
    }
    #expect(throws: TensorError.self) { try Tensor(zeros: [1, 9, 9]).averagePooled(Pooling(kernel: [2, 2])) }
  }

  @Test(arguments: [true, false])
  func dropoutKeepsTheMean(wholeChannels: Bool) throws {
    let x = Tensor(filling: [4, 2500, 2, 3], with: 1)
    func dropped(_ seed: UInt64) throws -> [Float] {
      let dropout = try Dropout(
        probability: 0.1, wholeChannels: wholeChannels, random: RandomStream(seed: seed, purpose: "dropout"))
      return try dropout.apply(to: x).array()
    }
    let values = try dropped(1)
    #expect(values.allSatisfy { $0 == 0 || abs($0 - 1 / 0.9) < 1e-6 })
    #expect(abs(values.reduce(0, +) / Float(values.count) - 1) < 0.02)
    #expect(try dropped(1) == values)
    #expect(try dropped(2) != values)
    let planes = stride(from: 0, to: values.count, by: 6).map { Set(values[$0..<$0 + 6]).count }
    #expect(planes.allSatisfy { $0 == 1 } == wholeChannels)
    #expect(throws: TensorError.self) { try Dropout(probability: 1, random: RandomStream(state: 0)) }
  }

  @Test func sumsAndMasks() throws {
    let terms = (0..<3).map { randomTensor([2, 3, 50, 40], "term \($0)") }
    let arrays = terms.map { $0.array(of: Double.self) }
    let expected = arrays[0].indices.map { arrays[0][$0] + arrays[1][$0] + arrays[2][$0] }
    #expect(worstDifference(try Tensor.sum(terms, relu: false), expected) == 0)
    let positive = try Tensor.sum(terms, relu: true)
    #expect(worstDifference(positive, expected.map { max($0, 0) }) == 0)
    #expect(
      worstDifference(try terms[0].masked(where: positive), zip(arrays[0], expected).map { $1 > 0 ? $0 : 0 }) == 0)
    let sums = try terms[0].channelSums()
    #expect(
      worstDifference(
        sums, (0..<3).map { c in arrays[0].indices.reduce(0) { $1 / 2000 % 3 == c ? $0 + arrays[0][$1] : $0 } })
        < 1e-10)
    #expect(throws: TensorError.self) { try Tensor.sum([terms[0], Tensor(zeros: [1], .float64)], relu: false) }
  }
}
