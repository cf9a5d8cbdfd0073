import Kernels
import Tensors

/// What the Tree Energy Loss does with rows, besides filtering. Channel 0, the constant, takes no part.
extension NodeRows {
  /// Rows of the softmax over the channels of planes [C, V]; channel 0 becomes 1.
  func softmax<T: FilterElement>(_ planes: UnsafePointer<T>, into rows: UnsafeMutablePointer<SIMD8<T>>) {
    if let kernels = T.kernels {
      return withTile {
        kernels.packRows(floats(planes), shape, constant: 1, softmax: true, into: floats(rows), tile: $0)
      }
    }
    load(planes, constant: 0, into: rows)
    // Channels that are none: -infinity in the maximum, 0 in the sum.
    var absent = SIMD8<T>.zero
    absent[0] = -.infinity
    var absentAtEnd = SIMD8<T>.zero
    for channel in channels + 1..<max(8 * lanes, channels + 1) { absentAtEnd[channel % 8] = -.infinity }
    for vertex in 0..<vertices {
      let row = rows + vertex &* lanes
      row[0] = T.add(row[0], absent)
      row[lanes &- 1] = T.add(row[lanes &- 1], absentAtEnd)
      var largest = row[0]
      for l in 1..<max(1, lanes) { largest = T.maximum(largest, row[l]) }
      let shift = SIMD8<T>(repeating: largest.max())
      var sum = SIMD8<T>.zero
      for l in 0..<lanes {
        let x = T.subtract(row[l], shift)
        row[l] = T.exponential(x)
        sum = T.add(sum, row[l])
      }
      let scale = SIMD8<T>(repeating: 1 / T.sum(sum))
      for l in 0..<lanes { row[l] = T.multiply(row[l], scale) }
      row[0][0] = 1
    }
    clearPadding(rows)
  }

  private func clearPadding<T: FilterElement>(_ rows: UnsafeMutablePointer<SIMD8<T>>) {
    if channels + 1 == 8 * lanes { return }
    for vertex in 0..<vertices {
      for channel in channels + 1..<8 * lanes { rows[vertex &* lanes &+ lanes &- 1][channel % 8] = 0 }
    }
  }

  /// The sum of |p - a| over the vertices where `mask` is not 0.
  func distance<T: FilterElement>(
    _ p: UnsafePointer<SIMD8<T>>, _ a: UnsafePointer<SIMD8<T>>, where mask: UnsafePointer<UInt8>
  ) -> Double {
    if let kernels = T.kernels { return kernels.rowDistance(floats(p), floats(a), where: mask, shape) }
    var total = 0.0
    for vertex in 0..<vertices where mask[vertex] != 0 {
      let start = vertex &* lanes
      var sum = SIMD8<T>.zero
      for l in start..<start &+ lanes { sum = T.add(sum, T.absolute(T.subtract(p[l], a[l]))) }
      total += T.sum(sum).asDouble
    }
    return total
  }

  /// The gradient of `factor · distance` with respect to `p`; 0 where p = a.
  func distanceGradient<T: FilterElement>(
    _ p: UnsafePointer<SIMD8<T>>, _ a: UnsafePointer<SIMD8<T>>, where mask: UnsafePointer<UInt8>, factor: T,
    into gradient: UnsafeMutablePointer<SIMD8<T>>
  ) {
    for vertex in 0..<vertices {
      let start = vertex &* lanes
      let scale = SIMD8<T>(repeating: mask[vertex] != 0 ? factor : 0)
      for l in start..<start &+ lanes { gradient[l] = T.multiply(scale, T.sign(T.subtract(p[l], a[l]))) }
    }
  }

  /// Sets channel 0 of the gradient to what the constant receives through the normalisation: -Σ_c gradient · result.
  func respondToNormalisation<T: FilterElement>(
    _ gradient: UnsafeMutablePointer<SIMD8<T>>, _ result: UnsafePointer<SIMD8<T>>
  ) {
    for vertex in 0..<vertices {
      let start = vertex &* lanes
      gradient[start][0] = 0
      var response = SIMD8<T>.zero
      for l in start..<start &+ lanes { response = T.multiplyAdd(gradient[l], result[l], response) }
      gradient[start][0] = -T.sum(response)
    }
  }

  /// Planes [C, V] of the gradient of the logits, p (g - Σ_c p g), from that of p = softmax(logits): g is what came through the
  /// filters, `flow`, and the gradient of `factor · distance`. `room` is for rows.
  func softmaxGradient<T: FilterElement>(
    _ flow: UnsafePointer<SIMD8<T>>, _ p: UnsafePointer<SIMD8<T>>, _ a: UnsafePointer<SIMD8<T>>,
    where mask: UnsafePointer<UInt8>, factor: T, into planes: UnsafeMutablePointer<T>,
    room: UnsafeMutablePointer<SIMD8<T>>
  ) {
    if let kernels = T.kernels {
      return withTile {
        kernels.softmaxGradient(
          floats(flow), floats(p), floats(a), where: mask, factor: Float(factor.asDouble), shape, into: floats(planes),
          tile: $0)
      }
    }
    distanceGradient(p, a, where: mask, factor: factor, into: room)
    for vertex in 0..<vertices {
      let start = vertex &* lanes
      var dot = SIMD8<T>.zero
      for l in start..<start &+ lanes {
        room[l] = T.add(flow[l], room[l])
        if l == start { room[l][0] = 0 }
        dot = T.multiplyAdd(room[l], p[l], dot)
      }
      let shift = SIMD8<T>(repeating: T.sum(dot))
      for l in start..<start &+ lanes { room[l] = T.multiply(p[l], T.subtract(room[l], shift)) }
    }
    store(room, into: planes)
  }
}
