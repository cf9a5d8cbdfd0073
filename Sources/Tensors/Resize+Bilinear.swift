extension Tensor {
  /// Between the nearest pixels, into `result` `[…, height, width]`.
  func resizeBilinear<T: FloatingElement>(into result: Tensor, _ alignCorners: Bool, _: T.Type) throws {
    let (inputHeight, inputWidth) = (shape[rank - 2], shape[rank - 1])
    let (height, width) = (result.shape[rank - 2], result.shape[rank - 1])
    let rows = ResizeAxis(from: inputHeight, to: height, alignCorners: alignCorners)
    let columns = ResizeAxis(from: inputWidth, to: width, alignCorners: alignCorners)
    try Tensor.withPointers(self, result, of: T.self) { source, target in
      let pieces = shape.dropLast(2).reduce(1, *) * height
      try Kernel.parallelRanges(pieces, grain: max(1, Tensor.parallelGrain / (4 * width))) { range in
        if height <= inputHeight {
          // Few source rows serve two rows: rows first, at the few places that are needed.
          let weights = columns.weight.map { T(nearest: $0) }
          for row in range {
            let (plane, y) = row.quotientAndRemainder(dividingBy: height)
            let upper = source + (plane * inputHeight + rows.low[y]) * inputWidth
            let lower = source + (plane * inputHeight + rows.high[y]) * inputWidth
            let (down, out) = (T(nearest: rows.weight[y]), target + row * width)
            for x in 0..<width {
              let (l, h) = (columns.low[x], columns.high[x])
              let left = upper[l] + (lower[l] - upper[l]) * down
              let right = upper[h] + (lower[h] - upper[h]) * down
              out[x] = left + (right - left) * weights[x]
            }
          }
        } else {
          stretch(range, source, target, rows, columns, height: height, inputs: (inputHeight, inputWidth))
        }
      }
    }
  }

  /// Rows of enlarged planes: each source row is stretched once and serves its neighbours.
  private func stretch<T: FloatingElement>(
    _ range: Range<Int>, _ source: UnsafeMutablePointer<T>, _ target: UnsafeMutablePointer<T>, _ rows: ResizeAxis,
    _ columns: ResizeAxis, height: Int, inputs: (height: Int, width: Int)
  ) {
    let width = columns.low.count
    let weights = columns.weight.map { T(nearest: $0) }
    withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * width) { room in
      // Source row r, if it was stretched, is line r % 2.
      var stretched = [-1, -1]
      func line(_ row: Int) -> UnsafeMutablePointer<T> {
        let line = room.baseAddress! + (row & 1) * width
        if stretched[row & 1] == row { return line }
        stretched[row & 1] = row
        let pixels = source + row * inputs.width
        columns.low.withUnsafeBufferPointer { low in
          columns.high.withUnsafeBufferPointer { high in
            weights.withUnsafeBufferPointer { weights in
              for x in 0..<width {
                line[x] = pixels[low[x]] * (1 - weights[x]) + pixels[high[x]] * weights[x]
              }
            }
          }
        }
        return line
      }
      for row in range {
        let (plane, y) = row.quotientAndRemainder(dividingBy: height)
        let upper = line(plane * inputs.height + rows.low[y])
        let out = target + row * width
        if rows.high[y] == rows.low[y] {
          out.update(from: upper, count: width)
        } else {
          let lower = line(plane * inputs.height + rows.high[y])
          RowLoops.blend(upper, lower, weight: T(nearest: rows.weight[y]), into: out, width)
        }
      }
    }
  }

  /// The adjoint, into `result` `[…, H, W]`: each source pixel collects from those that it had a part in.
  func resizeGradient<T: FloatingElement>(into result: Tensor, _ mode: ResizeMode, _: T.Type) throws {
    let (inputHeight, inputWidth) = (result.shape[rank - 2], result.shape[rank - 1])
    let (height, width) = (shape[rank - 2], shape[rank - 1])
    let rows = ResizeShares<T>(ResizeAxis(mode, from: inputHeight, to: height), of: inputHeight)
    let columns = ResizeShares<T>(ResizeAxis(mode, from: inputWidth, to: width), of: inputWidth)
    try Tensor.withPointers(self, result, of: T.self) { gradient, target in
      let pieces = shape.dropLast(2).reduce(1, *) * inputHeight
      try Kernel.parallelRanges(pieces, grain: max(1, Tensor.parallelGrain / (8 * width))) { range in
        withUnsafeTemporaryAllocation(of: T.self, capacity: width) { room in
          let sum = room.baseAddress!
          for row in range {
            let (plane, r) = row.quotientAndRemainder(dividingBy: inputHeight)
            sum.update(repeating: 0, count: width)
            for share in rows.starts[r]..<rows.starts[r + 1] {
              let line = gradient + (plane * height + rows.positions[share]) * width
              RowLoops.add(line, times: rows.weights[share], to: sum, width)
            }
            columns.collect(sum, into: target + row * inputWidth)
          }
        }
      }
    }
  }
}

/// The parts that the pixels along one axis of an image have in its resized image's.
private struct ResizeShares<T: FloatingElement> {
  /// Shares of source pixel i are `starts[i]..<starts[i + 1]`.
  var starts: [Int] = [0]
  var positions: [Int] = []
  var weights: [T] = []

  init(_ axis: ResizeAxis, of count: Int) {
    var shares = [[(Int, Double)]](repeating: [], count: count)
    for (i, weight) in axis.weight.enumerated() {
      if weight != 1 { shares[axis.low[i]].append((i, 1 - weight)) }
      if weight != 0 { shares[axis.high[i]].append((i, weight)) }
    }
    for share in shares {
      positions += share.map(\.0)
      weights += share.map { T(nearest: $0.1) }
      starts.append(positions.count)
    }
  }

  func collect(_ line: UnsafeMutablePointer<T>, into target: UnsafeMutablePointer<T>) {
    positions.withUnsafeBufferPointer { positions in
      weights.withUnsafeBufferPointer { weights in
        var share = 0
        for i in 0..<starts.count - 1 {
          var sum: T = 0
          while share < starts[i + 1] {
            sum += line[positions[share]] * weights[share]
            share &+= 1
          }
          target[i] = sum
        }
      }
    }
  }
}
