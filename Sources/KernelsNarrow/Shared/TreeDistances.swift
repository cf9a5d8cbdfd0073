import Kernels

extension Library {
  /// Pixels whose sums, two per pixel, stay in the nearest cache while the channels pass.
  @inline(__always) private static var strip: Int { 4096 }

  public static func squaredDistances(
    _ planes: Floats, channels: Int, _ grid: TreeGrid, rows: Range<Int>, into slots: MutableFloats
  ) {
    let (width, vertices) = (grid.width, grid.vertices)
    let (vertical, horizontal) = (slots, slots + grid.horizontalBase)
    let stripRows = width < strip ? strip / width : 1
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = start &+ stripRows < rows.upperBound ? start &+ stripRows : rows.upperBound
      for i in start &* width..<end &* width { (vertical[i], horizontal[i]) = (0, 0) }
      var channel = 0
      while channel < channels {
        let count = channels &- channel < 4 ? channels &- channel : 4
        let plane = planes + channel &* vertices
        // The edge left of a row's first pixel is none, and is cleared below; the first row has none above.
        var first = start &* width
        if start == 0 {
          addDifferences(plane, step: 1, from: 1, to: width, planes: count, stride: vertices, horizontal)
          first = width
        }
        addBoth(
          plane, width, from: first, to: end &* width, planes: count, stride: vertices, vertical, horizontal)
        channel &+= 4
      }
      for y in start..<end { horizontal[y &* width] = 0 }
      start = end
    }
  }

  @inline(never)
  private static func addBoth(
    _ plane: Floats, _ width: Int, from: Int, to: Int, planes: Int, stride: Int, _ vertical: MutableFloats,
    _ horizontal: MutableFloats
  ) {
    let n = Vector.scalarCount
    var i = from
    if planes == 4 {
      while i &+ n <= to {
        var (v, h) = (Vector(vertical + i), Vector(horizontal + i))
        for k in 0..<4 {
          let p = plane + (k &* stride &+ i)
          let here = Vector(p)
          let (dv, dh) = (here - Vector(p - width), here - Vector(p - 1))
          v += dv * dv
          h += dh * dh
        }
        v.store(vertical + i)
        h.store(horizontal + i)
        i &+= n
      }
    } else {
      while i &+ n <= to {
        var (v, h) = (Vector(vertical + i), Vector(horizontal + i))
        for k in 0..<planes {
          let p = plane + (k &* stride &+ i)
          let here = Vector(p)
          let (dv, dh) = (here - Vector(p - width), here - Vector(p - 1))
          v += dv * dv
          h += dh * dh
        }
        v.store(vertical + i)
        h.store(horizontal + i)
        i &+= n
      }
    }
    addDifferences(plane, step: 1, from: i, to: to, planes: planes, stride: stride, horizontal)
    addDifferences(plane, step: width, from: i, to: to, planes: planes, stride: stride, vertical)
  }

  @inline(never)
  private static func addDifferences(
    _ plane: Floats, step: Int, from: Int, to: Int, planes: Int, stride: Int, _ sums: MutableFloats
  ) {
    var i = from
    while i < to {
      for k in 0..<planes {
        let p = plane + (k &* stride &+ i)
        let difference = p[0] - (p - step)[0]
        sums[i] += difference * difference
      }
      i &+= 1
    }
  }

  public static func distanceGradient(
    _ slots: Floats, _ planes: Floats, channels: Int, _ grid: TreeGrid, into gradient: MutableFloats
  ) {
    let (width, vertices) = (grid.width, grid.vertices)
    let last = vertices &- width
    for c in 0..<channels {
      let (plane, out) = (planes + c &* vertices, gradient + c &* vertices)
      edgeRow(slots, plane, grid, 0, out)
      if last > 0 { edgeRow(slots, plane, grid, last, out) }
    }
    if width >= last { return }
    var c = 0
    while c < channels {
      let (plane, out) = (planes + c &* vertices, gradient + c &* vertices)
      if c &+ 4 <= channels {
        innerRows(slots, plane, grid, out)
        c &+= 4
      } else {
        innerRow(slots, plane, grid, width, last, out)
        c &+= 1
      }
    }
  }

  /// All rows that have one above and one below, as one line: where a row ends the slots hold 0. Four channels at once, which
  /// read the slots once.
  @inline(never)
  private static func innerRows(_ slots: Floats, _ plane: Floats, _ grid: TreeGrid, _ out: MutableFloats) {
    let (n, width, base, stride) = (Vector.scalarCount, grid.width, grid.horizontalBase, grid.vertices)
    let to = grid.vertices &- width
    var i = width
    while i &+ n <= to {
      let s = slots + i
      let (up, down) = (Vector(s), Vector(s + width))
      let (left, right) = (Vector(s + base), Vector(s + (base &+ 1)))
      for k in 0..<4 {
        let p = plane + (k &* stride &+ i)
        let here = Vector(p)
        var sum = up * (here - Vector(p - width))
        sum = sum.fma(down, here - Vector(p + width))
        sum = sum.fma(left, here - Vector(p - 1))
        sum = sum.fma(right, here - Vector(p + 1))
        sum.store(out + (k &* stride &+ i))
      }
      i &+= n
    }
    for k in 0..<4 { innerRow(slots, plane + k &* stride, grid, i, to, out + k &* stride) }
  }

  /// The same of one channel, for pixels `from..<to`.
  @inline(never)
  private static func innerRow(
    _ slots: Floats, _ plane: Floats, _ grid: TreeGrid, _ from: Int, _ to: Int, _ out: MutableFloats
  ) {
    let (n, width, base) = (Vector.scalarCount, grid.width, grid.horizontalBase)
    var i = from
    while i &+ n <= to {
      let (s, p) = (slots + i, plane + i)
      let here = Vector(p)
      var sum = Vector(s) * (here - Vector(p - width))
      sum = sum.fma(Vector(s + width), here - Vector(p + width))
      sum = sum.fma(Vector(s + base), here - Vector(p - 1))
      sum = sum.fma(Vector(s + (base &+ 1)), here - Vector(p + 1))
      sum.store(out + i)
      i &+= n
    }
    while i < to {
      out[i] = pull(slots + i, plane + i, width, base, -width, width, -1, 1)
      i &+= 1
    }
  }

  /// The first or the last row: beyond it the slots hold 0, and any pixel stands for the missing one.
  @inline(never)
  private static func edgeRow(
    _ slots: Floats, _ plane: Floats, _ grid: TreeGrid, _ start: Int, _ out: MutableFloats
  ) {
    let (n, width, base) = (Vector.scalarCount, grid.width, grid.horizontalBase)
    let above = start > 0 ? -width : 0
    let below = start &+ width < grid.vertices ? width : 0
    var x = 0
    while x < width {
      let (s, p) = (slots + (start &+ x), plane + (start &+ x))
      if x > 0 && x &+ n < width {
        let here = Vector(p)
        var sum = Vector(s) * (here - Vector(p + above))
        sum = sum.fma(Vector(s + width), here - Vector(p + below))
        sum = sum.fma(Vector(s + base), here - Vector(p - 1))
        sum = sum.fma(Vector(s + (base &+ 1)), here - Vector(p + 1))
        sum.store(out + (start &+ x))
        x &+= n
      } else {
        out[start &+ x] = pull(s, p, width, base, above, below, x > 0 ? -1 : 0, x &+ 1 < width ? 1 : 0)
        x &+= 1
      }
    }
  }

  @inline(__always)
  private static func pull(
    _ s: Floats, _ p: Floats, _ width: Int, _ base: Int, _ above: Int, _ below: Int, _ before: Int, _ after: Int
  ) -> Float {
    (s[0] * (p[0] - p[above])).addingProduct(s[width], p[0] - p[below]).addingProduct(s[base], p[0] - p[before])
      .addingProduct(s[base &+ 1], p[0] - p[after])
  }
}
