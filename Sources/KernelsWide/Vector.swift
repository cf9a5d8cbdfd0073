/// One register of floats; this build's instruction set has 16 in one.
typealias Vector = SIMD16<Float>
typealias DoubleVector = SIMD32<Float>
/// As many registers as a register has floats.
typealias Square = InlineArray<16, Vector>

/// What one pass of the matrix kernel computes: 8 rows of up to 3 registers, or 16 rows of one, of 32 registers.
enum TileShape {
  static let vectors = 3
  @inline(__always) static func run(_ p: Product, vectors: Int) {
    if vectors == 1 { return Tile<16, 1, 16>.run(p) }
    var half = p
    for _ in 0..<2 {
      if vectors == 3 { Tile<8, 3, 24>.run(half) } else { Tile<8, 2, 16>.run(half) }
      half.a += 8 &* half.aRow
      half.c += 8 &* half.cRow
    }
  }
}
