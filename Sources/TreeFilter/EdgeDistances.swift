import Kernels

import Tensors

/// Squared distances of the features at the two ends of each grid edge, one per slot; 0 where there is no edge. `planes` is
/// [C, H, W]; bands of rows are shared out to all threads.
func squaredDistances<T: FilterElement>(_ planes: Tensor, on grid: GridGraph, of _: T.Type) throws -> Tensor {
  let slots = Tensor(zeros: [grid.slotCount], T.elementType)
  let channels = planes.shape[0]
  try Kernel.parallelRanges(grid.height, grain: max(1, (1 << 18) / (grid.width * channels))) {
    squaredDistances(
      planes.elements(of: T.self), channels: channels, on: grid, rows: $0, into: slots.elements(of: T.self))
  }
  extendLifetime((planes, slots))
  return slots
}

/// Sets the slots above and left of the pixels of some rows.
///
/// The channels are summed in order without fused multiply-adds, so that the tree and the filter see the same distance. Rows
/// are taken in strips whose sums stay in a near cache while the channels pass.
func squaredDistances<T: FilterElement>(
  _ planes: UnsafePointer<T>, channels: Int, on grid: GridGraph, rows: Range<Int>, into slots: UnsafeMutablePointer<T>
) {
  if let kernels = T.kernels {
    return kernels.squaredDistances(
      floats(planes), channels: channels, grid.kernelGrid, rows: rows, into: floats(slots))
  }
  let (width, vertices) = (grid.width, grid.vertexCount)
  let stripRows = max(1, 8192 / width)
  for start in stride(from: rows.lowerBound, to: rows.upperBound, by: stripRows) {
    let end = min(rows.upperBound, start + stripRows)
    (slots + start * width).update(repeating: 0, count: (end - start) * width)
    (slots + grid.horizontalBase + start * width).update(repeating: 0, count: (end - start) * width)
    for channel in stride(from: 0, to: channels, by: 4) {
      let first = planes + channel * vertices
      let (pixels, above) = (start * width, max(1, start) * width)
      let count = min(4, channels - channel)
      // The edge left of a row's first pixel is none, and is cleared below.
      addSquaredDifferences(
        first, step: 1, from: max(1, pixels), to: end * width, planes: count, stride: vertices,
        sums: slots + grid.horizontalBase)
      addSquaredDifferences(
        first, step: width, from: above, to: end * width, planes: count, stride: vertices, sums: slots)
    }
  }
  for y in rows { slots[grid.horizontalBase + y * width] = 0 }
}

/// Adds to `sums[i]` the squared differences between the elements i and i - step of up to four planes, in order.
@inline(__always)
private func addSquaredDifferences<T: FilterElement>(
  _ first: UnsafePointer<T>, step: Int, from: Int, to: Int, planes: Int, stride: Int, sums: UnsafeMutablePointer<T>
) {
  var i = from
  while i &+ 8 <= to {
    var sum = T.load(sums + i)
    for plane in 0..<planes {
      let a = first + (plane &* stride &+ i)
      let difference = T.subtract(T.load(a), T.load(a - step))
      sum = T.add(sum, T.multiply(difference, difference))
    }
    T.store(sum, to: sums + i)
    i &+= 8
  }
  while i < to {
    for plane in 0..<planes {
      let a = first + (plane &* stride &+ i)
      let difference = a[0] - (a - step)[0]
      sums[i] += difference * difference
    }
    i &+= 1
  }
}

/// Sets `gradient` [C, H, W] to what the features receive from the squared distances of the tree's edges.
///
/// `slots` holds for each tree edge twice the gradient with respect to its squared distance, and 0 elsewhere: the derivative of
/// (f_v - f_u)^2 is 2 (f_v - f_u) at v and its negative at u. So each pixel looks at its four neighbours.
func spreadDistanceGradient<T: FilterElement>(
  _ slots: UnsafePointer<T>, _ planes: UnsafePointer<T>, channels: Int, on grid: GridGraph,
  into gradient: UnsafeMutablePointer<T>
) {
  if let kernels = T.kernels {
    return kernels.distanceGradient(
      floats(slots), floats(planes), channels: channels, grid.kernelGrid, into: floats(gradient))
  }
  let width = grid.width
  for row in 0..<channels * grid.height {
    let (start, y) = (row * width, row % grid.height)
    let (here, out) = (planes + start, gradient + start)
    // Beyond the image the slots hold 0, and any finite neighbour does.
    let (above, below) = (y > 0 ? here - width : here, y < grid.height - 1 ? here + width : here)
    let (up, left) = (slots + y * width, slots + grid.horizontalBase + y * width)
    let (down, right) = (up + width, left + 1)
    @inline(__always) func pull(_ x: Int, _ before: Int, _ after: Int) -> T {
      up[x] * (here[x] - above[x]) + down[x] * (here[x] - below[x]) + left[x] * (here[x] - here[before])
        + right[x] * (here[x] - here[after])
    }
    out[0] = pull(0, 0, min(1, width - 1))
    var x = 1
    while x &+ 8 < width {
      let f = T.load(here + x)
      var sum = T.multiply(T.load(up + x), T.subtract(f, T.load(above + x)))
      sum = T.multiplyAdd(T.load(down + x), T.subtract(f, T.load(below + x)), sum)
      sum = T.multiplyAdd(T.load(left + x), T.subtract(f, T.load(here + x - 1)), sum)
      sum = T.multiplyAdd(T.load(right + x), T.subtract(f, T.load(here + x + 1)), sum)
      T.store(sum, to: out + x)
      x &+= 8
    }
    while x < width {
      out[x] = pull(x, x - 1, min(x + 1, width - 1))
      x &+= 1
    }
  }
}
