import Kernels

extension Normalization {
  /// What flows back through a normalisation.
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

  /// The gradients of `maps.applied(to: x, residual: residual)`, with `maps` those of these statistics.
  ///
  /// With g the gradient after the ReLU's mask, x̂ the normalised input and m the number of values per channel:
  /// bias Σg, weight Σg·x̂, input `weight · inverseDeviation · (g − Σg/m − x̂ · Σg·x̂/m)`; where the statistics were fixed
  /// beforehand, the two sums are left out of the last. The mask is worked out again from `x` and `residual`.
  /// - Parameters:
  ///   - gradient: of the result; written over if nobody else can see it.
  ///   - x: what was normalised.
  public func gradients(
    _ gradient: inout Tensor, x: Tensor, residual: Tensor?, maps: ChannelMaps, weight: Tensor, wantsInput: Bool,
    wantsResidual: Bool
  ) throws -> Gradients {
    gradient = gradient.contiguous()
    let (x, residual, channels) = (x.contiguous(), residual?.contiguous(), x.shape[1])
    var gradients = Gradients(
      input: nil, weight: Tensor(uninitialized: [channels], x.type), bias: Tensor(uninitialized: [channels], x.type),
      residual: nil)
    // One of the two may take the place of the gradient they come from.
    var isFree = gradient.ownsMemory
    func place() -> Tensor {
      defer { isFree = false }
      return isFree ? gradient : Tensor(uninitialized: x.shape, x.type)
    }
    if wantsResidual { gradients.residual = maps.rectifies ? place() : gradient }
    if wantsInput {
      gradients.input = wantsResidual && !maps.rectifies ? Tensor(uninitialized: x.shape, x.type) : place()
    }
    if x.type == .float32, let kernels = Processor.kernels {
      try fill(&gradients, gradient, x, residual, maps, weight, kernels)
    } else if x.type == .float32 {
      try fill(&gradients, gradient, x, residual, maps, weight, Float.self)
    } else {
      try fill(&gradients, gradient, x, residual, maps, weight, Double.self)
    }
    return gradients
  }

  /// What the input's gradient is made of: `factor · g + slope · (x − center) + offset`.
  private struct Slope {
    let factor: Double
    let slope: Double
    let offset: Double

    init(weight: Double, inverse: Double, sum: Double, product: Double, count: Int, isOfBatch: Bool) {
      factor = weight * inverse
      slope = isOfBatch ? -factor * inverse * inverse * product / Double(count) : 0
      offset = isOfBatch ? -factor * sum / Double(count) : 0
    }
  }

  /// In vector code, without writing the masked gradient where nobody wants it.
  private func fill(
    _ gradients: inout Gradients, _ gradient: Tensor, _ x: Tensor, _ residual: Tensor?, _ maps: ChannelMaps,
    _ weight: Tensor, _ kernels: any VectorKernels.Type
  ) throws {
    let (batch, channels, plane) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
    let (means, inverses) = (mean.array(of: Double.self), inverseDeviation.array(of: Double.self))
    let weights = weight.array(of: Double.self)
    let (g, z, r) = (gradient.address(Float.self), x.address(Float.self), residual?.address(Float.self))
    let (dw, db) = (gradients.weight.address(Float.self), gradients.bias.address(Float.self))
    let dx = gradients.input?.address(Float.self)
    let passed = maps.rectifies ? gradients.residual?.address(Float.self) : nil
    let isOfBatch = isOfBatch
    try Normalization.forEachChannel(channels, elements: batch * plane) { c in
      let (map, center) = (maps[c], Float(means[c]))
      var (sum, product) = (0.0, 0.0)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        let sums = kernels.gradientSums(
          g + at, z + at, residual: r.map { $0 + at }, map, around: center, count: plane)
        sum += sums.gradient
        product += sums.product
      }
      db[c] = Float(sum)
      dw[c] = Float(product * inverses[c])
      if dx == nil && passed == nil { return }
      let slope = Slope(
        weight: weights[c], inverse: inverses[c], sum: sum, product: product, count: batch * plane,
        isOfBatch: isOfBatch)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        kernels.gradient(
          g + at, z + at, residual: r.map { $0 + at }, map, factor: Float(slope.factor), slope: Float(slope.slope),
          center: center, offset: Float(slope.offset), into: dx.map { $0 + at }, passed: passed.map { $0 + at },
          count: plane)
      }
    }
    extendLifetime((gradient, x, residual, maps, gradients))
  }

  private func fill<T: FloatingElement>(
    _ gradients: inout Gradients, _ gradient: Tensor, _ x: Tensor, _ residual: Tensor?, _ maps: ChannelMaps,
    _ weight: Tensor, _: T.Type
  ) throws {
    let (batch, channels, plane) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
    let (means, inverses) = (mean.array(of: Double.self), inverseDeviation.array(of: Double.self))
    let weights = weight.array(of: Double.self)
    let (scales, shifts) = (maps.scale.address(T.self), maps.shift.address(T.self))
    let (incoming, z, r) = (gradient.address(T.self), x.address(T.self), residual?.address(T.self))
    let (dw, db) = (gradients.weight.address(T.self), gradients.bias.address(T.self))
    let dx = gradients.input?.address(T.self)
    // The masked gradient is kept in the residual's place, or else in the input's, or else for the sums alone.
    let spare =
      maps.rectifies && gradients.residual == nil && dx == nil ? Tensor(uninitialized: x.shape, x.type) : nil
    let masked =
      maps.rectifies ? gradients.residual?.address(T.self) ?? dx ?? spare?.address(T.self) : nil
    let isOfBatch = isOfBatch
    try Normalization.forEachChannel(channels, elements: batch * plane) { c in
      let center = T(nearest: means[c])
      var (sum, product) = (0.0, 0.0)
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        var g = incoming + at
        if let masked {
          ChannelLoops.mask(
            g, z + at, residual: r.map { $0 + at }, scale: scales[c], shift: shifts[c], isMarked: maps.isMarked,
            into: masked + at, plane)
          g = masked + at
        }
        sum += Accumulation.sum(g, plane)
        product += Accumulation.products(g, z + at, around: center, plane)
      }
      db[c] = T(nearest: sum)
      dw[c] = T(nearest: product * inverses[c])
      guard let dx else { return }
      let slope = Slope(
        weight: weights[c], inverse: inverses[c], sum: sum, product: product, count: batch * plane,
        isOfBatch: isOfBatch)
      let (factor, tilt, offset) = (T(nearest: slope.factor), T(nearest: slope.slope), T(nearest: slope.offset))
      for n in 0..<batch {
        let at = (n * channels + c) * plane
        let (g, z, dx) = ((masked ?? incoming) + at, z + at, dx + at)
        for i in 0..<plane {
          let gradient = g[i]
          dx[i] = factor * gradient + (tilt * (z[i] - center) + offset)
        }
      }
    }
    extendLifetime((gradient, x, residual, maps, gradients, spare))
  }
}
