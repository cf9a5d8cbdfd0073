import CProcessor
import Kernels

/// One register of floats; this build's instruction set has 8 in one.
typealias Vector = SIMD8<Float>
/// As many registers as a register has floats.
typealias Square = InlineArray<8, Vector>

/// What one pass of the matrix kernel computes: 4 rows of 2 registers, which fit 16 registers.
///
/// One function per shape that is never inlined: several in one function, and the accumulators no longer stay in registers.
enum TileShape {
  static var vectors: Int { 2 }

  @inline(__always) static func run(_ p: Product, vectors: Int) {
    var part = p
    for _ in 0..<4 {
      switch (vectors, p.aRow == 1) {
      case (2, true): twoPacked(part)
      case (2, false): two(part)
      case (_, true): onePacked(part)
      case (_, false): one(part)
      }
      part = part.advanced(4)
    }
  }

  @inline(never) private static func two(_ p: Product) { Tile<4, 2, 8>.run(p, isPacked: false) }
  @inline(never) private static func one(_ p: Product) { Tile<4, 1, 4>.run(p, isPacked: false) }
  @inline(never) private static func twoPacked(_ p: Product) { Tile<4, 2, 8>.run(p, isPacked: true) }
  @inline(never) private static func onePacked(_ p: Product) { Tile<4, 1, 4>.run(p, isPacked: true) }
}

extension Vector {
  /// `self + a · b` in one rounding. Swift never contracts a product and a sum by itself.
  @inline(__always) func fma(_ a: Vector, _ b: Vector) -> Vector { shuffle_fma8(a, b, self) }
}

extension Shuffle {
  @inline(__always) static func marked(_ a: Vector, by mask: Vector) -> Vector { shuffle_marked8(a, mask) }
  @inline(__always) static func evens(_ a: Vector, _ b: Vector) -> Vector { shuffle_even8(a, b) }
  @inline(__always) static func odds(_ a: Vector, _ b: Vector) -> Vector { shuffle_odd8(a, b) }
  @inline(__always) static func evensOdds(_ a: Vector, _ b: Vector) -> Vector { shuffle_even_odd8(a, b) }
  @inline(__always) static func firsts(_ a: Vector, _ b: Vector) -> Vector { shuffle_low8(a, b) }
  @inline(__always) static func seconds(_ a: Vector, _ b: Vector) -> Vector { shuffle_high8(a, b) }
  /// Four floats at each of these places after `line`.
  @inline(__always) static func quads(_ line: MutableFloats, _ places: UnsafePointer<Int>) -> Vector {
    shuffle_halves(line + places[0], line + places[1])
  }
}
