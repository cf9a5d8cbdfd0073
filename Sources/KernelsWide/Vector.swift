import CProcessor
import Kernels

/// One register of floats; this build's instruction set has 16 in one.
typealias Vector = SIMD16<Float>
/// As many registers as a register has floats.
typealias Square = InlineArray<16, Vector>

/// What one pass of the matrix kernel computes: 8 rows of up to 3 registers, or 16 rows of one, of 32 registers.
///
/// One function per shape that is never inlined: several in one function, and the accumulators no longer stay in registers.
enum TileShape {
  static var vectors: Int { 3 }

  @inline(__always) static func run(_ p: Product, vectors: Int) {
    switch (vectors, p.aRow == 1) {
    case (3, true):
      threePacked(p)
      threePacked(p.advanced(8))
    case (3, false):
      three(p)
      three(p.advanced(8))
    case (2, true):
      twoPacked(p)
      twoPacked(p.advanced(8))
    case (2, false):
      two(p)
      two(p.advanced(8))
    case (_, true): onePacked(p)
    case (_, false): one(p)
    }
  }

  @inline(never) private static func three(_ p: Product) { Tile<8, 3, 24>.run(p, isPacked: false) }
  @inline(never) private static func two(_ p: Product) { Tile<8, 2, 16>.run(p, isPacked: false) }
  @inline(never) private static func one(_ p: Product) { Tile<16, 1, 16>.run(p, isPacked: false) }
  @inline(never) private static func threePacked(_ p: Product) { Tile<8, 3, 24>.run(p, isPacked: true) }
  @inline(never) private static func twoPacked(_ p: Product) { Tile<8, 2, 16>.run(p, isPacked: true) }
  @inline(never) private static func onePacked(_ p: Product) { Tile<16, 1, 16>.run(p, isPacked: true) }
}

extension Vector {
  /// `self + a · b` in one rounding. Swift never contracts a product and a sum by itself.
  @inline(__always) func fma(_ a: Vector, _ b: Vector) -> Vector { shuffle_fma16(a, b, self) }
}

extension Shuffle {
  @inline(__always) static func marked(_ a: Vector, by mask: Vector) -> Vector { shuffle_marked16(a, mask) }
  @inline(__always) static func evens(_ a: Vector, _ b: Vector) -> Vector { shuffle_even16(a, b) }
  @inline(__always) static func odds(_ a: Vector, _ b: Vector) -> Vector { shuffle_odd16(a, b) }
  @inline(__always) static func evensOdds(_ a: Vector, _ b: Vector) -> Vector { shuffle_even_odd16(a, b) }
  @inline(__always) static func firsts(_ a: Vector, _ b: Vector) -> Vector { shuffle_low16(a, b) }
  @inline(__always) static func seconds(_ a: Vector, _ b: Vector) -> Vector { shuffle_high16(a, b) }
  /// Four floats at each of these places after `line`.
  @inline(__always) static func quads(_ line: MutableFloats, _ places: UnsafePointer<Int>) -> Vector {
    shuffle_quads(line + places[0], line + places[1], line + places[2], line + places[3])
  }
}
