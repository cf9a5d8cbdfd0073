extension Convolution {
  /// Output positions as one phase, without the taps that see only padding.
  var forwardPhase: PatchProduct.Phase {
    let (row, column) = (live(rows), live(columns))
    return PatchProduct.Phase(
      rowEntries: row.entries, rowTaps: row.taps, columnEntries: column.entries, columnTaps: column.taps,
      gridRows: rows.outputSize, gridColumns: columns.outputSize, rowStride: rows.stride, columnStride: columns.stride)
  }

  private func live(_ axis: Axis) -> (entries: [Int], taps: [Int]) {
    let entries = (0..<axis.kernel).filter { entry in
      let tap = entry * axis.dilation - axis.padding
      return Convolution.sees(tap, stride: axis.stride, grid: axis.outputSize, source: axis.size)
    }
    return (entries, entries.map { $0 * axis.dilation - axis.padding })
  }

  /// Whether a tap is inside of the source for any grid position.
  private static func sees(_ tap: Int, stride: Int, grid: Int, source: Int) -> Bool {
    let first = tap >= 0 ? 0 : (-tap + stride - 1) / stride
    return first < grid && first * stride + tap < source
  }

  /// Input positions that are equal modulo the stride see the same kernel entries of the output's gradient.
  var gradientPhases: [PatchProduct.Phase] {
    (0..<min(rows.stride, rows.size)).flatMap { row in
      (0..<min(columns.stride, columns.size)).map { column in
        let (r, c) = (reaching(rows, phase: row), reaching(columns, phase: column))
        return PatchProduct.Phase(
          rowEntries: r.entries, rowTaps: r.taps, columnEntries: c.entries, columnTaps: c.taps, gridRows: r.grid,
          gridColumns: c.grid, rowStride: 1, columnStride: 1, targetRow: row, targetColumn: column,
          targetRowStride: rows.stride, targetColumnStride: columns.stride)
      }
    }
  }

  private func reaching(_ axis: Axis, phase: Int) -> (entries: [Int], taps: [Int], grid: Int) {
    let grid = (axis.size - phase + axis.stride - 1) / axis.stride
    func tap(_ entry: Int) -> Int { phase + axis.padding - entry * axis.dilation }
    let entries = (0..<axis.kernel).filter {
      guard tap($0) % axis.stride == 0 else { return false }
      return Convolution.sees(tap($0) / axis.stride, stride: 1, grid: grid, source: axis.outputSize)
    }
    return (entries, entries.map { tap($0) / axis.stride }, grid)
  }
}
