/// The region that a stroke covers, in units of the picture's height.
enum Outline: Sendable {
  case box(Point, Point)
  case ellipse(center: Point, radii: Point)
  /// Corners in order; inside by the even-odd rule.
  case polygon([Point])

  static func circle(_ center: Point, _ radius: Float) -> Outline {
    .ellipse(center: center, radii: Point(repeating: radius))
  }

  /// A straight bar of the given thickness between two points.
  static func bar(from a: Point, to b: Point, thickness: Float) -> Outline {
    let along = b - a
    let length = max(1e-6, (along * along).sum().squareRoot())
    let side = Point(-along.y, along.x) * (thickness / 2 / length)
    return .polygon([a - side, b - side, b + side, a + side])
  }

  /// Smallest and largest y.
  var verticalExtent: (Float, Float) {
    switch self {
    case .box(let low, let high): (low.y, high.y)
    case .ellipse(let center, let radii): (center.y - radii.y, center.y + radii.y)
    case .polygon(let corners): corners.reduce((.infinity, -.infinity)) { (min($0.0, $1.y), max($0.1, $1.y)) }
    }
  }

  /// Where the horizontal line at `y` enters and leaves the region, sorted, in pairs.
  func crossings(at y: Float, into result: inout [Float]) {
    result.removeAll(keepingCapacity: true)
    switch self {
    case .box(let low, let high):
      if y >= low.y && y < high.y { result += [low.x, high.x] }
    case .ellipse(let center, let radii):
      let t = (y - center.y) / radii.y
      if t > -1 && t < 1 {
        let half = radii.x * (1 - t * t).squareRoot()
        result += [center.x - half, center.x + half]
      }
    case .polygon(let corners):
      var previous = corners[corners.count - 1]
      for corner in corners {
        if (previous.y <= y) != (corner.y <= y) {
          result.append(previous.x + (y - previous.y) / (corner.y - previous.y) * (corner.x - previous.x))
        }
        previous = corner
      }
      result.sort()
    }
  }
}
