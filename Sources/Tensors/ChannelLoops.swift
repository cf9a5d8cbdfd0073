import Kernels

/// The loops of batch normalisation over one channel of one image: vector kernels for `Float` where the processor has
/// them, plain loops for the rest.
enum ChannelLoops {
  static func sum<T: FloatingElement>(_ x: UnsafeMutablePointer<T>, _ count: Int) -> Double {
    vectorKernels(T.self)?.sum(floats(x), count: count) ?? Accumulation.sum(x, count)
  }

  static func squares<T: FloatingElement>(_ x: UnsafeMutablePointer<T>, around center: T, _ count: Int) -> Double {
    vectorKernels(T.self)?.squares(floats(x), around: Float(center), count: count)
      ?? Accumulation.squares(x, around: center, count)
  }

  /// `y = relu(scale · x + shift + residual)`.
  static func map<T: FloatingElement>(
    _ x: UnsafeMutablePointer<T>, residual: UnsafeMutablePointer<T>?, scale: T, shift: T, _ rectifies: Bool,
    into y: UnsafeMutablePointer<T>, _ count: Int
  ) {
    if let kernels = vectorKernels(T.self) {
      let map = ChannelMap(scale: Float(scale), shift: Float(shift), rectifies: rectifies)
      return kernels.map(floats(x), residual: residual.map { Floats(floats($0)) }, map, into: floats(y), count: count)
    }
    let floor: T = rectifies ? 0 : -.infinity
    if let residual {
      for i in 0..<count { y[i] = larger(x[i] * scale + shift + residual[i], floor) }
    } else {
      for i in 0..<count { y[i] = larger(x[i] * scale + shift, floor) }
    }
  }

  /// What of the gradient `map`'s ReLU let through, computed as `map` computes it.
  static func mask<T: FloatingElement>(
    _ g: UnsafeMutablePointer<T>, _ x: UnsafeMutablePointer<T>, residual: UnsafeMutablePointer<T>?, scale: T, shift: T,
    into result: UnsafeMutablePointer<T>, _ count: Int
  ) {
    if let residual {
      for i in 0..<count {
        let gradient = g[i]
        result[i] = x[i] * scale + shift + residual[i] > 0 ? gradient : 0
      }
    } else {
      for i in 0..<count {
        let gradient = g[i]
        result[i] = x[i] * scale + shift > 0 ? gradient : 0
      }
    }
  }
}
