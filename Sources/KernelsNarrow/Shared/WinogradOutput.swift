import CProcessor
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
    // Where rows of tiles fill registers of pixels and the map ends with them, pixels go straight to their place.
    let isWhole =
      tiles.columns & 3 == 0 && plane.columnStride == 1
      && 4 &* (tiles.firstColumn &+ tiles.columns) <= plane.columns
      && 4 &* (tiles.firstRow &+ tiles.rows) <= plane.rows
    var cursor = Cursor(tiles, plane, y)
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
      let places = (cursor.next(), cursor.next(), cursor.next(), cursor.next())
      // Registers of pixels that these tiles are.
      let registers = 4 &* (tiles.count &- q) / n
      for row in 0..<4 {
        let u = scratch + 6 &* row &* n
        let t = WinogradTransform.output(
          Vector(u), Vector(u + n), Vector(u + 2 &* n), Vector(u + 3 &* n), Vector(u + 4 &* n), Vector(u + 5 &* n))
        let (even0, even1) = Shuffle.zip(t.0 + offset, t.2 + offset)
        let (odd0, odd1) = Shuffle.zip(t.1 + offset, t.3 + offset)
        let (a, b) = Shuffle.zip(even0, odd0)
        let (c, d) = Shuffle.zip(even1, odd1)
        if isWhole {
          let down = row &* plane.rowStride
          // Where the next channel goes: stores wait in line for memory that isn't there yet.
          let ahead = down &+ plane.rows &* plane.rowStride
          processor_prefetch_store(places.0 + ahead)
          if registers > 1 { processor_prefetch_store(places.1 + ahead) }
          if registers > 2 { processor_prefetch_store(places.2 + ahead) }
          if registers > 3 { processor_prefetch_store(places.3 + ahead) }
          a.store(places.0 + down)
          if registers > 1 { b.store(places.1 + down) }
          if registers > 2 { c.store(places.2 + down) }
          if registers > 3 { d.store(places.3 + down) }
        } else {
          let out = lines + (row &* pitch &+ 4 &* q)
          a.store(out)
          b.store(out + n)
          c.store(out + 2 &* n)
          d.store(out + 3 &* n)
        }
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

  /// Where a register of pixels after the other goes, tile after tile.
  private struct Cursor {
    private let tiles: TileRange
    private let plane: Plane
    private var (column, row, image) = (0, 0, 0)
    private var line: MutableFloats
    private let first: MutableFloats

    @inline(__always) init(_ tiles: TileRange, _ plane: Plane, _ y: MutableFloats) {
      (self.tiles, self.plane) = (tiles, plane)
      first = y + (4 &* tiles.firstRow &* plane.rowStride &+ 4 &* tiles.firstColumn)
      line = first
    }

    @inline(__always) mutating func next() -> MutableFloats {
      let place = line + column
      column &+= Vector.scalarCount
      if column == 4 &* tiles.columns {
        (column, row) = (0, row &+ 1)
        line += 4 &* plane.rowStride
        if row == tiles.rows {
          (row, image) = (0, image &+ 1)
          line = first + image &* plane.imageStride
        }
      }
      return place
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
