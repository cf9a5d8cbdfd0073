import Kernels

/// One row of pixels on its way into a transform.
enum Line {
  /// Sets `line[i]` to pixel `first + i` of a row, mapped, and to 0 outside of the row; `count` of them, and zeros up to
  /// `room`.
  @inline(__always)
  static func load(
    _ row: Floats, columns: Int, step: Int, first: Int, count: Int, room: Int, _ map: ChannelMap,
    into line: MutableFloats
  ) {
    let n = Vector.scalarCount
    let low = first < 0 ? (first &+ count < 0 ? count : -first) : 0
    var high = columns &- first
    if high > count { high = count }
    if high < low { high = low }
    fill(line, 0, low)
    fill(line, high, room)
    let source = row + first &* step
    if step != 1 || high &- low < n {
      for i in low..<high {
        let x = source[i &* step]
        let y = map.isIdentity ? x : map.shift.addingProduct(map.scale, x)
        line[i] = map.rectifies && y < 0 ? 0 : y
      }
      return
    }
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
    fill(line, 0, low)
    fill(line, high, count)
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

  @inline(__always) private static func fill(_ line: MutableFloats, _ from: Int, _ to: Int) {
    var i = from
    while i < to {
      line[i] = 0
      i &+= 1
    }
  }

  /// Every fourth element from 0, 1, 2 and 3 on of four registers' worth of `line`.
  @inline(__always) static func splitByFour(_ line: MutableFloats) -> (Vector, Vector, Vector, Vector) {
    let n = Vector.scalarCount
    let (e0, o0) = Shuffle.split(Vector(line), Vector(line + n))
    let (e1, o1) = Shuffle.split(Vector(line + 2 &* n), Vector(line + 3 &* n))
    let (a, c) = Shuffle.split(e0, e1)
    let (b, d) = Shuffle.split(o0, o1)
    return (a, b, c, d)
  }

  /// The first two of `splitByFour`.
  @inline(__always) static func firstTwoByFour(_ line: MutableFloats) -> (Vector, Vector) {
    let n = Vector.scalarCount
    let (e0, o0) = Shuffle.split(Vector(line), Vector(line + n))
    let (e1, o1) = Shuffle.split(Vector(line + 2 &* n), Vector(line + 3 &* n))
    return (Shuffle.evens(e0, e1), Shuffle.evens(o0, o1))
  }
}
