extension Normalization {
  /// What flows back through `apply`.
  public struct Gradients {
    /// `[N, C, H, W]`, of what was normalised.
    public var input: Tensor?
    /// `[C]`.
    public var weight: Tensor
    /// `[C]`.
    public var bias: Tensor
    /// The gradient of the sum before the ReLU, which is that of the residual too.
    public var residual: Tensor?
  }

  /// The gradients of `apply`.
  ///
  /// With g the gradient after the ReLU's mask, x̂ the normalised input and m the number of values per channel:
  /// bias Σg, weight Σg·x̂, input `weight · inverseDeviation · (g − Σg/m − x̂ · Σg·x̂/m)`; where the statistics were fixed
  /// beforehand, the two sums are left out of the last.
  /// - Parameters:
  ///   - gradient: of the result.
  ///   - x: what was normalised.
  ///   - result: of `apply`, where it ended with a ReLU; nil without.
  public func gradients(
    _ gradient: Tensor, x: Tensor, result: Tensor?, weight: Tensor, wantsInput: Bool, wantsResidual: Bool
  ) throws -> Gradients {
    let (gradient, x, result) = (gradient.contiguous(), x.contiguous(), result?.contiguous())
    let channels = x.shape[1]
    var gradients = Gradients(
      input: wantsInput ? Tensor(uninitialized: x.shape, x.type) : nil,
      weight: Tensor(uninitialized: [channels], x.type), bias: Tensor(uninitialized: [channels], x.type),
      residual: nil)
    if wantsResidual { gradients.residual = result == nil ? gradient : Tensor(uninitialized: x.shape, x.type) }
    if x.type == .float32 {
      try fill(&gradients, gradient, x, result, weight, Float.self)
    } else {
      try fill(&gradients, gradient, x, result, weight, Double.self)
    }
    return gradients
  }

  private func fill<T: FloatingElement>(
    _ gradients: inout Gradients, _ gradient: Tensor, _ x: Tensor, _ result: Tensor?, _ weight: Tensor, _: T.Type
  ) throws {
    let (batch, channels, plane) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
    let (means, inverses) = (mean.array(of: Double.self), inverseDeviation.array(of: Double.self))
    let weights = weight.array(of: Double.self)
    let (g, z, y) = (gradient.address(T.self), x.address(T.self), result?.address(T.self))
    let (dw, db) = (gradients.weight.address(T.self), gradients.bias.address(T.self))
    let dx = gradients.input?.address(T.self)
    let dr = result == nil ? nil : gradients.residual?.address(T.self)
    let isOfBatch = isOfBatch
    defer { extendLifetime((gradient.buffer, x.buffer, result?.buffer, gradients)) }
    try Normalization.forEachChannel(channels, elements: batch * plane) { c in
      let center = T(nearest: means[c])
      var (sum, product) = (0.0, 0.0)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        let (s, p) = Normalization.sums(g + at, z + at, y.map { $0 + at }, center, plane)
        (sum, product) = (sum + s, product + p)
      }
      db[c] = T(nearest: sum)
      dw[c] = T(nearest: product * inverses[c])
      let factor = weights[c] * inverses[c]
      let count = Double(batch * plane)
      let slope = T(nearest: isOfBatch ? -factor * inverses[c] * inverses[c] * product / count : 0)
      let shift = T(nearest: isOfBatch ? -factor * sum / count : 0)
      let scale = T(nearest: factor)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        let (g, z) = (g + at, z + at)
        if let y = y.map({ $0 + at }) {
          if let dx = dx.map({ $0 + at }) {
            for i in 0..<plane { dx[i] = scale * (y[i] > 0 ? g[i] : 0) + (slope * (z[i] - center) + shift) }
          }
          if let dr = dr.map({ $0 + at }) {
            for i in 0..<plane { dr[i] = y[i] > 0 ? g[i] : 0 }
          }
        } else if let dx = dx.map({ $0 + at }) {
          for i in 0..<plane { dx[i] = scale * g[i] + (slope * (z[i] - center) + shift) }
        }
      }
    }
  }

  /// Σg and Σg·(z − center), with g set to zero where y isn't positive.
  @inline(__always)
  private static func sums<T: FloatingElement>(
    _ g: UnsafeMutablePointer<T>, _ z: UnsafeMutablePointer<T>, _ y: UnsafeMutablePointer<T>?, _ center: T, _ count: Int
  ) -> (Double, Double) {
    let middle = SIMD16<T>(repeating: center)
    guard let y else {
      return (
        Accumulation.sum(g, count),
        Accumulation.sum(
          count, T.self, lanes: { Accumulation.load(g, $0) * (Accumulation.load(z, $0) - middle) },
          term: { g[$0] * (z[$0] - center) })
      )
    }
    let zero = SIMD16<T>(repeating: 0)
    return (
      Accumulation.sum(
        count, T.self,
        lanes: { zero.replacing(with: Accumulation.load(g, $0), where: Accumulation.load(y, $0) .> zero) },
        term: { y[$0] > 0 ? g[$0] : 0 }),
      Accumulation.sum(
        count, T.self,
        lanes: {
          zero.replacing(
            with: Accumulation.load(g, $0) * (Accumulation.load(z, $0) - middle),
            where: Accumulation.load(y, $0) .> zero)
        }, term: { y[$0] > 0 ? g[$0] * (z[$0] - center) : 0 })
    )
  }
}
