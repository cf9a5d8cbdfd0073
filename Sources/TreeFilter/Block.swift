/// An 8×8 block of elements, row by row, on its way from planes to rows or back.
struct Block<T: FilterElement> {
  typealias Row = SIMD8<T>

  private var a, b, c, d, e, f, g, h: Row

  /// Row i is at `address + i * stride`.
  @inline(__always) init(_ address: UnsafePointer<T>, stride: Int) {
    (a, b) = (T.load(address), T.load(address + stride))
    (c, d) = (T.load(address + 2 &* stride), T.load(address + 3 &* stride))
    (e, f) = (T.load(address + 4 &* stride), T.load(address + 5 &* stride))
    (g, h) = (T.load(address + 6 &* stride), T.load(address + 7 &* stride))
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<T>, stride: Int) {
    T.store(a, to: address)
    T.store(b, to: address + stride)
    T.store(c, to: address + 2 &* stride)
    T.store(d, to: address + 3 &* stride)
    T.store(e, to: address + 4 &* stride)
    T.store(f, to: address + 5 &* stride)
    T.store(g, to: address + 6 &* stride)
    T.store(h, to: address + 7 &* stride)
  }

  /// Columns become rows: three times, every second element of all 64 goes to the front.
  @inline(__always) mutating func transpose() {
    shuffle()
    shuffle()
    shuffle()
  }

  @inline(__always) private mutating func shuffle() {
    (a, b, c, d, e, f, g, h) = (
      Block.even(a, b), Block.even(c, d), Block.even(e, f), Block.even(g, h),
      Block.odd(a, b), Block.odd(c, d), Block.odd(e, f), Block.odd(g, h)
    )
  }

  @inline(__always) private static func even(_ x: Row, _ y: Row) -> Row {
    Row(lowHalf: x.evenHalf, highHalf: y.evenHalf)
  }
  @inline(__always) private static func odd(_ x: Row, _ y: Row) -> Row {
    Row(lowHalf: x.oddHalf, highHalf: y.oddHalf)
  }
}
