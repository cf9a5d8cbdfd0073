/// What a window sees as it moves over a grid of positions: for grid row y and row tap i, source row
/// `y · rowStride + rowTaps[i]`, and the same for columns; outside of the source there are zeros.
public struct Patch {
  public var sourceRows: Int
  public var sourceColumns: Int
  public var rowStride: Int
  public var columnStride: Int
  public var rowTaps: UnsafePointer<Int>
  public var rowTapCount: Int
  public var columnTaps: UnsafePointer<Int>
  public var columnTapCount: Int
  public var gridColumns: Int

  public init(
    sourceRows: Int, sourceColumns: Int, rowStride: Int, columnStride: Int, rowTaps: UnsafePointer<Int>,
    rowTapCount: Int, columnTaps: UnsafePointer<Int>, columnTapCount: Int, gridColumns: Int
  ) {
    (self.sourceRows, self.sourceColumns) = (sourceRows, sourceColumns)
    (self.rowStride, self.columnStride) = (rowStride, columnStride)
    (self.rowTaps, self.rowTapCount) = (rowTaps, rowTapCount)
    (self.columnTaps, self.columnTapCount) = (columnTaps, columnTapCount)
    self.gridColumns = gridColumns
  }
}
