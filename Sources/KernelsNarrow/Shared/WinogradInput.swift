import CProcessor
import Kernels

extension Library {
  /// Rows of tiles one after the other: down the columns of pixels first, where pixels lie as they are, then split by four and
  /// along the rows. About 110 cycles for 16 tiles: shuffles, arithmetic and stores are even.
  @inline(never)
  public static func winogradInput(
    _ x: Floats, _ plane: Plane, _ map: ChannelMap, _ tiles: TileRange, into target: MutableFloats,
    frequencyStride: Int, panelWidth: Int, panelStride: Int, scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    let stage = Stage(tiles, target, frequencyStride, panelWidth, panelStride, scratch)
    let pitch = Winograd.rowPitch(tiles)
    // Eight rows of pixels, of which a row of tiles sees six, and six rows of columns' transforms.
    let tall = scratch + 8 &* pitch
    let width = 4 &* tiles.columns &+ 2
    var q = 0
    for image in 0..<tiles.images {
      let source = x + image &* plane.imageStride
      for tileRow in 0..<tiles.rows {
        for r in (tileRow == 0 ? 0 : 2)..<6 {
          loadRow(
            source, plane, map, 4 &* (tiles.firstRow &+ tileRow) &- 1 &+ r, first: 4 &* tiles.firstColumn &- 1,
            count: width, room: pitch, into: scratch + ((4 &* tileRow &+ r) & 7) &* pitch)
        }
        transformColumns(scratch, firstRow: 4 &* tileRow, width: width, into: tall, pitch: pitch)
        var t = 0
        while t < tiles.columns {
          var out = stage.address(q &+ t)
          for row in 0..<6 {
            let line = tall + (row &* pitch &+ 4 &* t)
            let (a, b, c, d) = Line.splitByFour(line)
            let (e, f) = Line.firstTwoByFour(line + 4)
            let o = WinogradTransform.input(a, b, c, d, e, f)
            put(o, out, stage.stride)
            out += 6 &* stage.stride
          }
          t &+= n
        }
        q &+= tiles.columns
      }
    }
    stage.finish()
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

  /// Bᵀ down the columns of six rows of pixels.
  @inline(__always)
  private static func transformColumns(
    _ lines: MutableFloats, firstRow: Int, width: Int, into tall: MutableFloats, pitch: Int
  ) {
    let n = Vector.scalarCount
    let (l0, l1) = (lines + (firstRow & 7) &* pitch, lines + ((firstRow &+ 1) & 7) &* pitch)
    let (l2, l3) = (lines + ((firstRow &+ 2) & 7) &* pitch, lines + ((firstRow &+ 3) & 7) &* pitch)
    let (l4, l5) = (lines + ((firstRow &+ 4) & 7) &* pitch, lines + ((firstRow &+ 5) & 7) &* pitch)
    var x = 0
    while x < width {
      let o = WinogradTransform.input(
        Vector(l0 + x), Vector(l1 + x), Vector(l2 + x), Vector(l3 + x), Vector(l4 + x), Vector(l5 + x))
      put(o, tall + x, pitch)
      x &+= n
    }
    // Registers of tiles reach beyond the row.
    for row in 0..<6 {
      var i = x
      while i < pitch {
        Vector(repeating: 0).store(tall + (row &* pitch &+ i))
        i &+= n
      }
    }
  }

  @inline(never)
  public static func winogradGradient(
    _ g: Floats, _ plane: Plane, _ tiles: TileRange, into target: MutableFloats, frequencyStride: Int,
    scratch: MutableFloats
  ) {
    let n = Vector.scalarCount
    let stage = Stage(tiles, target, frequencyStride, tiles.paddedCount, 0, scratch)
    let pitch = Winograd.rowPitch(tiles)
    let tall = scratch + 8 &* pitch
    let width = 4 &* tiles.columns
    var q = 0
    for image in 0..<tiles.images {
      let source = g + image &* plane.imageStride
      for tileRow in 0..<tiles.rows {
        for r in 0..<4 {
          loadRow(
            source, plane, .identity, 4 &* (tiles.firstRow &+ tileRow) &+ r, first: 4 &* tiles.firstColumn,
            count: width, room: pitch, into: scratch + r &* pitch)
        }
        var x = 0
        while x < pitch {
          let l = scratch + x
          let o = WinogradTransform.gradient(
            Vector(l), Vector(l + pitch), Vector(l + 2 &* pitch), Vector(l + 3 &* pitch))
          put(o, tall + x, pitch)
          x &+= n
        }
        var t = 0
        while t < tiles.columns {
          var out = stage.address(q &+ t)
          for row in 0..<6 {
            let (a, b, c, d) = Line.splitByFour(tall + (row &* pitch &+ 4 &* t))
            put(WinogradTransform.gradient(a, b, c, d), out, stage.stride)
            out += 6 &* stage.stride
          }
          t &+= n
        }
        q &+= tiles.columns
      }
    }
    stage.finish()
    // Sums over tiles run over whole registers: what is no tile adds nothing.
    if tiles.count < tiles.paddedCount {
      for f in 0..<36 {
        for q in tiles.count..<tiles.paddedCount { target[f &* frequencyStride &+ q] = 0 }
      }
    }
  }
}

/// Where transforms go: to their target where rows of tiles fill registers, else to scratch memory first, since a register then
/// reaches into tiles that come later, or that are none.
private struct Stage {
  private let target: MutableFloats
  private let targetStride: Int
  private let panelWidth: Int
  private let panelStride: Int
  private let staging: MutableFloats?
  private let count: Int
  /// Floats from one frequency to the next.
  let stride: Int

  @inline(__always)
  init(
    _ tiles: TileRange, _ target: MutableFloats, _ frequencyStride: Int, _ panelWidth: Int, _ panelStride: Int,
    _ scratch: MutableFloats
  ) {
    (self.target, targetStride) = (target, frequencyStride)
    (self.panelWidth, self.panelStride) = (panelWidth, panelStride)
    count = tiles.paddedCount
    if tiles.columns & 15 == 0 {
      (staging, stride) = (nil, frequencyStride)
      return
    }
    let pitch = Winograd.stagePitch(tiles)
    let memory = scratch + 14 &* Winograd.rowPitch(tiles)
    for f in 0..<36 {
      for i in count &- 16..<count { memory[f &* pitch &+ i] = 0 }
    }
    (staging, stride) = (memory, pitch)
  }

  @inline(__always) func address(_ q: Int) -> MutableFloats {
    if let staging { return staging + q }
    return target + ((q / panelWidth) &* panelStride &+ q % panelWidth)
  }

  @inline(__always) func finish() {
    guard let staging else { return }
    let n = Vector.scalarCount
    var q = 0
    while q < count {
      let out = target + ((q / panelWidth) &* panelStride &+ q % panelWidth)
      for f in 0..<36 { Vector(staging + (f &* stride &+ q)).store(out + f &* targetStride) }
      q &+= n
    }
  }
}
