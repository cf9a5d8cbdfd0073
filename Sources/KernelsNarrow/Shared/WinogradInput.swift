import CProcessor
import Kernels

extension Library {
  /// First down the columns of pixels, where pixels lie as they are, then split by four and along the rows. Where a row of tiles
  /// doesn't fill registers, what the columns gave is collected of all of them first.
  @inline(never)
  public static func winogradInput(
    _ x: Floats, _ plane: Plane, _ map: ChannelMap, _ tiles: TileRange, into target: MutableFloats,
    frequencyStride: Int, panelWidth: Int, panelStride: Int, scratch: MutableFloats
  ) {
    let isWide = tiles.columns & 15 == 0
    let (pitch, tallPitch) = (Winograd.rowPitch(tiles), Winograd.tallPitch(tiles))
    // Eight rows of pixels, of which a row of tiles sees six; six rows of columns' transforms, and the same from the fifth pixel of
    // each row of tiles on.
    let tall = scratch + 8 &* pitch
    let next = isWide ? tall + 4 : tall + 6 &* tallPitch
    let width = 4 &* tiles.columns &+ 2
    var (first, count) = (0, 0)
    for image in 0..<tiles.images {
      let source = x + image &* plane.imageStride
      for tileRow in 0..<tiles.rows {
        for r in (tileRow == 0 ? 0 : 2)..<6 {
          loadRow(
            source, plane, map, 4 &* (tiles.firstRow &+ tileRow) &- 1 &+ r, first: 4 &* tiles.firstColumn &- 1,
            count: width, room: pitch, into: scratch + ((4 &* tileRow &+ r) & 7) &* pitch)
        }
        let place = 4 &* count
        transformColumns(
          scratch, firstRow: 4 &* tileRow, width: width, pitch: pitch, into: tall + place,
          isWide ? nil : next + place, tallPitch)
        count &+= tiles.columns
        if isWide {
          transformRows(tall, next, tallPitch, first, count, target, frequencyStride, panelWidth, panelStride)
          first &+= count
          count = 0
        }
      }
    }
    if isWide { return }
    clear(tall, rows: 12, pitch: tallPitch, from: 4 &* count, to: 4 &* tiles.paddedCount)
    transformRows(
      tall, next, tallPitch, 0, tiles.paddedCount, target, frequencyStride, panelWidth, panelStride)
  }

  /// `count` tiles from tile `first` on, whole registers of them.
  @inline(__always)
  private static func transformRows(
    _ tall: MutableFloats, _ next: MutableFloats, _ pitch: Int, _ first: Int, _ count: Int, _ target: MutableFloats,
    _ frequencyStride: Int, _ panelWidth: Int, _ panelStride: Int
  ) {
    var t = 0
    while t < count {
      let q = first &+ t
      var out = target + ((q / panelWidth) &* panelStride &+ q % panelWidth)
      for row in 0..<6 {
        let at = row &* pitch &+ 4 &* t
        let (a, b, c, d) = Line.splitByFour(tall + at)
        let (e, f) = Line.firstTwoByFour(next + at)
        put(WinogradTransform.input(a, b, c, d, e, f), out, frequencyStride)
        out += 6 &* frequencyStride
      }
      t &+= Vector.scalarCount
    }
  }

  /// What is no tile is nothing: sums over tiles run over whole registers.
  @inline(__always)
  private static func clear(_ rows: MutableFloats, rows count: Int, pitch: Int, from first: Int, to end: Int) {
    for row in 0..<count {
      for x in first..<end { rows[row &* pitch &+ x] = 0 }
    }
  }

  @inline(__always)
  private static func put(_ o: WinogradTransform.Six, _ out: MutableFloats, _ stride: Int) {
    o.0.store(out)
    o.1.store(out + stride)
    o.2.store(out + 2 &* stride)
    o.3.store(out + 3 &* stride)
    o.4.store(out + 4 &* stride)
    o.5.store(out + 5 &* stride)
  }

  /// One row of pixels with zeros around it; asks for the same row of the next channel, which is far away in memory.
  @inline(__always)
  private static func loadRow(
    _ source: Floats, _ plane: Plane, _ map: ChannelMap, _ y: Int, first: Int, count: Int, room: Int,
    into line: MutableFloats
  ) {
    if y < 0 || y >= plane.rows {
      for i in 0..<room { line[i] = 0 }
      return
    }
    let row = source + y &* plane.rowStride
    Line.load(
      row, columns: plane.columns, step: plane.columnStride, first: first, count: count, room: room, map, into: line)
    if plane.columnStride == 1 {
      let next = row + (plane.rows &* plane.rowStride &+ first)
      var i = 0
      while i < count {
        processor_prefetch(next + i)
        i &+= 16
      }
    }
  }

