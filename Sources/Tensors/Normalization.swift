/// The arithmetic of batch normalisation over `[N, C, H, W]`: `y = relu(scale · x + shift + residual)` with one scale and
/// shift per channel (Ioffe and Szegedy 2015). Statistics are kept per channel in float64.
public struct Normalization: Sendable {
  /// The mean of each channel, `[C]`.
  public let mean: Tensor
  /// 1 / √(variance + ε) of each channel, `[C]`.
  public let inverseDeviation: Tensor
  /// Whether the mean and variance are those of the batch itself, so that gradients flow through them.
  public let isOfBatch: Bool

  /// Statistics fixed beforehand, as in evaluation.
  public init(mean: Tensor, variance: Tensor, epsilon: Double) throws {
    self.mean = mean.converted(to: .float64).copy()
    inverseDeviation = try Normalization.inverseDeviation(variance, epsilon)
    isOfBatch = false
  }

  /// The statistics of `x` `[N, C, H, W]` over images and pixels.
  /// - Parameter running: running mean and variance `[C]`, moved by `momentum` toward the batch's mean and its variance
  ///   by the unbiased estimate.
  /// - Throws: `TensorError` where there is only one value per channel, which has no variance.
  public init(of x: Tensor, epsilon: Double, momentum: Double, running: (mean: Tensor, variance: Tensor)?) throws {
    try Normalization.check(x)
    let count = x.shape[0] * x.shape[2] * x.shape[3]
    guard count > 1 else {
      throw TensorError.shape(
        operation: "batch norm", found: "\(x.shape)",
        expected: "more than one value per channel while training: a larger batch or image, or a frozen norm")
    }
    if let running, running.mean.shape != [x.shape[1]] || running.variance.shape != [x.shape[1]] {
      throw TensorError.shape(
        operation: "batch norm", found: "\(x.shape) and running statistics \(running.mean.shape)",
        expected: "[N, C, H, W] and [C]")
    }
    let variance = Tensor(uninitialized: [x.shape[1]], .float64)
    mean = Tensor(uninitialized: [x.shape[1]], .float64)
    isOfBatch = true
    if x.type == .float32 {
      try Normalization.statistics(x, mean, variance, Float.self)
    } else {
      try Normalization.statistics(x, mean, variance, Double.self)
    }
    inverseDeviation = try Normalization.inverseDeviation(variance, epsilon)
    if let running {
      let unbiased = Double(count) / Double(count - 1)
      Normalization.move(running.mean, toward: mean, times: 1, momentum)
      Normalization.move(running.variance, toward: variance, times: unbiased, momentum)
    }
  }

  private static func check(_ x: Tensor) throws {
    guard x.rank == 4, x.count > 0 else {
      throw TensorError.shape(operation: "batch norm", found: "\(x.shape)", expected: "[N, C, H, W]")
    }
    guard x.type.isFloating else {
      throw TensorError.type(operation: "batch norm", found: x.type, expected: "float32 or float64")
    }
  }

  private static func inverseDeviation(_ variance: Tensor, _ epsilon: Double) throws -> Tensor {
    let source = variance.converted(to: .float64).contiguous()
    let result = Tensor(uninitialized: source.shape, .float64)
    Kernel.run {
      Tensor.withPointers(source, result, of: Double.self) { v, r in
        for c in 0..<source.count { r[c] = 1 / (v[c] + epsilon).squareRoot() }
      }
    }
    return result
  }

  /// `running += momentum · (factor · value − running)`, in place.
  private static func move(_ running: Tensor, toward value: Tensor, times factor: Double, _ momentum: Double) {
    Kernel.run {
      let old = running.array(of: Double.self)
      let new = zip(old, value.array(of: Double.self)).map { (1 - momentum) * $0 + momentum * factor * $1 }
      running.assign(Tensor(new, shape: running.shape))
    }
  }

  private static func statistics<T: FloatingElement>(_ x: Tensor, _ mean: Tensor, _ variance: Tensor, _: T.Type) throws
  {
    let source = x.contiguous()
    let (batch, channels, plane) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
    try Tensor.withPointers(mean, variance, of: Double.self) { mean, variance in
      try Tensor.withPointers(source, of: T.self) { x in
        try forEachChannel(channels, elements: batch * plane) { c in
          var total = 0.0
          for n in 0..<batch { total += ChannelLoops.sum(x + (n * channels + c) * plane, plane) }
          let count = Double(batch * plane)
          // Deviations are taken from the mean rounded to T; the exact mean's is smaller by the square of the rounding.
          let center = T(nearest: total / count)
          let rounding = total / count - center.asDouble
          var squares = 0.0
          for n in 0..<batch {
            squares += ChannelLoops.squares(x + (n * channels + c) * plane, around: center, plane)
          }
          mean[c] = total / count
          variance[c] = max(0, squares / count - rounding * rounding)
        }
      }
    }
  }

  /// Calls `body` for each channel, on several threads if there are enough elements in each.
  static func forEachChannel(_ channels: Int, elements: Int, _ body: (Int) -> Void) throws {
    let isSmall = channels * elements < Tensor.parallelGrain
    let together = isSmall ? channels : max(1, min(channels, Tensor.parallelGrain / 2 / max(1, elements)))
    try Kernel.parallel((channels + together - 1) / together) { piece in
      for c in piece * together..<min(channels, (piece + 1) * together) { body(c) }
    }
  }

  /// What `weight` and `bias` `[C]` make of the statistics: `relu(weight · (x − mean) · inverseDeviation + bias)`, the ReLU
  /// as asked for, for maps `x` of `type`.
  /// - Throws: `TensorError` where the numbers of channels differ.
  public func maps(weight: Tensor, bias: Tensor, relu: Bool, for x: Tensor) throws -> ChannelMaps {
    try Normalization.check(x)
    for (name, shape) in [("weight", weight.shape), ("bias", bias.shape), ("running mean", mean.shape)]
    where shape != [x.shape[1]] {
      throw TensorError.shape(
        operation: "batch norm", found: "\(x.shape) and \(name) \(shape)", expected: "[N, C, H, W] and [C]")
    }
    let (scale, shift) = (Tensor(uninitialized: [x.shape[1]], x.type), Tensor(uninitialized: [x.shape[1]], x.type))
    func fill<T: FloatingElement>(_: T.Type) {
      let (w, b) = (weight.array(of: Double.self), bias.array(of: Double.self))
      let (m, d) = (mean.array(of: Double.self), inverseDeviation.array(of: Double.self))
      Tensor.withPointers(scale, shift, of: T.self) { scale, shift in
        for c in w.indices {
          scale[c] = T(nearest: w[c] * d[c])
          shift[c] = T(nearest: b[c] - w[c] * d[c] * m[c])
        }
      }
    }
    Kernel.run { if x.type == .float32 { fill(Float.self) } else { fill(Double.self) } }
    return ChannelMaps(scale: scale, shift: shift, rectifies: relu)
  }
}

/// The larger of the two; a NaN stays a NaN, so that it is noticed at the loss.
@inline(__always) func larger<T: FloatingElement>(_ x: T, _ floor: T) -> T { x < floor ? floor : x }
