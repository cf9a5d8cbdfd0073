import CProcessor
import Kernels

extension Library {
  /// First down the columns of pixels, where pixels lie as they are, then split by four and along the rows.
  @inline(never)
  public static func winogradInput(
    _ x: Floats, _ plane: Plane, _ map: ChannelMap, _ tiles: TileRange, into target: MutableFloats,
    frequencyStride: Int, panelWidth: Int, panelStride: Int, scratch: MutableFloats
  ) {
    // Eight rows of pixels, of which a row of tiles sees six; for each of six rows of columns' transforms, those of all rows of
    // tiles; and where each tile begins among them.
    let pitch = Winograd.rowPitch(tiles)
    let linePitch = Winograd.linePitch(tiles)
    let lines = Winograd.tileLines(tiles)
    let tallPitch = lines &* linePitch
    let tall = scratch + 8 &* pitch
    let width = 4 &* tiles.columns &+ 2
    let span = Line.Span(first: 4 &* tiles.firstColumn &- 1, count: width, columns: plane.columns)
    clear(scratch, 8 &* pitch)
    var line = tall
    for image in 0..<tiles.images {
      let source = x + image &* plane.imageStride
      for tileRow in 0..<tiles.rows {
        for r in (tileRow == 0 ? 0 : 2)..<6 {
          loadRow(
            source, plane, map, 4 &* (tiles.firstRow &+ tileRow) &- 1 &+ r, span,
            into: scratch + ((4 &* tileRow &+ r) & 7) &* pitch)
        }
        transformColumns(scratch, firstRow: 4 &* tileRow, width: width, pitch: pitch, into: line, tallPitch)
        line += linePitch
      }
    }
    // What is no tile is nothing: sums over tiles run over whole registers.
    let used = tiles.images &* tiles.rows
    for row in 0..<6 { clear(tall + (row &* tallPitch &+ used &* linePitch), (lines &- used) &* linePitch) }
    withUnsafeTemporaryAllocation(of: Int.self, capacity: tiles.paddedCount) { places in
      var (column, place) = (0, 0)
      for t in 0..<tiles.paddedCount {
        places[t] = place
        column &+= 1
        place &+= 4
        if column == tiles.columns {
          place &+= linePitch &- 4 &* column
          column = 0
        }
      }
      transformRows(
        tall, tallPitch, places.baseAddress!, areFour: tiles.columns & 3 == 0, tiles.paddedCount, target,
        frequencyStride, panelWidth, panelStride)
    }
  }

  /// `count` tiles, whole registers of them. `areFour` says that tiles come in fours that follow each other.
  @inline(__always)
  private static func transformRows(
    _ tall: MutableFloats, _ pitch: Int, _ places: UnsafePointer<Int>, areFour: Bool, _ count: Int,
    _ target: MutableFloats, _ frequencyStride: Int, _ panelWidth: Int, _ panelStride: Int
  ) {
    var t = 0
    while t < count {
      var out = target + ((t / panelWidth) &* panelStride &+ t % panelWidth)
      for row in 0..<6 {
        let line = tall + row &* pitch
        let (a, b, c, d) = Line.splitByFour(Line.fourRegisters(line, places + t, areFour))
        let (e, f) = Line.firstTwoByFour(Line.fourRegisters(line + 4, places + t, areFour))
        put(WinogradTransform.input(a, b, c, d, e, f), out, frequencyStride)
        out += 6 &* frequencyStride
      }
      t &+= Vector.scalarCount
    }
  }

  /// Sets at least `count` floats to zero, whole registers of them.
  @inline(__always)
  private static func clear(_ line: MutableFloats, _ count: Int) {
    var i = 0
    while i < count {
      Vector(repeating: 0).store(line + i)
      i &+= Vector.scalarCount
    }
  }

  /// One row of pixels, between zeros that are there already; asks for the same row of the next channel, which is far away in
  /// memory.
  @inline(__always)
  private static func loadRow(
    _ source: Floats, _ plane: Plane, _ map: ChannelMap, _ y: Int, _ span: Line.Span, into line: MutableFloats
  ) {
    if y < 0 || y >= plane.rows {
      clear(line, span.high)
      return
    }
    let row = source + (y &* plane.rowStride &+ span.first &* plane.columnStride)
    Line.load(row, span, step: plane.columnStride, map, into: line)
    if plane.columnStride == 1 {
      let next = row + plane.rows &* plane.rowStride
      var i = span.low
      while i < span.high {
        processor_prefetch(next + i)
        i &+= 16
      }
    }
  }

  /// Bᵀ down the columns of six rows of pixels. Registers reach beyond the row of tiles, into what the next one overwrites.
  @inline(__always)
  private static func transformColumns(
    _ lines: MutableFloats, firstRow: Int, width: Int, pitch: Int, into tall: MutableFloats, _ tallPitch: Int
  ) {
    let (l0, l1) = (lines + (firstRow & 7) &* pitch, lines + ((firstRow &+ 1) & 7) &* pitch)
    let (l2, l3) = (lines + ((firstRow &+ 2) & 7) &* pitch, lines + ((firstRow &+ 3) & 7) &* pitch)
    let (l4, l5) = (lines + ((firstRow &+ 4) & 7) &* pitch, lines + ((firstRow &+ 5) & 7) &* pitch)
    var x = 0
    while x < width {
      let o = WinogradTransform.input(
        Vector(l0 + x), Vector(l1 + x), Vector(l2 + x), Vector(l3 + x), Vector(l4 + x), Vector(l5 + x))
      put(o, tall + x, tallPitch)
      x &+= Vector.scalarCount
    }
  }

  @inline(never)
  public static func winogradGradient(
    _ g: Floats, _ plane: Plane, _ tiles: TileRange, into target: MutableFloats, frequencyStride: Int,
    scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    let (pitch, tallPitch) = (Winograd.rowPitch(tiles), 4 &* tiles.paddedCount &+ 16)
    let tall = scratch + 4 &* pitch
    let width = 4 &* tiles.columns
    let span = Line.Span(first: 4 &* tiles.firstColumn, count: width, columns: plane.columns)
    clear(scratch, 4 &* pitch)
    var place = tall
    for image in 0..<tiles.images {
      let source = g + image &* plane.imageStride
      for tileRow in 0..<tiles.rows {
        for r in 0..<4 {
          loadRow(
            source, plane, .identity, 4 &* (tiles.firstRow &+ tileRow) &+ r, span, into: scratch + r &* pitch)
        }
        var x = 0
        while x < width {
          let l = scratch + x
          let o = WinogradTransform.gradient(
            Vector(l), Vector(l + pitch), Vector(l + 2 &* pitch), Vector(l + 3 &* pitch))
          // The last register reaches into what the next row of tiles overwrites.
          put(o, place + x, tallPitch)
          x &+= n
        }
        place += width
      }
    }
    let count = 4 &* tiles.count
    for row in 0..<6 { clear(tall + (row &* tallPitch &+ count), 4 &* tiles.paddedCount &- count) }
    var t = 0
    while t < tiles.paddedCount {
      var out = target + t
      for row in 0..<6 {
        let (a, b, c, d) = Line.splitByFour(Line.fourRegisters(tall + (row &* tallPitch &+ 4 &* t)))
        put(WinogradTransform.gradient(a, b, c, d), out, frequencyStride)
        out += 6 &* frequencyStride
      }
      t &+= n
    }
  }
}
