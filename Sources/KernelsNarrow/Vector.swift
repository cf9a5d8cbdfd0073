/// One register of floats; this build's instruction set has 8 in one.
typealias Vector = SIMD8<Float>
typealias DoubleVector = SIMD16<Float>
/// As many registers as a register has floats.
typealias Square = InlineArray<8, Vector>

/// What one pass of the matrix kernel computes: 4 rows of 2 registers, which fit 16 registers.
enum TileShape {
  static let vectors = 2
  @inline(__always) static func run(_ p: Product, vectors: Int) {
    var half = p
    for _ in 0..<4 {
      if vectors == 2 { Tile<4, 2, 8>.run(half) } else { Tile<4, 1, 4>.run(half) }
      half.a += 4 &* half.aRow
      half.c += 4 &* half.cRow
    }
  }
}
