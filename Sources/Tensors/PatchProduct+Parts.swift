/// Parts of a phase that see different taps.
///
/// With a large dilation most taps see padding at most positions: of a window with dilation 24 over 32×32 pixels, a quarter of the
/// products is with pixels. Cut into rectangles by which taps are inside, only these products are left.
extension PatchProduct.Phase {
  /// A rectangle of positions whose taps are all inside of the source, or the whole phase.
  struct Part {
    var phase: PatchProduct.Phase
    /// Taps that are gathered and multiplied together: all, or one after the other.
    var groups: [Group]
    /// Where its first position lies in a dense target.
    var place = 0

    struct Group {
      /// The part's positions with the taps of the group.
      var phase: PatchProduct.Phase
      /// The group's first tap among the whole phase's, and how far apart the weights of what is gathered lie, in taps.
      var tap: Int
      var step: Int
    }

    var tapsTogether: Int { groups.first?.phase.taps ?? 0 }
  }

  /// The whole phase, or its rectangles where that saves a fifth of the products.
  func parts(sourceRows: Int, sourceColumns: Int) -> [Part] {
    let whole = [Part(phase: self, groups: [Part.Group(phase: self, tap: 0, step: 1)])]
    let rows = bands(rowTaps, stride: rowStride, grid: gridRows, source: sourceRows)
    let columns = bands(columnTaps, stride: columnStride, grid: gridColumns, source: sourceColumns)
    func products(_ bands: [Band]) -> Int { bands.reduce(0) { $0 + $1.range.count * $1.taps.count } }
    guard taps > 1, products(rows) * products(columns) * 5 < taps * gridCount * 4 else { return whole }
    return rows.flatMap { row in columns.map { part(row, $0) } }
  }

  /// Positions along an axis that see the same taps.
  private struct Band {
    var range: Range<Int>
    /// Which ones.
    var taps: [Int]
  }

  private func bands(_ taps: [Int], stride: Int, grid: Int, source: Int) -> [Band] {
    var bands: [Band] = []
    for position in 0..<grid {
      let inside = taps.indices.filter { 0..<source ~= position * stride + taps[$0] }
      if let last = bands.last, last.taps == inside {
        bands[bands.count - 1].range = last.range.lowerBound..<position + 1
      } else {
        bands.append(Band(range: position..<position + 1, taps: inside))
      }
    }
    return bands
  }

  private func part(_ rows: Band, _ columns: Band) -> Part {
    var part = self
    part.gridRows = rows.range.count
    part.gridColumns = columns.range.count
    part.targetRow += rows.range.lowerBound * targetRowStride
    part.targetColumn += columns.range.lowerBound * targetColumnStride
    var groups = rows.taps.flatMap { row in
      columns.taps.map { column in
        var single = part
        single.rowEntries = [rowEntries[row]]
        single.columnEntries = [columnEntries[column]]
        single.rowTaps = [rowTaps[row] + rows.range.lowerBound * rowStride]
        single.columnTaps = [columnTaps[column] + columns.range.lowerBound * columnStride]
        return Part.Group(phase: single, tap: row * columnTaps.count + column, step: taps)
      }
    }
    if groups.isEmpty {
      // Positions that see padding only still get their zeros.
      var blind = part
      (blind.rowEntries, blind.columnEntries, blind.rowTaps, blind.columnTaps) = ([], [], [], [])
      groups = [Part.Group(phase: blind, tap: 0, step: 1)]
    }
    return Part(phase: part, groups: groups, place: part.targetRow * gridColumns)
  }

  /// The whole phase, or a phase for each row of taps with the rows of positions at which it is inside of the source, where that
  /// saves a fifth of the products.
  func rowsOfTaps(sourceRows: Int) -> [PatchProduct.Phase] {
    let inside = rowTaps.map { tap in
      (0..<gridRows).filter { 0..<sourceRows ~= $0 * rowStride + tap }
    }
    guard rowTaps.count > 1, inside.reduce(0, { $0 + $1.count }) * 5 < rowTaps.count * gridRows * 4 else {
      return [self]
    }
    return rowTaps.indices.compactMap { index in
      guard let first = inside[index].first else { return nil }
      var phase = self
      phase.gridRows = inside[index].count
      phase.rowEntries = [rowEntries[index]]
      phase.rowTaps = [rowTaps[index] + first * rowStride]
      phase.targetRow += first
      return phase
    }
  }

  /// Whether neighbouring positions are neighbours in the target, from one row to the next too.
  func isDense(_ targetColumns: Int) -> Bool {
    targetRowStride == 1 && targetColumnStride == 1 && gridColumns == targetColumns
  }
}
