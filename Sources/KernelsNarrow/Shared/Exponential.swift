extension Vector {
  /// exp(x) for x <= 0, within 2 units in the last place; NaN stays.
  ///
  /// Below -43 as at -43: that is nothing beside 1, and its square is no denormal number yet. So neither are products of an
  /// edge weight with a probability, which would slow the arithmetic down. Cephes' expf: x = n ln 2 + r with |r| <= ln 2 / 2, a
  /// polynomial for exp(r), and n added to the exponent.
  @inline(__always) var exponential: Vector {
    // NaN fails the comparison and goes through.
    let x = replacing(with: Vector(repeating: -43), where: self .< Vector(repeating: -43))
    // Adding 1.5 · 2^23 leaves the nearest integer in the low bits.
    let magic = Vector(repeating: 12_582_912)
    let shifted = magic.fma(x, Vector(repeating: 1.442_695_04))
    let n = shifted - magic
    let r = x.fma(n, Vector(repeating: -0.693_359_375)).fma(n, Vector(repeating: 2.121_944_4e-4))
    var p = Vector(repeating: 1.398_199_950_7e-3).fma(r, Vector(repeating: 1.987_569_15e-4))
    p = Vector(repeating: 8.333_451_907_3e-3).fma(p, r)
    p = Vector(repeating: 4.166_579_589_4e-2).fma(p, r)
    p = Vector(repeating: 1.666_666_545_9e-1).fma(p, r)
    p = Vector(repeating: 5.000_000_120_1e-1).fma(p, r)
    let value = (r + Vector(repeating: 1)).fma(p, r * r)
    let exponent = unsafeBitCast(shifted, to: Vector.MaskStorage.self) &<< 23 &+ 0x3F80_0000
    return value * unsafeBitCast(exponent, to: Vector.self)
  }
}
