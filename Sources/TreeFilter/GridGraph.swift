/// The 4-connected grid over the pixels of an image.
///
/// Pixel (row y, column x) is vertex `y * width + x`; vertex 0, the top left pixel, is the root of every tree.
/// Edges have a fixed order that decides ties: first the `(height-1) * width` vertical ones `(y,x)–(y+1,x)`, row-major,
/// then the `height * (width-1)` horizontal ones `(y,x)–(y,x+1)`, row-major.
public struct GridGraph: Hashable, Sendable {
  public let height: Int
  public let width: Int

  /// - Parameters: both at least 1; fewer than 2^30 pixels together.
  public init(height: Int, width: Int) {
    precondition(height > 0 && width > 0 && height * width < 1 << 30)
    (self.height, self.width) = (height, width)
  }

  public var vertexCount: Int { height * width }
  public var verticalEdgeCount: Int { (height - 1) * width }
  public var edgeCount: Int { verticalEdgeCount + height * (width - 1) }

  /// The ends of the edge with the given index in the fixed order; the source is the upper or left one.
  public func edge(_ index: Int) -> (source: Int, target: Int) {
    precondition(index >= 0 && index < edgeCount)
    if index < verticalEdgeCount { return (index, index + width) }
    let (y, x) = (index - verticalEdgeCount).quotientAndRemainder(dividingBy: width - 1)
    return (y * width + x, y * width + x + 1)
  }
}

/// Kernels keep a value per edge in *slots*: the vertical edge above vertex v in slot v, the horizontal edge left of
/// vertex v in slot `horizontalBase + v`. Slots that belong to no edge frame the grid, so that the four edges of any
/// vertex can be read without asking whether they exist.
extension GridGraph {
  var horizontalBase: Int { vertexCount + width }
  var slotCount: Int { horizontalBase + vertexCount + 1 }

  /// The slot of the edge between two neighbouring vertices.
  @inline(__always) func slot(_ u: Int, _ v: Int) -> Int {
    let upper = max(u, v)
    return upper &- min(u, v) == width ? upper : upper &+ horizontalBase
  }
}
