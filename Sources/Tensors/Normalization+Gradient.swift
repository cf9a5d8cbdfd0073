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
    // The gradient after the mask is kept in the residual's place, or else in the input's.
    let needsInput = wantsInput || (result != nil && !wantsResidual)
    var gradients = Gradients(
      input: needsInput ? Tensor(uninitialized: x.shape, x.type) : nil,
      weight: Tensor(uninitialized: [channels], x.type), bias: Tensor(uninitialized: [channels], x.type),
      residual: nil)
    if wantsResidual { gradients.residual = result == nil ? gradient : Tensor(uninitialized: x.shape, x.type) }
    if x.type == .float32 {
      try fill(&gradients, gradient, x, result, weight, Float.self)
    } else {
      try fill(&gradients, gradient, x, result, weight, Double.self)
    }
    if !wantsInput { gradients.input = nil }
    return gradients
  }

  private func fill<T: FloatingElement>(
    _ gradients: inout Gradients, _ gradient: Tensor, _ x: Tensor, _ result: Tensor?, _ weight: Tensor, _: T.Type
  ) throws {
    let (batch, channels, plane) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
    let (means, inverses) = (mean.array(of: Double.self), inverseDeviation.array(of: Double.self))
    let weights = weight.array(of: Double.self)
    let (incoming, z, y) = (gradient.address(T.self), x.address(T.self), result?.address(T.self))
    let (dw, db) = (gradients.weight.address(T.self), gradients.bias.address(T.self))
    let dx = gradients.input?.address(T.self)
    let masked = result == nil ? nil : gradients.residual?.address(T.self) ?? dx
    let isOfBatch = isOfBatch
    defer { extendLifetime((gradient.buffer, x.buffer, result?.buffer, gradients)) }
    try Normalization.forEachChannel(channels, elements: batch * plane) { c in
      let center = T(nearest: means[c])
      var (sum, product) = (0.0, 0.0)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        var g = incoming + at
        if let y, let masked {
          mask(g, where: y + at, into: masked + at, plane)
          g = masked + at
        }
        sum += Accumulation.sum(g, plane)
        product += Accumulation.products(g, z + at, around: center, plane)
      }
      db[c] = T(nearest: sum)
      dw[c] = T(nearest: product * inverses[c])
      guard let dx else { return }
      let factor = weights[c] * inverses[c]
      let count = Double(batch * plane)
      let slope = T(nearest: isOfBatch ? -factor * inverses[c] * inverses[c] * product / count : 0)
      let shift = T(nearest: isOfBatch ? -factor * sum / count : 0)
      let scale = T(nearest: factor)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        let (g, z, dx) = ((masked ?? incoming) + at, z + at, dx + at)
        if g == dx {
          for i in 0..<plane { dx[i] = scale * dx[i] + (slope * (z[i] - center) + shift) }
        } else {
          for i in 0..<plane { dx[i] = scale * g[i] + (slope * (z[i] - center) + shift) }
        }
      }
    }
  }
}

/// `result = gradient` where `y` is positive, else 0.
@inline(__always)
func mask<T: FloatingElement>(
  _ gradient: UnsafeMutablePointer<T>, where y: UnsafeMutablePointer<T>, into result: UnsafeMutablePointer<T>,
  _ count: Int
) {
  for i in 0..<count {
    // Loaded whatever y is, so that the loop becomes vector code.
    let value = gradient[i]
    result[i] = y[i] > 0 ? value : 0
  }
}
