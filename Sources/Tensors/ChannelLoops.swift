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

  /// Each x as a bfloat16 whose last bit says whether the ReLU lets it through; see `ChannelKernels.mark`.
  static func mark(
    _ x: UnsafeMutablePointer<Float>, residual: UnsafeMutablePointer<Float>?, _ map: ChannelMap,
    into halves: UnsafeMutablePointer<UInt16>, _ count: Int
  ) {
    if let kernels = Processor.kernels {
      return kernels.mark(x, residual: residual.map { Floats($0) }, map, into: halves, count: count)
    }
    for i in 0..<count {
      let passes = x[i] * map.scale + map.shift + (residual?[i] ?? 0) > 0
      let bits = x[i].bitPattern
      // Every second bfloat16 has the right last bit; the nearest of these.
      let nearest = passes ? bits | 0x1_0000 : (bits &+ 0x1_0000) & 0xfffe_0000
      halves[i] = UInt16(truncatingIfNeeded: (x[i].isNaN ? 0x7fc0_0000 : nearest) >> 16)
    }
  }

  /// What of the gradient `map`'s ReLU let through, computed as `map` computes it.
  /// - Parameter isMarked: `x` comes from `mark`, which has computed it.
  static func mask<T: FloatingElement>(
    _ g: UnsafeMutablePointer<T>, _ x: UnsafeMutablePointer<T>, residual: UnsafeMutablePointer<T>?, scale: T, shift: T,
    isMarked: Bool, into result: UnsafeMutablePointer<T>, _ count: Int
  ) {
    if isMarked {
      for i in 0..<count { result[i] = Float(x[i]).bitPattern & 0x1_0000 != 0 ? g[i] : 0 }
    } else if let residual {
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
