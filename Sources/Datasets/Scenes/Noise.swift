import Tensors

/// A smooth random pattern over the plane: a pure function of position and seed, so that a scene can be painted in any
/// order and at any resolution.
struct Noise: Sendable {
  let seed: UInt32

  init(_ random: inout RandomStream) { seed = UInt32(truncatingIfNeeded: random.next()) }

  /// 32 well-mixed bits for a lattice point (Wellons' lowbias32 over the folded coordinates).
  @inline(__always) static func hash(_ x: Int32, _ y: Int32, _ seed: UInt32) -> UInt32 {
    var h = UInt32(bitPattern: x) &* 0x9E37_79B1 ^ UInt32(bitPattern: y) &* 0x85EB_CA77 ^ seed
    h = (h ^ (h >> 16)) &* 0x7FEB_352D
    h = (h ^ (h >> 15)) &* 0x846C_A68B
    return h ^ (h >> 16)
  }

  /// Uniform in [0, 1) for the cell of integer coordinates (x, y).
  @inline(__always) func cell(_ x: Int32, _ y: Int32) -> Float { Float(Noise.hash(x, y, seed) >> 8) * 0x1p-24 }

  /// Value noise in [0, 1): lattice values one unit apart, smoothly interpolated.
  @inline(__always) func value(_ x: Float, _ y: Float) -> Float {
    let (fx, fy) = (x.rounded(.down), y.rounded(.down))
    let (ix, iy) = (Noise.lattice(fx), Noise.lattice(fy))
    let (tx, ty) = (Noise.smooth(x - fx), Noise.smooth(y - fy))
    let (a, b) = (cell(ix, iy), cell(ix &+ 1, iy))
    let (c, d) = (cell(ix, iy &+ 1), cell(ix &+ 1, iy &+ 1))
    let top = a + (b - a) * tx
    return top + (c + (d - c) * tx - top) * ty
  }

  /// Three octaves of value noise in [0, 1), the coarsest of wavelength one unit.
  @inline(__always) func turbulence(_ x: Float, _ y: Float) -> Float {
    value(x, y) * 0.55 + value(x * 2.13 + 7.1, y * 2.13 + 3.7) * 0.29 + value(x * 4.71 + 1.3, y * 4.71 + 9.2) * 0.16
  }

  @inline(__always) static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }

  /// The integer of a whole number; far outside of the lattice, where perspective sends the horizon, any cell will do.
  @inline(__always) static func lattice(_ value: Float) -> Int32 {
    abs(value) < 1e9 ? Int32(value) : 0
  }
}
