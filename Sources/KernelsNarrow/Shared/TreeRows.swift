import CProcessor
import Kernels

/// Rows and planes: everything passes through a tile of 64 pixels, channel by channel, that stays in the nearest cache. Its
/// channel 0 is the constant and its last channels are padding, so that it consists of whole blocks of 8×8.
struct RowTile {
  let values: MutableFloats
  let octets: Int

  @inline(__always) static var width: Int { TreeRows.tileWidth }
  @inline(__always) private var channels: Int { 8 &* octets }

  @inline(__always) private func line(_ channel: Int) -> MutableFloats { values + channel &* RowTile.width }

  /// Fills the tile with `constant` in channel 0 and zeros in all others.
  @inline(__always) func clear(constant: Float) {
    let n = Vector.scalarCount
    for i in 0..<RowTile.width / n { Vector(repeating: constant).store(values + i &* n) }
    for i in RowTile.width / n..<channels &* RowTile.width / n { Vector(repeating: 0).store(values + i &* n) }
  }

  /// Channels 1… from planes, `count` pixels of each.
  @inline(__always) func load(_ planes: Floats, stride: Int, channels: Int, count: Int) {
    let n = Vector.scalarCount
    for c in 0..<channels {
      let (source, target) = (planes + c &* stride, line(c &+ 1))
      if count == RowTile.width {
        for i in 0..<RowTile.width / n { Vector(source + i &* n).store(target + i &* n) }
      } else {
        for i in 0..<count { target[i] = source[i] }
      }
    }
  }

  @inline(__always) func store(_ planes: MutableFloats, stride: Int, channels: Int, count: Int) {
    let n = Vector.scalarCount
    for c in 0..<channels {
      let (source, target) = (line(c &+ 1), planes + c &* stride)
      if count == RowTile.width {
        for i in 0..<RowTile.width / n { Vector(source + i &* n).store(target + i &* n) }
      } else {
        for i in 0..<count { target[i] = source[i] }
      }
    }
  }

  /// Softmax over channels 1…`channels` of each pixel.
  @inline(__always) func softmax(channels: Int) {
    let n = Vector.scalarCount
    for i in 0..<RowTile.width / n {
      let first = line(1) + i &* n
      var top = Vector(first)
      for c in 1..<(channels > 1 ? channels : 1) {
        let x = Vector(first + c &* RowTile.width)
        top.replace(with: x, where: x .> top)
      }
      var sum = Vector(repeating: 0)
      for c in 0..<channels {
        let address = first + c &* RowTile.width
        let e = (Vector(address) - top).exponential
        e.store(address)
        sum += e
      }
      let scale = Vector(repeating: 1) / sum
      for c in 0..<channels {
        let address = first + c &* RowTile.width
        (Vector(address) * scale).store(address)
      }
    }
  }

  /// The tile's pixels as rows, whole blocks of eight of them.
  @inline(__always) func storeRows(_ rows: MutableFloats, count: Int) {
    let stride = channels
    for i in 0..<(count &+ 7) / 8 {
      for l in 0..<octets {
        shuffle_transpose8(
          values + (8 &* l &* RowTile.width &+ 8 &* i), RowTile.width, rows + (8 &* i &* stride &+ 8 &* l), stride)
      }
    }
  }

  @inline(__always) func loadRows(_ rows: Floats, count: Int) {
    let stride = channels
    for i in 0..<(count &+ 7) / 8 {
      for l in 0..<octets {
        shuffle_transpose8(
          rows + (8 &* i &* stride &+ 8 &* l), stride, values + (8 &* l &* RowTile.width &+ 8 &* i), RowTile.width)
      }
    }
  }
}

extension Library {
  /// Calls `body` with the first pixel of each tile and how many it has.
  @inline(__always)
  private static func forEachTile(_ vertices: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    var start = 0
    while start < vertices {
      let left = vertices &- start
      body(start, left < RowTile.width ? left : RowTile.width)
      start &+= RowTile.width
    }
  }

  @inline(never)
  public static func packRows(
    _ planes: Floats, _ shape: TreeRows, constant: Float, softmax: Bool,
    into rows: MutableFloats, tile: MutableFloats
  ) {
    let (tile, stride) = (RowTile(values: tile, octets: shape.octets), 8 &* shape.octets)
    tile.clear(constant: constant)
    forEachTile(shape.vertices) { start, count in
      tile.load(planes + start, stride: shape.vertices, channels: shape.channels, count: count)
      if softmax { tile.softmax(channels: shape.channels) }
      tile.storeRows(rows + start &* stride, count: count)
    }
  }

  @inline(never)
  public static func unpackRows(
    _ rows: Floats, _ shape: TreeRows, into planes: MutableFloats, tile: MutableFloats
  ) {
    let (tile, stride) = (RowTile(values: tile, octets: shape.octets), 8 &* shape.octets)
    forEachTile(shape.vertices) { start, count in
      tile.loadRows(rows + start &* stride, count: count)
      tile.store(planes + start, stride: shape.vertices, channels: shape.channels, count: count)
    }
  }

  @inline(never)
  public static func rowDistance(
    _ p: Floats, _ a: Floats, where mask: UnsafePointer<UInt8>, _ shape: TreeRows
  ) -> Double {
    let stride = 8 &* shape.octets
    var total = 0.0
    for vertex in 0..<shape.vertices {
      var sum = Octet(repeating: 0)
      for l in 0..<shape.octets {
        let at = vertex &* stride &+ 8 &* l
        sum = sum + (Octet(p + at) - Octet(a + at)).magnitude
      }
      total += mask[vertex] != 0 ? Double(sum.total) : 0
    }
    return total
  }

  @inline(never)
  public static func softmaxGradient(
    _ flow: Floats, _ p: Floats, _ a: Floats, where mask: UnsafePointer<UInt8>, factor: Float, _ shape: TreeRows,
    into planes: MutableFloats, tile: MutableFloats
  ) {
    let stride = 8 &* shape.octets
    // The rows of a tile lie behind it.
    let rows = tile + stride &* RowTile.width
    let tile = RowTile(values: tile, octets: shape.octets)
    forEachTile(shape.vertices) { start, count in
      for i in 0..<count {
        let at = (start &+ i) &* stride
        let row = rows + i &* stride
        let scale = Octet(repeating: mask[start &+ i] != 0 ? factor : 0)
        var dot = Octet(repeating: 0)
        for l in 0..<shape.octets {
          let (x, soft) = (Octet(p + (at &+ 8 &* l)), Octet(a + (at &+ 8 &* l)))
          var g = Octet(flow + (at &+ 8 &* l)).fma(scale, (x - soft).sign)
          if l == 0 { g = g.replacingFirst(0) }
          g.store(row + 8 &* l)
          dot = dot.fma(g, x)
        }
        let shift = Octet(repeating: dot.total)
        for l in 0..<shape.octets {
          (Octet(p + (at &+ 8 &* l)) * (Octet(row + 8 &* l) - shift)).store(row + 8 &* l)
        }
      }
      tile.loadRows(Floats(rows), count: count)
      tile.store(planes + start, stride: shape.vertices, channels: shape.channels, count: count)
    }
  }
}
