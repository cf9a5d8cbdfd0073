/// Softmax cross entropy of logits `[N, K, …]` against one class per pixel, without ever writing the softmax down.
///
/// A pixel with class t costs `weights[t] · (log Σₖ exp xₖ − x_t)`. The sum over pixels and the sum of their weights are kept
/// apart, so that a caller can divide by either, or by neither where no pixel has a class.
public struct CrossEntropy: Sendable {
  /// Σ weight · cost, in double precision.
  public let sum: Double
  /// Σ weight: the number of counted pixels where there are no weights.
  public let weight: Double
  /// How many pixels have a class.
  public let validPixels: Int

  private let logits: Tensor
  private let labels: Tensor
  private let ignore: Int32
  private let classWeights: [Double]?
  /// log Σ exp of each counted pixel.
  private let logSums: Tensor
  private static let block = 512

  /// The mean over counted pixels, weighted; 0 where there are none.
  public var mean: Double { weight > 0 ? sum / weight : 0 }

  /// - Parameters:
  ///   - labels: integers `[N, …]`; `ignore` and anything negative is not counted.
  ///   - weights: one factor per class.
  /// - Throws: `TensorError` where shapes don't fit or a label is no class, with its place; `Interrupted`.
  public init(_ logits: Tensor, labels: Tensor, ignore: Int = -1, weights: [Double]? = nil) throws {
    try logits.requireFloating("cross_entropy")
    guard logits.rank >= 2, labels.shape == [logits.shape[0]] + logits.shape.dropFirst(2) else {
      throw TensorError.shape(
        operation: "cross_entropy", found: "logits \(logits.shape) and labels \(labels.shape)",
        expected: "[N, K, H, W] and [N, H, W]")
    }
    guard !labels.type.isFloating else {
      throw TensorError.type(operation: "cross_entropy", found: labels.type, expected: "labels of an integer type")
    }
    if let weights, weights.count != logits.shape[1] {
      throw TensorError.argument(
        operation: "cross_entropy", name: "weights", found: "\(weights.count) numbers",
        expected: "one for each of the \(logits.shape[1]) classes")
    }
    self.logits = logits.contiguous()
    self.labels = labels.converted(to: .int32).contiguous()
    self.ignore = Int32(truncatingIfNeeded: ignore)
    classWeights = weights
    logSums = Tensor(uninitialized: labels.shape, logits.type)
    let totals =
      logits.type == .float32
      ? try CrossEntropy.costs(self.logits, self.labels, self.ignore, weights, logSums, Float.self)
      : try CrossEntropy.costs(self.logits, self.labels, self.ignore, weights, logSums, Double.self)
    (sum, weight, validPixels) = (totals[0], totals[1], Int(totals[2]))
    if totals[3] > 0 { throw CrossEntropy.badLabel(self.labels, classes: logits.shape[1], ignore: self.ignore) }
  }

  private static func badLabel(_ labels: Tensor, classes: Int, ignore: Int32) -> TensorError {
    let values = labels.array(of: Int32.self)
    let index = values.firstIndex { $0 >= classes && $0 != ignore } ?? 0
    var place: [Int] = []
    var rest = index
    for size in labels.shape.reversed() {
      place.insert(rest % size, at: 0)
      rest /= size
    }
    return .argument(
      operation: "cross_entropy", name: "label at \(place) (image, row, column, from 0)", found: "\(values[index])",
      expected: "a class from 0 to \(classes - 1), \(ignore) or a negative number for pixels without one")
  }

  /// Neighbouring pixels of one image, `K` planes apart.
  private struct Blocks {
    let batch: Int
    let classes: Int
    let plane: Int
    var perImage: Int { (plane + CrossEntropy.block - 1) / CrossEntropy.block }
    var count: Int { batch * perImage }

    init(_ shape: [Int]) {
      (batch, classes, plane) = (shape[0], shape[1], shape.dropFirst(2).reduce(1, *))
    }

    /// Offset of the first logit and of the first label, and how many pixels.
    func at(_ block: Int) -> (logits: Int, labels: Int, count: Int) {
      let (n, b) = block.quotientAndRemainder(dividingBy: perImage)
      let first = b * CrossEntropy.block
      return (n * classes * plane + first, n * plane + first, min(CrossEntropy.block, plane - first))
    }
  }

