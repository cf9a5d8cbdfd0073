/// Squared distances of the features at the two ends of each grid edge, one per slot; 0 where there is no edge.
///
/// `planes` is [C, H, W]. The channels are summed in order without fused multiply-adds, so that the tree and the filter
/// see the same distance.
func squaredDistances<T: FilterElement>(
  _ planes: UnsafePointer<T>, channels: Int, on grid: GridGraph, into slots: UnsafeMutablePointer<T>
) {
  slots.update(repeating: 0, count: grid.slotCount)
  let (width, vertices) = (grid.width, grid.vertexCount)
  for y in 0..<grid.height {
    for channel in 0..<channels {
      let row = planes + channel * vertices + y * width
      if y > 0 { addSquaredDifferences(row, row - width, count: width, to: slots + y * width) }
      let horizontal = slots + grid.horizontalBase + y * width
      addSquaredDifferences(row + 1, row, count: width - 1, to: horizontal + 1)
    }
  }
}

@inline(__always)
private func addSquaredDifferences<T: FilterElement>(
  _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, count: Int, to sum: UnsafeMutablePointer<T>
) {
  for i in 0..<count {
    let difference = a[i] - b[i]
    sum[i] += difference * difference
  }
}

/// Sets `gradient` [C, H, W] to what the features receive from the squared distances of the tree's edges.
///
/// `slots` holds for each tree edge twice the gradient with respect to its squared distance, and 0 elsewhere: the derivative of
/// (f_v - f_u)^2 is 2 (f_v - f_u) at v and its negative at u.
func spreadDistanceGradient<T: FilterElement>(
  _ slots: UnsafePointer<T>, _ planes: UnsafePointer<T>, channels: Int, on grid: GridGraph,
  into gradient: UnsafeMutablePointer<T>
) {
  let (width, vertices) = (grid.width, grid.vertexCount)
  for channel in 0..<channels {
    for y in 0..<grid.height {
      let start = channel * vertices + y * width
      let (row, out) = (planes + start, gradient + start)
      let horizontal = slots + grid.horizontalBase + y * width
      for x in 0..<width { out[x] = 0 }
      if y > 0 {
        let vertical = slots + y * width
        for x in 0..<width {
          let part = vertical[x] * (row[x] - row[x - width])
          out[x] += part
          out[x - width] -= part
        }
      }
      for x in 1..<max(1, width) { out[x] += horizontal[x] * (row[x] - row[x - 1]) }
      for x in 1..<max(1, width) { out[x - 1] -= horizontal[x] * (row[x] - row[x - 1]) }
    }
  }
}
