/// What the Tree Energy Loss does with rows, besides filtering. Channel 0, the constant, takes no part.
extension NodeRows {
  /// Softmax over the channels of each row, in place; channel 0 becomes 1.
  func softmax<T: FilterElement>(_ rows: UnsafeMutablePointer<SIMD8<T>>) {
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

  /// The gradient of the logits from the two parts of the gradient of p = softmax(logits): p (g - Σ_c p g). In place of `first`.
  func softmaxGradient<T: FilterElement>(
    _ first: UnsafeMutablePointer<SIMD8<T>>, _ second: UnsafePointer<SIMD8<T>>, _ p: UnsafePointer<SIMD8<T>>
  ) {
    for vertex in 0..<vertices {
      let start = vertex &* lanes
      first[start][0] = 0
      var dot = SIMD8<T>.zero
      for l in start..<start &+ lanes {
        first[l] = T.add(first[l], second[l])
        dot = T.multiplyAdd(first[l], p[l], dot)
      }
      let shift = SIMD8<T>(repeating: T.sum(dot))
      for l in start..<start &+ lanes { first[l] = T.multiply(p[l], T.subtract(first[l], shift)) }
    }
  }
}
