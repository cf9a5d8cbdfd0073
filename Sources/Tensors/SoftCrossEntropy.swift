/// Cross entropy of logits `[N, K, …]` against a distribution over the classes per pixel, `− Σₖ tₖ · log softmaxₖ(x)`.
/// A pixel whose targets are all zero is not counted.
public struct SoftCrossEntropy: Sendable {
  /// The sum of costs over counted pixels.
  public let sum: Double
  /// How many pixels are counted.
  public let validPixels: Int

  private let logProbabilities: Tensor
  private let targets: Tensor

  /// The mean over counted pixels; 0 where there are none.
  public var mean: Double { validPixels > 0 ? sum / Double(validPixels) : 0 }

  /// - Parameter targets: shaped like the logits and of their type.
  public init(_ logits: Tensor, targets: Tensor) throws {
    try logits.requireFloating("cross_entropy")
    guard logits.rank >= 2, targets.shape == logits.shape, targets.type == logits.type else {
      throw TensorError.shape(
        operation: "cross_entropy", found: "logits \(logits.shape) and soft targets \(targets.shape)",
        expected: "[N, K, H, W], twice, of one type")
    }
    logProbabilities = try logits.logSoftmax(1)
    self.targets = targets.contiguous()
    (sum, validPixels) =
      logits.type == .float32
      ? try SoftCrossEntropy.costs(logProbabilities, self.targets, Float.self)
      : try SoftCrossEntropy.costs(logProbabilities, self.targets, Double.self)
  }

  private static func costs<T: FloatingElement>(
    _ logProbabilities: Tensor, _ targets: Tensor, _: T.Type
  ) throws -> (Double, Int) {
    let (batch, classes) = (targets.shape[0], targets.shape[1])
    let plane = targets.shape.dropFirst(2).reduce(1, *)
    if Kernel.isDry { return (0, 0) }
    let sums = Tensor(zeros: [batch, 2], .float64)
    try Tensor.withPointers(logProbabilities, targets, of: T.self) { p, t in
      try Tensor.withPointers(sums, of: Double.self) { sums in
        try Kernel.parallel(batch) { n in
          for i in 0..<plane {
            var (cost, total) = (0.0, 0.0)
            for k in 0..<classes {
              let at = (n * classes + k) * plane + i
              if t[at] != 0 { cost -= (t[at] * p[at]).asDouble }
              total += t[at].asDouble
            }
            if total != 0 {
              sums[2 * n] += cost
              sums[2 * n + 1] += 1
            }
          }
        }
      }
    }
    let parts = sums.array(of: Double.self)
    return (
      stride(from: 0, to: parts.count, by: 2).reduce(0) { $0 + parts[$1] },
      Int(stride(from: 1, to: parts.count, by: 2).reduce(0) { $0 + parts[$1] })
    )
  }

  /// The gradient of `scale · sum` with respect to the logits: `scale · (softmax(x) · Σ t − t)`.
  public func gradient(scale: Double) throws -> Tensor {
    let weighted = try targets.scaledCopy(by: -scale)
    return try Tensor.logSoftmaxGradient(weighted, result: logProbabilities, dimension: 1)
  }
}

extension Tensor {
  fileprivate func scaledCopy(by factor: Double) throws -> Tensor {
    let result = Tensor(uninitialized: shape, type)
    func scale<T: FloatingElement>(_: T.Type) throws {
      let factor = T(nearest: factor)
      try Tensor.withPointers(self, result, of: T.self) { x, y in
        try Kernel.parallelRanges(count, grain: Tensor.parallelGrain) { range in
          for i in range { y[i] = factor * x[i] }
        }
      }
    }
    if type == .float32 { try scale(Float.self) } else { try scale(Double.self) }
    return result
  }
}
