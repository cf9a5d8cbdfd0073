import Kernels

/// The one-dimensional transforms of F(4, 3), with interpolation points 0, ±1, ±2, ∞.
enum WinogradTransform {
  typealias Six = (Vector, Vector, Vector, Vector, Vector, Vector)

  /// Bᵀ d.
  @inline(__always)
  static func input(_ d0: Vector, _ d1: Vector, _ d2: Vector, _ d3: Vector, _ d4: Vector, _ d5: Vector) -> Six {
    let (four, two) = (Vector(repeating: 4), Vector(repeating: 2))
    let (minusFour, minusFive) = (Vector(repeating: -4), Vector(repeating: -5))
    let even = d4.fma(minusFour, d2)
    let odd = d3.fma(minusFour, d1)
    let (evenTwo, oddTwo) = (d4 - d2, d3 - d1)
    return (
      d4.fma(minusFive, d2).fma(four, d0), even + odd, even - odd, evenTwo.fma(two, oddTwo),
      evenTwo.fma(Vector(repeating: -2), oddTwo), d5.fma(minusFive, d3).fma(four, d1)
    )
  }

  /// Aᵀ m.
  @inline(__always)
  static func output(_ m0: Vector, _ m1: Vector, _ m2: Vector, _ m3: Vector, _ m4: Vector, _ m5: Vector)
    -> (Vector, Vector, Vector, Vector)
  {
    let (a, b, c, d) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4)
    return (
      m0 + a + c, b.fma(Vector(repeating: 2), d), a.fma(Vector(repeating: 4), c),
      (b + m5).fma(Vector(repeating: 8), d)
    )
  }

  /// A y.
  @inline(__always) static func gradient(_ y0: Vector, _ y1: Vector, _ y2: Vector, _ y3: Vector) -> Six {
    let (s, t) = (y0 + y2, y1 + y3)
    let (p, q) = (y0.fma(Vector(repeating: 4), y2), (y1 + y1).fma(Vector(repeating: 8), y3))
    return (y0, s + t, s - t, p + q, p - q, y3)
  }

  /// G w.
  @inline(__always) static func weight(_ w0: Vector, _ w1: Vector, _ w2: Vector) -> Six {
    let (s, t) = ((w0 + w2) * Vector(repeating: -1 / 6), w1 * Vector(repeating: 1 / 6))
    let p = (w0 * Vector(repeating: 1 / 24)).fma(Vector(repeating: 1 / 6), w2)
    let q = w1 * Vector(repeating: 1 / 12)
    return (w0 * Vector(repeating: 0.25), s - t, s + t, p + q, p - q, w2)
  }

  /// Gᵀ u.
  @inline(__always)
  static func weightGradient(_ u0: Vector, _ u1: Vector, _ u2: Vector, _ u3: Vector, _ u4: Vector, _ u5: Vector)
    -> (Vector, Vector, Vector)
  {
    let s = (u1 + u2) * Vector(repeating: -1 / 6)
    let d = (u2 - u1) * Vector(repeating: 1 / 6)
    let (p, q) = (u3 + u4, u3 - u4)
    return (
      s.fma(Vector(repeating: 0.25), u0).fma(Vector(repeating: 1 / 24), p), d.fma(Vector(repeating: 1 / 12), q),
      (s + u5).fma(Vector(repeating: 1 / 6), p)
    )
  }
}

extension Library {
  /// Six neighbouring frequencies.
  @inline(__always)
  static func put(_ o: WinogradTransform.Six, _ out: MutableFloats, _ stride: Int) {
    o.0.store(out)
    o.1.store(out + stride)
    o.2.store(out + 2 &* stride)
    o.3.store(out + 3 &* stride)
    o.4.store(out + 4 &* stride)
    o.5.store(out + 5 &* stride)
  }
}
