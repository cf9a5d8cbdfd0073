import Kernels

extension Library {
  @inline(never)
  public static func winogradInput(
    _ x: Floats, _ plane: Plane, _ map: ChannelMap, _ tiles: TileRange, into target: MutableFloats,
    frequencyStride: Int, panelWidth: Int, panelStride: Int, scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    let pitch = tiles.paddedCount &+ 16
    gatherTiles(x, plane, map, tiles, into: scratch, pitch: pitch)
    var q = 0
    while q < tiles.count {
      // Down the columns, in place.
      for column in 0..<6 {
        let s = scratch + (column &* pitch &+ q)
        let step = 6 &* pitch
        let t = WinogradTransform.input(
          Vector(s), Vector(s + step), Vector(s + 2 &* step), Vector(s + 3 &* step), Vector(s + 4 &* step),
          Vector(s + 5 &* step))
        t.0.store(s)
        t.1.store(s + step)
        t.2.store(s + 2 &* step)
        t.3.store(s + 3 &* step)
        t.4.store(s + 4 &* step)
        t.5.store(s + 5 &* step)
      }
      var out = target + ((q / panelWidth) &* panelStride &+ q % panelWidth)
      for row in 0..<6 {
        let s = scratch + (row &* 6 &* pitch &+ q)
        let t = WinogradTransform.input(
          Vector(s), Vector(s + pitch), Vector(s + 2 &* pitch), Vector(s + 3 &* pitch), Vector(s + 4 &* pitch),
          Vector(s + 5 &* pitch))
        t.0.store(out)
        t.1.store(out + frequencyStride)
        t.2.store(out + 2 &* frequencyStride)
        t.3.store(out + 3 &* frequencyStride)
        t.4.store(out + 4 &* frequencyStride)
        t.5.store(out + 5 &* frequencyStride)
        out += 6 &* frequencyStride
      }
      q &+= n
    }
  }

  /// Lays out the 6×6 pixels of each tile: pixel (i, j) of tile q at `target + (6·i + j)·pitch + q`. What a register writes
  /// beyond a row of tiles is written over by the next row.
  @inline(__always)
  private static func gatherTiles(
    _ x: Floats, _ plane: Plane, _ map: ChannelMap, _ tiles: TileRange, into target: MutableFloats, pitch: Int
  ) {
    let n = Vector.scalarCount
    let line = target + 36 &* pitch
    let room = 4 &* (tiles.columns &+ n) &+ 16
    let (zeroth, first) = (line + room, line + room + (tiles.columns &+ 2 &* n))
    clearPadding(target, 36, tiles, pitch)
    for image in 0..<tiles.images {
      let source = x + image &* plane.imageStride
      let target = target + image &* tiles.rows &* tiles.columns
      for r in 0..<4 &* tiles.rows &+ 2 {
        let y = 4 &* tiles.firstRow &- 1 &+ r
        if y < 0 || y >= plane.rows {
          fillLine(line, room)
        } else {
          Line.load(
            source + y &* plane.rowStride, columns: plane.columns, step: plane.columnStride,
            first: 4 &* tiles.firstColumn &- 1, count: 4 &* tiles.columns &+ 2, room: room, map, into: line)
        }
        // A pixel row is row i of one tile, and row i + 4 of the tile above.
        let (row, i) = (r &>> 2, r & 3)
        let here = target + (6 &* i &* pitch &+ row &* tiles.columns)
        let above = target + (6 &* (i &+ 4) &* pitch &+ (row &- 1) &* tiles.columns)
        let (isOwn, isAbove) = (row < tiles.rows, i < 2 && row > 0)
        var t = 0
        while t < tiles.columns &+ 1 {
          let (a, b, c, d) = Line.splitByFour(line + 4 &* t)
          a.store(zeroth + t)
          b.store(first + t)
          if t < tiles.columns {
            if isOwn { put(a, b, c, d, here + t, pitch) }
            if isAbove { put(a, b, c, d, above + t, pitch) }
          }
          t &+= n
        }
        Vector(repeating: 0).store(zeroth + t)
        Vector(repeating: 0).store(first + t)
        // Pixels 4 and 5 of a tile are pixels 0 and 1 of the next.
        t = 0
        while t < tiles.columns {
          let (e, f) = (Vector(zeroth + (t &+ 1)), Vector(first + (t &+ 1)))
          if isOwn {
            e.store(here + (4 &* pitch &+ t))
            f.store(here + (5 &* pitch &+ t))
          }
          if isAbove {
            e.store(above + (4 &* pitch &+ t))
            f.store(above + (5 &* pitch &+ t))
          }
          t &+= n
        }
      }
    }
  }

