/// Dropping elements, or whole channels, at random and scaling up the rest, so that the expected value stays.
///
/// Nothing is stored: whether the i-th element is kept is a function of the random stream's state and i.
public struct Dropout: Sendable, Equatable {
  private let state: UInt64
  private let probability: Double
  private let wholeChannels: Bool

  /// - Parameters:
  ///   - probability: of being dropped, in 0..<1.
  ///   - wholeChannels: drop planes of `[N, C, H, W]` instead of elements.
  /// - Throws: `TensorError` for a probability outside of that.
  public init(probability: Double, wholeChannels: Bool = false, random: RandomStream) throws {
    guard probability >= 0 && probability < 1 else {
      throw TensorError.argument(
        operation: "dropout", name: "p", found: "\(probability)", expected: "at least 0 and less than 1")
    }
    (state, self.probability, self.wholeChannels) = (random.state, probability, wholeChannels)
  }

  /// `x` with the dropped parts zero and the others divided by 1 − p. Its own adjoint.
  public func apply(to x: Tensor) throws -> Tensor {
    try x.requireFloating("dropout")
    guard !wholeChannels || x.rank >= 2 else {
      throw TensorError.shape(operation: "dropout", found: "\(x.shape)", expected: "[N, C, …]")
    }
    let result = Tensor(uninitialized: x.shape, x.type)
    if x.type == .float32 {
      try apply(x.contiguous(), into: result, Float.self)
    } else {
      try apply(x.contiguous(), into: result, Double.self)
    }
    return result
  }

  private func apply<T: FloatingElement>(_ x: Tensor, into result: Tensor, _: T.Type) throws {
    let scale = T(nearest: 1 / (1 - probability))
    if !wholeChannels { return try applyToElements(x, scale, into: result) }
    let length = x.shape.dropFirst(2).reduce(1, *)
    let parts = x.count / max(1, length)
    try Tensor.withPointers(x, result, of: T.self) { x, y in
      try Kernel.parallelRanges(parts, grain: max(1, Tensor.parallelGrain / (4 * max(1, length)))) { range in
        for part in range {
          let factor = isKept(part) ? scale : 0
          for i in part * length..<(part + 1) * length { y[i] = factor * x[i] }
        }
      }
    }
  }

  /// Each draw decides on two elements, with 32 bits for each.
  private func applyToElements<T: FloatingElement>(_ x: Tensor, _ scale: T, into result: Tensor) throws {
    let threshold = UInt64(probability * 0x1p32)
    try Tensor.withPointers(x, result, of: T.self) { x, y in
      try Kernel.parallelRanges((result.count + 1) / 2, grain: Tensor.parallelGrain / 8) { pairs in
        for pair in pairs {
          let bits = RandomStream.mix(state &+ UInt64(truncatingIfNeeded: pair) &* 0x9E37_79B9_7F4A_7C15)
          let i = 2 &* pair
          y[i] = bits & 0xffff_ffff >= threshold ? scale * x[i] : 0
          if i &+ 1 < result.count { y[i &+ 1] = bits >> 32 >= threshold ? scale * x[i &+ 1] : 0 }
        }
      }
    }
  }

  /// As the stream's draw number `index` decides.
  @inline(__always)
  private func isKept(_ index: Int) -> Bool {
    var random = RandomStream(state: state &+ UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15)
    return random.uniform() >= probability
  }
}
