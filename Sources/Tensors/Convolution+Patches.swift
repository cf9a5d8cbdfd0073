/// What a window sees as it moves over a grid of positions: for grid row `y` and tap `i`, source row
/// `y · rowStride + rowTaps[i]`, and the same for columns; outside of the source there are zeros.
struct Patches {
  let sourceHeight: Int
  let sourceWidth: Int
  let rowStride: Int
  let columnStride: Int
  let rowTaps: [Int]
  let columnTaps: [Int]
  let gridHeight: Int
  let gridWidth: Int

  var taps: Int { rowTaps.count * columnTaps.count }

  /// Lays out what grid rows `rows` see of `planes` source planes as a matrix (im2col): row `plane · taps + tap`,
  /// column `(y − rows.lowerBound) · gridWidth + x`.
  func gather<T: FloatingElement>(
    _ source: UnsafeMutablePointer<T>, planes: Int, rows: Range<Int>, into matrix: UnsafeMutablePointer<T>
  ) {
    var target = matrix
    for plane in 0..<planes {
      let source = source + plane * sourceHeight * sourceWidth
      for rowTap in rowTaps {
        for columnTap in columnTaps {
          gather(source, rowTap, columnTap, rows, target)
          target += rows.count * gridWidth
        }
      }
    }
  }

  @inline(__always)
  private func gather<T: FloatingElement>(
    _ source: UnsafeMutablePointer<T>, _ rowTap: Int, _ columnTap: Int, _ rows: Range<Int>,
    _ matrix: UnsafeMutablePointer<T>
  ) {
    let (width, step) = (gridWidth, columnStride)
    // Grid columns `first..<last` see source columns inside of the image.
    let first = min(width, max(0, (step - 1 - columnTap) / step))
    let last = max(first, min(width, (sourceWidth - columnTap + step - 1) / step))
    var target = matrix
    for y in rows {
      let row = y &* rowStride &+ rowTap
      if row < 0 || row >= sourceHeight {
        target.update(repeating: 0, count: width)
      } else {
        let line = source + (row &* sourceWidth &+ columnTap)
        for x in 0..<first { target[x] = 0 }
        if step == 1 {
          (target + first).update(from: line + first, count: last - first)
        } else {
          for x in first..<last { target[x] = line[x &* step] }
        }
        for x in last..<width { target[x] = 0 }
      }
      target += width
    }
  }
}

extension Convolution {
  /// What each output position sees of the input.
  var inputPatches: Patches {
    Patches(
      sourceHeight: rows.size, sourceWidth: columns.size, rowStride: rows.stride, columnStride: columns.stride,
      rowTaps: (0..<rows.kernel).map { $0 * rows.dilation - rows.padding },
      columnTaps: (0..<columns.kernel).map { $0 * columns.dilation - columns.padding },
      gridHeight: rows.outputSize, gridWidth: columns.outputSize)
  }
}

/// How a product is cut into pieces: some rows of the grid of one image, some channels of the summed dimension at a time.
struct StripPlan {
  /// Grid rows per strip and strips per image.
  let rows: Int
  let strips: Int
  /// Channels laid out at a time.
  let channels: Int

  /// Elements of a patch matrix: 2 MB of `Float`.
  private static let elements = 1 << 19
  /// Rows of a patch matrix: about what OpenBLAS multiplies in one go.
  private static let depth = 512
  /// Fewer columns than this make a matrix product slow.
  private static let narrow = 64

  init(patches: Patches, channels: Int, batch: Int) {
    let taps = max(1, patches.taps)
    self.channels = max(1, min(channels, Self.depth / taps))
    let columns = Self.elements / (self.channels * taps)
    let byMemory = max(1, columns / patches.gridWidth)
    let byThreads = (patches.gridHeight * batch) / (2 * Kernel.threads)
    let least = (Self.narrow + patches.gridWidth - 1) / patches.gridWidth
    let wanted = max(1, min(patches.gridHeight, byMemory, max(byThreads, least)))
    strips = (patches.gridHeight + wanted - 1) / wanted
    rows = (patches.gridHeight + strips - 1) / strips
  }

  func range(_ strip: Int, of patches: Patches) -> Range<Int> {
    min(strip * rows, patches.gridHeight)..<min((strip + 1) * rows, patches.gridHeight)
  }

  /// Elements of the largest patch matrix.
  func matrixElements(_ patches: Patches) -> Int { channels * patches.taps * rows * patches.gridWidth }
}
