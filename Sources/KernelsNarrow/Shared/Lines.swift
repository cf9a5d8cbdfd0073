import Kernels

/// One row of pixels on its way into a transform.
enum Line {
  /// Pixels `first ..< first + count` of a row, of which `low..<high` (counted from `first`) are in it.
  struct Span {
    let first: Int
    let low: Int
    let high: Int

    @inline(__always) init(first: Int, count: Int, columns: Int) {
      let low = first < 0 ? (first &+ count < 0 ? count : -first) : 0
      let end = columns &- first < count ? columns &- first : count
      (self.first, self.low, high) = (first, low, end < low ? low : end)
    }
  }

  /// Sets `line[i]` to `map` of `source[i · step]` for the pixels of a span that are in the row.
  @inline(__always)
  static func load(_ source: Floats, _ span: Span, step: Int, _ map: ChannelMap, into line: MutableFloats) {
    let n = Vector.scalarCount
    let (low, high) = (span.low, span.high)
    if step == 1 && high &- low >= n {
      // The last register overlaps the one before it, so that nothing beyond the row is read.
      let last = high &- n
      var i = low
      if map.isIdentity {
        while true {
          Vector(source + i).store(line + i)
          if i == last { break }
          i = i &+ n < last ? i &+ n : last
        }
      } else {
        let (scale, shift) = (Vector(repeating: map.scale), Vector(repeating: map.shift))
        let floor = Vector(repeating: map.rectifies ? 0 : -.infinity)
        while true {
          let y = shift.fma(scale, Vector(source + i))
          y.replacing(with: floor, where: y .< floor).store(line + i)
          if i == last { break }
          i = i &+ n < last ? i &+ n : last
        }
      }
    } else if step == 1 && high &- low == 8 {
      // Maps of 8 pixels a row are common, and on wide registers fill a half.
      let y = Octet(repeating: map.shift).fma(Octet(repeating: map.scale), Octet(source + low))
      let floor = SIMD8<Float>(repeating: map.rectifies ? 0 : -.infinity)
      Octet(values: y.values.replacing(with: floor, where: y.values .< floor)).store(line + low)
    } else {
      for i in low..<high {
        let x = source[i &* step]
        let y = map.isIdentity ? x : map.shift.addingProduct(map.scale, x)
        line[i] = map.rectifies && y < 0 ? 0 : y
      }
    }
  }

  /// Sets `line[i]` to pixel `first + i·stride` of a row, mapped, and to 0 outside of the row.
  @inline(__always)
  static func loadStrided(
    _ row: Floats, columns: Int, first: Int, stride: Int, count: Int, _ map: ChannelMap, into line: MutableFloats
  ) {
    let n = Vector.scalarCount
    var low = first < 0 ? (stride &- 1 &- first) / stride : 0
    if low > count { low = count }
    var high = first >= columns ? 0 : (columns &- first &+ stride &- 1) / stride
    if high > count { high = count }
    if high < low { high = low }
    clear(line, 0, low)
    clear(line, high, count)
    var i = low
    if stride == 2 && high &- low >= n {
      let (scale, shift) = (Vector(repeating: map.scale), Vector(repeating: map.shift))
      let floor = Vector(repeating: map.rectifies ? 0 : -.infinity)
      // The last register overlaps the one before it, and its second half ends with its last pixel, so that nothing beyond the
      // row is read.
      let last = high &- n
      while true {
        let p = row + (first &+ 2 &* i)
        let x = i == last ? Shuffle.evensOdds(Vector(p), Vector(p + (n &- 1))) : Shuffle.evens(Vector(p), Vector(p + n))
        let y = map.isIdentity ? x : shift.fma(scale, x)
        y.replacing(with: floor, where: y .< floor).store(line + i)
        if i == last { return }
        i = i &+ n < last ? i &+ n : last
      }
    }
    while i < high {
      let x = row[first &+ i &* stride]
      let y = map.isIdentity ? x : map.shift.addingProduct(map.scale, x)
      line[i] = map.rectifies && y < 0 ? 0 : y
      i &+= 1
    }
  }

  @inline(__always) static func clear(_ line: MutableFloats, _ from: Int, _ to: Int) {
    var i = from
    while i < to {
      line[i] = 0
      i &+= 1
    }
  }

  typealias Four = (Vector, Vector, Vector, Vector)

  /// Four registers that follow each other.
  @inline(__always) static func fourRegisters(_ line: MutableFloats) -> Four {
    let n = Vector.scalarCount
    return (Vector(line), Vector(line + n), Vector(line + 2 &* n), Vector(line + 3 &* n))
  }

  /// Four registers of tiles of four floats, each at its place in `line`. `areFour` says that tiles come in fours that follow
  /// each other.
  @inline(__always)
  static func fourRegisters(_ line: MutableFloats, _ places: UnsafePointer<Int>, _ areFour: Bool) -> Four {
    let step = Vector.scalarCount / 4
    func register(_ j: Int) -> Vector {
      areFour ? Vector(line + places[j &* step]) : Shuffle.quads(line, places + j &* step)
    }
    return (register(0), register(1), register(2), register(3))
  }

  /// Every fourth element from 0, 1, 2 and 3 on of four registers.
  @inline(__always) static func splitByFour(_ x: Four) -> Four {
    let (e0, o0) = Shuffle.split(x.0, x.1)
    let (e1, o1) = Shuffle.split(x.2, x.3)
    let (a, c) = Shuffle.split(e0, e1)
    let (b, d) = Shuffle.split(o0, o1)
    return (a, b, c, d)
  }

  /// The first two of `splitByFour`.
  @inline(__always) static func firstTwoByFour(_ x: Four) -> (Vector, Vector) {
    let (e0, o0) = Shuffle.split(x.0, x.1)
    let (e1, o1) = Shuffle.split(x.2, x.3)
    return (Shuffle.evens(e0, e1), Shuffle.evens(o0, o1))
  }
}
