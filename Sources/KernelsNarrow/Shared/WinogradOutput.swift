import Kernels

extension Library {
  @inline(never)
  public static func winogradOutput(
    _ products: Floats, frequencyStride: Int, _ tiles: TileRange, bias: Float, into y: MutableFloats, _ plane: Plane,
    scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    // Four rows of pixels of all tiles, after room for 24 registers.
    let lines = scratch + 24 * 16
    let pitch = 4 &* tiles.paddedCount &+ 16
    // Where rows of tiles fill registers and the map ends with them, pixels go straight to their place.
    let isWhole =
      tiles.columns & 15 == 0 && plane.columnStride == 1 && 4 &* (tiles.firstColumn &+ tiles.columns) <= plane.columns
      && 4 &* (tiles.firstRow &+ tiles.rows) <= plane.rows
    let offset = Vector(repeating: bias)
    var q = 0
    while q < tiles.count {
      for column in 0..<6 {
        let m = products + (column &* frequencyStride &+ q)
        let step = 6 &* frequencyStride
        let t = WinogradTransform.output(
          Vector(m), Vector(m + step), Vector(m + 2 &* step), Vector(m + 3 &* step), Vector(m + 4 &* step),
          Vector(m + 5 &* step))
        let u = scratch + column &* n
        t.0.store(u)
        t.1.store(u + 6 &* n)
        t.2.store(u + 12 &* n)
        t.3.store(u + 18 &* n)
      }
      for row in 0..<4 {
        let u = scratch + 6 &* row &* n
        let t = WinogradTransform.output(
          Vector(u), Vector(u + n), Vector(u + 2 &* n), Vector(u + 3 &* n), Vector(u + 4 &* n), Vector(u + 5 &* n))
        let (even0, even1) = Shuffle.zip(t.0 + offset, t.2 + offset)
        let (odd0, odd1) = Shuffle.zip(t.1 + offset, t.3 + offset)
        let (a, b) = Shuffle.zip(even0, odd0)
        let (c, d) = Shuffle.zip(even1, odd1)
        var out = lines + (row &* pitch &+ 4 &* q)
        if isWhole {
          let tileRow = q / tiles.columns
          out =
            y
            + ((tileRow / tiles.rows) &* plane.imageStride
              &+ (4 &* (tiles.firstRow &+ tileRow % tiles.rows) &+ row) &* plane.rowStride
              &+ 4 &* (tiles.firstColumn &+ q % tiles.columns))
        }
        a.store(out)
        b.store(out + n)
        c.store(out + 2 &* n)
        d.store(out + 3 &* n)
      }
      q &+= n
    }
    if isWhole { return }
    for image in 0..<tiles.images {
      for r in 0..<4 &* tiles.rows {
        let row = 4 &* tiles.firstRow &+ r
        if row >= plane.rows { break }
        let first = 4 &* tiles.firstColumn
        var count = plane.columns &- first
        if count > 4 &* tiles.columns { count = 4 &* tiles.columns }
        let tileRow = image &* tiles.rows &+ r &>> 2
        let source = lines + ((r & 3) &* pitch &+ 4 &* tileRow &* tiles.columns)
        let target = y + (image &* plane.imageStride &+ row &* plane.rowStride &+ first &* plane.columnStride)
        if plane.columnStride == 1 {
          copy(source, target, count)
        } else {
          for x in 0..<count { target[x &* plane.columnStride] = source[x] }
        }
      }
    }
  }

  @inline(__always) private static func copy(_ source: MutableFloats, _ target: MutableFloats, _ count: Int) {
    let n = Vector.scalarCount
    var i = 0
    while i &+ n <= count {
      Vector(source + i).store(target + i)
      i &+= n
    }
    while i < count {
      target[i] = source[i]
      i &+= 1
    }
  }
}
