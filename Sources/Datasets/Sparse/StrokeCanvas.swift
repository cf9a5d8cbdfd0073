import Storage

/// A label map that scribbles and clicks are drawn into, with exactly the pixels of the published labels: those of Pillow's
/// ellipses of radius 1.5 and lines of width 3, which are neither centred nor symmetric.
///
/// Columns count from the left, rows from the top, both from 0. What lies outside of the canvas is cut off.
public struct StrokeCanvas: Sendable {
  /// The labels so far, `Sample.unlabelled` where nothing was drawn.
  public private(set) var labels: Image8

  /// A column and a row.
  public struct Point: Sendable, Equatable {
    public let x: Int
    public let y: Int

    /// Coordinates of this size at most are drawn: far more than any image has, and sums of them are exact.
    public static let largest = 1 << 20

    public init(x: Int, y: Int) { (self.x, self.y) = (x, y) }
  }

  public init(width: Int, height: Int) {
    labels = Image8(width: width, height: height, channels: 1, filling: Sample.unlabelled)
  }

  /// The segments between consecutive points, then a disc on every point.
  public mutating func polyline(_ points: [Point], label: UInt8) {
    for (start, end) in zip(points, points.dropFirst()) { segment(start, end, label: label) }
    for point in points { disc(point, label: label) }
  }

  /// A disc of radius 1.5: the box between the corners ∓1.5, each truncated toward zero, is 3 or 4 pixels wide and high, and of
  /// its first and last row the ends are missing.
  public mutating func disc(_ centre: Point, label: UInt8) {
    let (left, right) = Self.span(around: centre.x)
    let (top, bottom) = Self.span(around: centre.y)
    for y in top...bottom {
      let inset = y == top || y == bottom ? 1 : 0
      fill(y, left + inset, right - inset, label)
    }
  }

  private static func span(around centre: Int) -> (Int, Int) { (Int(Double(centre) - 1.5), Int(Double(centre) + 1.5)) }

  /// A line of width 3: a quadrangle whose corners are a rounded unit step to either side of the ends.
  public mutating func segment(_ start: Point, _ end: Point, label: UInt8) {
    let (dx, dy) = (Double(end.x - start.x), Double(end.y - start.y))
    if dx == 0 && dy == 0 {
      fill(start.y, start.x, start.x, label)
      return
    }
    let scale = 1 / (dx * dx + dy * dy).squareRoot()
    let (a, b) = (Self.roundedDown(scale * dy), Self.roundedDown(scale * dx))
    let corners = [
      Point(x: start.x - a, y: start.y + b), Point(x: end.x - a, y: end.y + b),
      Point(x: end.x + a, y: end.y - b), Point(x: start.x + a, y: start.y - b),
    ]
    quadrangle(corners, label)
  }

  /// Fills between the edges, row by row. Slopes and crossings are in Float32, since roundings decide about pixels.
  private mutating func quadrangle(_ corners: [Point], _ label: UInt8) {
    let bottom = corners.map(\.y).max()!
    var edges: [(start: Point, slope: Float, rows: ClosedRange<Int>)] = []
    for (start, end) in zip(corners, corners.dropFirst() + corners.prefix(1)) {
      if start.y == end.y {
        fill(start.y, min(start.x, end.x), max(start.x, end.x), label)
      } else {
        let slope = Float(end.x - start.x) / Float(end.y - start.y)
        edges.append((start, slope, min(start.y, end.y)...max(start.y, end.y)))
      }
    }
    let (first, last) = (max(0, corners.map(\.y).min()!), min(labels.height - 1, bottom))
    guard first <= last else { return }
    var crossings: [Float] = []
    for y in first...last {
      crossings.removeAll(keepingCapacity: true)
      for edge in edges where edge.rows.contains(y) {
        let x = Float(y - edge.start.y) * edge.slope + Float(edge.start.x)
        crossings.append(x)
        // An edge that ends above the bottom counts twice in its last row, so that the edge that follows pairs with it.
        if y == edge.rows.upperBound && y < bottom { crossings.append(x) }
      }
      crossings.sort()
      for pair in stride(from: 1, to: crossings.count, by: 2) {
        fill(y, Self.roundedUp(crossings[pair - 1]), Self.roundedDown(crossings[pair]), label)
      }
    }
  }

  /// The columns `left` to `right` of a row, as far as they are on the canvas; none if `right` is before `left`.
  private mutating func fill(_ y: Int, _ left: Int, _ right: Int, _ label: UInt8) {
    guard y >= 0, y < labels.height else { return }
    let (left, right) = (max(0, left), min(labels.width - 1, right))
    guard left <= right else { return }
    for x in left...right { labels.pixels[y * labels.width + x] = label }
  }

  /// To the nearest number, halves away from zero.
  private static func roundedUp(_ x: Float) -> Int {
    x >= 0 ? Int((x + 0.5).rounded(.down)) : -Int((Double(-x) + 0.5).rounded(.down))
  }

  /// To the nearest number, halves toward zero.
  private static func roundedDown(_ x: Float) -> Int {
    x >= 0 ? Int((x - 0.5).rounded(.up)) : -Int((Double(-x) - 0.5).rounded(.up))
  }

  private static func roundedDown(_ x: Double) -> Int {
    x >= 0 ? Int((x - 0.5).rounded(.up)) : -Int((-x - 0.5).rounded(.up))
  }
}
