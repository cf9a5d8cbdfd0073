/// Softmax and its logarithm over one dimension.
extension Tensor {
  /// A tensor as `[outer, classes, inner]`, cut into pieces of neighbouring `inner` positions.
  private struct Columns {
    let classes: Int
    let inner: Int
    let blocks: Int
    let outer: Int
    private static let width = 512

    init(_ shape: [Int], _ d: Int) {
      classes = shape[d]
      inner = shape.dropFirst(d + 1).reduce(1, *)
      blocks = max(1, (inner + Self.width - 1) / Self.width)
      outer = shape.prefix(d).reduce(1, *)
    }

    /// Calls `body` with the offset of each block's first element and the block's length.
    func eachBlock(_ body: (Int, Int) -> Void) throws {
      let elements = outer * classes * inner
      if elements == 0 { return }
      // exp dominates: a second thread pays from far fewer elements than where memory does.
      let together = max(1, (1 << 14) * outer * blocks / elements)
      try Kernel.parallel((outer * blocks + together - 1) / together) { piece in
        for item in piece * together..<min(outer * blocks, (piece + 1) * together) {
          let (o, block) = item.quotientAndRemainder(dividingBy: blocks)
          body(o * classes * inner + block * Self.width, min(Self.width, inner - block * Self.width))
        }
      }
    }
  }

  /// exp(x) / Σ exp(x) over `dimension`.
  public func softmax(_ dimension: Int) throws -> Tensor { try softmax(dimension, logarithm: false) }

  /// x − log Σ exp(x) over `dimension`.
  public func logSoftmax(_ dimension: Int) throws -> Tensor { try softmax(dimension, logarithm: true) }

  private func softmax(_ dimension: Int, logarithm: Bool) throws -> Tensor {
    let operation = logarithm ? "log_softmax" : "softmax"
    try requireFloating(operation)
    let columns = Columns(shape, try checkedDimension(dimension, operation))
    let (source, result) = (contiguous(), Tensor(uninitialized: shape, type))
    if type == .float32 {
      try Tensor.softmax(source, result, columns, logarithm, Float.self)
    } else {
      try Tensor.softmax(source, result, columns, logarithm, Double.self)
    }
    return result
  }

  private static func softmax<T: FloatingElement>(
    _ source: Tensor, _ result: Tensor, _ columns: Columns, _ logarithm: Bool, _: T.Type
  ) throws {
    let (classes, inner) = (columns.classes, columns.inner)
    try withPointers(source, result, of: T.self) { x, y in
      try columns.eachBlock { start, count in
        let (x, y) = (x + start, y + start)
        withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * count) { scratch in
          let top = scratch.baseAddress!
          let sum = top + count
          top.update(from: x, count: count)
          sum.update(repeating: 0, count: count)
          for k in 1..<max(1, classes) {
            let line = x + k * inner
            for i in 0..<count { top[i] = line[i] > top[i] ? line[i] : top[i] }
          }
          for k in 0..<classes {
            let (line, out) = (x + k * inner, y + k * inner)
            for i in 0..<count {
              out[i] = T.exponential(line[i] - top[i])
              sum[i] += out[i]
            }
          }
          for i in 0..<count { sum[i] = logarithm ? top[i] + T.logarithm(sum[i]) : 1 / sum[i] }
          for k in 0..<classes {
            let (line, out) = (x + k * inner, y + k * inner)
            if logarithm {
              for i in 0..<count { out[i] = line[i] - sum[i] }
            } else {
              for i in 0..<count { out[i] *= sum[i] }
            }
          }
        }
      }
    }
  }

  /// The gradient of softmax's input, y · (g − Σ g·y), from the gradient of its result `y`.
  public static func softmaxGradient(_ gradient: Tensor, result: Tensor, dimension: Int) throws -> Tensor {
    try softmaxGradient(gradient, result, dimension, logarithm: false)
  }

  /// The gradient of log-softmax's input, g − exp(y) · Σ g, from the gradient of its result `y`.
  public static func logSoftmaxGradient(_ gradient: Tensor, result: Tensor, dimension: Int) throws -> Tensor {
    try softmaxGradient(gradient, result, dimension, logarithm: true)
  }

  private static func softmaxGradient(
    _ gradient: Tensor, _ result: Tensor, _ dimension: Int, logarithm: Bool
  ) throws -> Tensor {
    let columns = Columns(result.shape, try result.checkedDimension(dimension, "softmax"))
    let (g, y) = (gradient.contiguous(), result.contiguous())
    let back = Tensor(uninitialized: result.shape, result.type)
    if result.type == .float32 {
      try softmaxGradient(g, y, back, columns, logarithm, Float.self)
    } else {
      try softmaxGradient(g, y, back, columns, logarithm, Double.self)
    }
    return back
  }

  private static func softmaxGradient<T: FloatingElement>(
    _ gradient: Tensor, _ result: Tensor, _ back: Tensor, _ columns: Columns, _ logarithm: Bool, _: T.Type
  ) throws {
    let (classes, inner) = (columns.classes, columns.inner)
    try withPointers(gradient, result, back, of: T.self) { g, y, dx in
      try columns.eachBlock { start, count in
        let (g, y, dx) = (g + start, y + start, dx + start)
        withUnsafeTemporaryAllocation(of: T.self, capacity: count) { scratch in
          let sum = scratch.baseAddress!
          sum.update(repeating: 0, count: count)
          for k in 0..<classes {
            let (g, y) = (g + k * inner, y + k * inner)
            if logarithm {
              for i in 0..<count { sum[i] += g[i] }
            } else {
              for i in 0..<count { sum[i] += g[i] * y[i] }
            }
          }
          for k in 0..<classes {
            let (g, y, dx) = (g + k * inner, y + k * inner, dx + k * inner)
            if logarithm {
              for i in 0..<count { dx[i] = g[i] - T.exponential(y[i]) * sum[i] }
            } else {
              for i in 0..<count { dx[i] = y[i] * (g[i] - sum[i]) }
            }
          }
        }
      }
    }
  }
}
