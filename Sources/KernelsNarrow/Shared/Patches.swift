import Kernels

extension Library {
  @inline(never)
  public static func gatherPatches(
    _ source: Floats, channelStride: Int, channels: Int, scale: Floats?, shift: Floats?, rectifies: Bool,
    _ patch: Patch, first: Int, count: Int, into target: MutableFloats, width: Int
  ) {
    var out = target
    for channel in 0..<channels {
      let plane = source + channel &* channelStride
      var map = ChannelMap(scale: 1, shift: 0, rectifies: rectifies)
      if let scale, let shift { (map.scale, map.shift) = (scale[channel], shift[channel]) }
      for i in 0..<patch.rowTapCount {
        for j in 0..<patch.columnTapCount {
          gather(plane, map, patch, patch.rowTaps[i], patch.columnTaps[j], first, count, out)
          var x = count
          while x < width {
            out[x] = 0
            x &+= 1
          }
          out += width
        }
      }
    }
  }

  /// One tap of one channel, grid row by grid row.
  @inline(__always)
  private static func gather(
    _ plane: Floats, _ map: ChannelMap, _ patch: Patch, _ rowTap: Int, _ columnTap: Int, _ first: Int, _ count: Int,
    _ target: MutableFloats
  ) {
    var (y, x) = (first / patch.gridColumns, first % patch.gridColumns)
    var done = 0
    while done < count {
      let rest = patch.gridColumns &- x
      let length = rest < count &- done ? rest : count &- done
      let row = y &* patch.rowStride &+ rowTap
      let out = target + done
      if row < 0 || row >= patch.sourceRows {
        for i in 0..<length { out[i] = 0 }
      } else {
        let line = plane + row &* patch.sourceColumns
        let start = x &* patch.columnStride &+ columnTap
        if patch.columnStride == 1 {
          let span = Line.Span(first: start, count: length, columns: patch.sourceColumns)
          Line.load(line + start, span, step: 1, map, into: out)
          Line.clear(out, 0, span.low)
          Line.clear(out, span.high, length)
        } else {
          Line.loadStrided(
            line, columns: patch.sourceColumns, first: start, stride: patch.columnStride, count: length, map, into: out)
        }
      }
      done &+= length
      x = 0
      y &+= 1
    }
  }

  @inline(never)
  public static func packPanel(
    _ source: Floats, rowStride: Int, rows: Int, columnStride: Int, columns: Int, into target: MutableFloats
  ) {
    var k = 0
    if rows == 16 && columnStride == 1 {
      while k &+ 16 <= columns {
        Shuffle.transpose16(source + k, stride: rowStride, into: target + 16 &* k, stride: 16)
        k &+= 16
      }
    }
    while k < columns {
      let (from, to) = (source + k &* columnStride, target + 16 &* k)
      for r in 0..<rows { to[r] = from[r &* rowStride] }
      var r = rows
      while r < 16 {
        to[r] = 0
        r &+= 1
      }
      k &+= 1
    }
  }
}