  /// Bᵀ down the columns of six rows of pixels. Registers reach beyond the row of tiles, into what the next one overwrites.
  @inline(__always)
  private static func transformColumns(
    _ lines: MutableFloats, firstRow: Int, width: Int, pitch: Int, into tall: MutableFloats, _ next: MutableFloats?,
    _ tallPitch: Int
  ) {
    let n = Vector.scalarCount
    let (l0, l1) = (lines + (firstRow & 7) &* pitch, lines + ((firstRow &+ 1) & 7) &* pitch)
    let (l2, l3) = (lines + ((firstRow &+ 2) & 7) &* pitch, lines + ((firstRow &+ 3) & 7) &* pitch)
    let (l4, l5) = (lines + ((firstRow &+ 4) & 7) &* pitch, lines + ((firstRow &+ 5) & 7) &* pitch)
    // The first four columns have no place in `next`: there the row before has its last two.
    let shifted = next.map { $0 - 4 }
    let last = shifted.map { lastTwo($0, tallPitch) }
    var x = 0
    while x < width {
      let o = WinogradTransform.input(
        Vector(l0 + x), Vector(l1 + x), Vector(l2 + x), Vector(l3 + x), Vector(l4 + x), Vector(l5 + x))
      put(o, tall + x, tallPitch)
      if let shifted { put(o, shifted + x, tallPitch) }
      x &+= n
    }
    if let shifted, let last { setLastTwo(shifted, tallPitch, last) }
  }

  private typealias Pairs = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  @inline(__always) private static func lastTwo(_ p: MutableFloats, _ pitch: Int) -> Pairs {
    func pair(_ row: Int) -> UInt64 { UnsafeRawPointer(p + row &* pitch).loadUnaligned(as: UInt64.self) }
    return (pair(0), pair(1), pair(2), pair(3), pair(4), pair(5))
  }

  @inline(__always) private static func setLastTwo(_ p: MutableFloats, _ pitch: Int, _ pairs: Pairs) {
    func set(_ row: Int, _ pair: UInt64) {
      UnsafeMutableRawPointer(p + row &* pitch).storeBytes(of: pair, as: UInt64.self)
    }
    set(0, pairs.0)
    set(1, pairs.1)
    set(2, pairs.2)
    set(3, pairs.3)
    set(4, pairs.4)
    set(5, pairs.5)
  }

  @inline(never)
  public static func winogradGradient(
    _ g: Floats, _ plane: Plane, _ tiles: TileRange, into target: MutableFloats, frequencyStride: Int,
    scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    let (pitch, tallPitch) = (Winograd.rowPitch(tiles), Winograd.tallPitch(tiles))
    let tall = scratch + 8 &* pitch
    let width = 4 &* tiles.columns
    let isWide = tiles.columns & 15 == 0
    var (first, count) = (0, 0)
    for image in 0..<tiles.images {
      let source = g + image &* plane.imageStride
      for tileRow in 0..<tiles.rows {
        for r in 0..<4 {
          loadRow(
            source, plane, .identity, 4 &* (tiles.firstRow &+ tileRow) &+ r, first: 4 &* tiles.firstColumn,
            count: width, room: pitch, into: scratch + r &* pitch)
        }
        var x = 0
        while x < width {
          let l = scratch + x
          let o = WinogradTransform.gradient(
            Vector(l), Vector(l + pitch), Vector(l + 2 &* pitch), Vector(l + 3 &* pitch))
          put(o, tall + (4 &* count &+ x), tallPitch)
          x &+= n
        }
        count &+= tiles.columns
        if isWide {
          transformGradientRows(tall, tallPitch, count, target + first, frequencyStride)
          first &+= count
          count = 0
        }
      }
    }
    if isWide { return }
    clear(tall, rows: 6, pitch: tallPitch, from: 4 &* count, to: 4 &* tiles.paddedCount)
    transformGradientRows(tall, tallPitch, tiles.paddedCount, target, frequencyStride)
  }

  @inline(__always)
  private static func transformGradientRows(
    _ tall: MutableFloats, _ pitch: Int, _ count: Int, _ target: MutableFloats, _ frequencyStride: Int
  ) {
    var t = 0
    while t < count {
      var out = target + t
      for row in 0..<6 {
        let (a, b, c, d) = Line.splitByFour(tall + (row &* pitch &+ 4 &* t))
        put(WinogradTransform.gradient(a, b, c, d), out, frequencyStride)
        out += 6 &* frequencyStride
      }
      t &+= Vector.scalarCount
    }
  }
}