  /// Zeros where the last register of each of `count` arrays may hold no tile.
  @inline(__always)
  private static func clearPadding(_ arrays: MutableFloats, _ count: Int, _ tiles: TileRange, _ pitch: Int) {
    for i in 0..<count {
      let tail = arrays + (i &* pitch &+ tiles.paddedCount &- 16)
      for j in 0..<16 { tail[j] = 0 }
    }
  }

  @inline(__always)
  private static func put(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, _ target: MutableFloats, _ pitch: Int) {
    a.store(target)
    b.store(target + pitch)
    c.store(target + 2 &* pitch)
    d.store(target + 3 &* pitch)
  }

  @inline(__always) private static func fillLine(_ line: MutableFloats, _ count: Int) {
    for i in 0..<count { line[i] = 0 }
  }

  @inline(never)
  public static func winogradGradient(
    _ g: Floats, _ plane: Plane, _ tiles: TileRange, into target: MutableFloats, frequencyStride: Int,
    scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    let pitch = tiles.paddedCount &+ 16
    let line = scratch + 36 &* pitch
    let room = 4 &* (tiles.columns &+ n)
    clearPadding(scratch, 16, tiles, pitch)
    for image in 0..<tiles.images {
      let source = g + image &* plane.imageStride
      for r in 0..<4 &* tiles.rows {
        let y = 4 &* tiles.firstRow &+ r
        if y >= plane.rows {
          fillLine(line, room)
        } else {
          Line.load(
            source + y &* plane.rowStride, columns: plane.columns, step: plane.columnStride,
            first: 4 &* tiles.firstColumn, count: 4 &* tiles.columns, room: room, .identity, into: line)
        }
        let row = image &* tiles.rows &+ r &>> 2
        let here = scratch + (4 &* (r & 3) &* pitch &+ row &* tiles.columns)
        var t = 0
        while t < tiles.columns {
          let (a, b, c, d) = Line.splitByFour(line + 4 &* t)
          put(a, b, c, d, here + t, pitch)
          t &+= n
        }
      }
    }
    // Down the columns from 4 rows of 4 to 6 rows of 4, then along the rows; 24 registers stay in the second half of scratch.
    let tall = scratch + 16 &* pitch
    var q = 0
    while q < tiles.count {
      for column in 0..<4 {
        let s = scratch + (column &* pitch &+ q)
        let step = 4 &* pitch
        let t = WinogradTransform.gradient(
          Vector(s), Vector(s + step), Vector(s + 2 &* step), Vector(s + 3 &* step))
        let u = tall + column &* n
        t.0.store(u)
        t.1.store(u + 4 &* n)
        t.2.store(u + 8 &* n)
        t.3.store(u + 12 &* n)
        t.4.store(u + 16 &* n)
        t.5.store(u + 20 &* n)
      }
      var out = target + q
      for row in 0..<6 {
        let u = tall + 4 &* row &* n
        let t = WinogradTransform.gradient(Vector(u), Vector(u + n), Vector(u + 2 &* n), Vector(u + 3 &* n))
        t.0.store(out)
        t.1.store(out + frequencyStride)
        t.2.store(out + 2 &* frequencyStride)
        t.3.store(out + 3 &* frequencyStride)
        t.4.store(out + 4 &* frequencyStride)
        t.5.store(out + 5 &* frequencyStride)
        out += 6 &* frequencyStride
      }
      q &+= n
    }
    // Sums over tiles run over whole registers: what is no tile adds nothing.
    if tiles.count < tiles.paddedCount {
      for f in 0..<36 {
        for q in tiles.count..<tiles.paddedCount { target[f &* frequencyStride &+ q] = 0 }
      }
    }
  }
}
