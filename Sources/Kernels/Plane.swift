/// How the pixels of one channel lie in memory: a whole map, or every d-th row and column of it.
public struct Plane: Sendable {
  public var rows: Int
  public var columns: Int
  /// Floats from one row to the next, from one column to the next, and from one image to the next.
  public var rowStride: Int
  public var columnStride: Int
  public var imageStride: Int

  public init(rows: Int, columns: Int, rowStride: Int, columnStride: Int, imageStride: Int) {
    (self.rows, self.columns, self.rowStride, self.columnStride) = (rows, columns, rowStride, columnStride)
    self.imageStride = imageStride
  }
}

/// A rectangle of tiles of 4×4 pixels, the same in each of some images; tile (i, j) begins at pixel row 4i and column 4j.
/// Tiles are numbered image by image and row by row.
public struct TileRange: Sendable {
  public var images: Int
  public var firstRow: Int
  public var rows: Int
  public var firstColumn: Int
  public var columns: Int

  public init(images: Int, firstRow: Int, rows: Int, firstColumn: Int, columns: Int) {
    self.images = images
    (self.firstRow, self.rows, self.firstColumn, self.columns) = (firstRow, rows, firstColumn, columns)
  }

  @inline(__always) public var count: Int { images &* rows &* columns }
  /// The count in whole registers of either width.
  @inline(__always) public var paddedCount: Int { (count &+ 15) & ~15 }
}

/// What is done to the pixels of a channel while they are loaded: `scale · x + shift`, and a ReLU if asked for. Batch
/// normalisation is that, so a normalised map need not be written.
public struct ChannelMap: Sendable {
  public var scale: Float
  public var shift: Float
  public var rectifies: Bool
  /// Whether x are values that `mark` made, so that their last bit says what the ReLU let through.
  public var isMarked: Bool

  public init(scale: Float, shift: Float, rectifies: Bool, isMarked: Bool = false) {
    (self.scale, self.shift, self.rectifies, self.isMarked) = (scale, shift, rectifies, isMarked)
  }

  public static var identity: ChannelMap { ChannelMap(scale: 1, shift: 0, rectifies: false) }
  @inline(__always) public var isIdentity: Bool { scale == 1 && shift == 0 && !rectifies }
}