  /// Σ weight · cost, Σ weight, the number of counted pixels, and that of labels that are no class.
  private static func costs<T: FloatingElement>(
    _ logits: Tensor, _ labels: Tensor, _ ignore: Int32, _ weights: [Double]?, _ logSums: Tensor, _: T.Type
  ) throws -> [Double] {
    let blocks = Blocks(logits.shape)
    if blocks.count == 0 || Kernel.isDry { return [0, 0, 0, 0] }
    let sums = Tensor(zeros: [blocks.count, 4], .float64)
    let (plane, classes) = (blocks.plane, blocks.classes)
    defer { extendLifetime(labels.buffer) }
    let t = labels.address(Int32.self)
    try Tensor.withPointers(logits, logSums, of: T.self) { x, logSums in
      try Tensor.withPointers(sums, of: Double.self) { sums in
        try Kernel.parallel(blocks.count) { block in
          let (start, first, count) = blocks.at(block)
          let (x, t, logSums, sums) = (x + start, t + first, logSums + first, sums + 4 * block)
          withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * count) { scratch in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { counted in
              var valid = 0
              for i in 0..<count where t[i] >= 0 && t[i] != ignore {
                if t[i] < classes {
                  counted[valid] = i
                  valid += 1
                } else {
                  sums[3] += 1
                }
              }
              let (top, sum) = (scratch.baseAddress!, scratch.baseAddress! + count)
              if let kernels = vectorKernels(T.self), valid > 0 {
                kernels.exponentialSums(
                  floats(x), plane: plane, classes: classes, count: count, tops: floats(top), sums: floats(sum))
                // The others' softmax is nothing.
                for i in 0..<count { logSums[i] = .infinity }
                for j in 0..<valid { (top[j], sum[j]) = (top[counted[j]], sum[counted[j]]) }
              } else {
                for j in 0..<valid { (top[j], sum[j]) = (x[counted[j]], 0) }
                for k in 1..<max(1, classes) {
                  let line = x + k * plane
                  for j in 0..<valid { top[j] = line[counted[j]] > top[j] ? line[counted[j]] : top[j] }
                }
                for k in 0..<classes {
                  let line = x + k * plane
                  for j in 0..<valid { sum[j] += T.exponential(line[counted[j]] - top[j]) }
                }
              }
              for j in 0..<valid {
                let i = counted[j]
                let weight = weights?[Int(t[i])] ?? 1
                logSums[i] = top[j] + T.logarithm(sum[j])
                sums[0] += weight * (logSums[i] - x[Int(t[i]) * plane + i]).asDouble
                sums[1] += weight
              }
              sums[2] = Double(valid)
            }
          }
        }
      }
    }
    let parts = sums.array(of: Double.self)
    return (0..<4).map { column in stride(from: column, to: parts.count, by: 4).reduce(0) { $0 + parts[$1] } }
  }

  /// The gradient of `scale · sum` with respect to the logits.
  public func gradient(scale: Double) throws -> Tensor {
    let result = Tensor(uninitialized: logits.shape, logits.type)
    if logits.type == .float32 {
      try gradient(scale, into: result, Float.self)
    } else {
      try gradient(scale, into: result, Double.self)
    }
    return result
  }

  private func gradient<T: FloatingElement>(_ scale: Double, into result: Tensor, _: T.Type) throws {
    let blocks = Blocks(logits.shape)
    let (plane, classes, ignore) = (blocks.plane, blocks.classes, ignore)
    let factors = (0..<classes).map { T(nearest: scale * (classWeights?[$0] ?? 1)) }
    defer { extendLifetime(labels.buffer) }
    let t = labels.address(Int32.self)
    try Tensor.withPointers(logits, logSums, result, of: T.self) { x, logSums, dx in
      try Kernel.parallel(blocks.count) { block in
        let (start, first, count) = blocks.at(block)
        let (x, t, logSums, dx) = (x + start, t + first, logSums + first, dx + start)
        withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { counted in
          var valid = 0
          for i in 0..<count where t[i] >= 0 && t[i] != ignore {
            counted[valid] = i
            valid += 1
          }
          if let kernels = vectorKernels(T.self), valid > 0 {
            withUnsafeTemporaryAllocation(of: T.self, capacity: count) { factor in
              for i in 0..<count { factor[i] = 0 }
              for j in 0..<valid { factor[counted[j]] = factors[Int(t[counted[j]])] }
              kernels.softmax(
                floats(x), plane: plane, classes: classes, count: count, logSums: floats(logSums),
                factors: floats(factor.baseAddress!), into: floats(dx))
            }
          } else {
            for k in 0..<classes {
              let (x, dx) = (x + k * plane, dx + k * plane)
              for i in 0..<count { dx[i] = 0 }
              for j in 0..<valid {
                let i = counted[j]
                dx[i] = factors[Int(t[i])] * T.exponential(x[i] - logSums[i])
              }
            }
          }
          for j in 0..<valid { dx[Int(t[counted[j]]) * plane + counted[j]] -= factors[Int(t[counted[j]])] }
        }
      }
    }
  }
}
