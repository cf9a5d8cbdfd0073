/// A walk from pixel to pixel made smooth, without leaving the pixels it may use.
struct SmoothCurve {
  /// The pixels of the curve, each beside the last.
  let pixels: [Int]

  /// A curve has about so many points, and at least this many pixels from one to the next: the longer, the wider its bends.
  private static let (pointCount, leastSpacing) = (20, 5)
  /// How often every point is moved towards the middle of its neighbours.
  private static let rounds = 24

  /// - Parameters:
  ///   - path: pixels, each beside the last one, at least one
  ///   - width: of the picture
  ///   - isAllowed: whether a pixel may be used; those of the path may
  init(_ path: [Int], width: Int, isAllowed: (Int) -> Bool) {
    func line(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double)) -> [Int] {
      let steps = max(1, Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)))
      return (0...steps).map { step in
        let share = Double(step) / Double(steps)
        return Int((a.y + (b.y - a.y) * share).rounded()) * width + Int((a.x + (b.x - a.x) * share).rounded())
      }
    }
    func isFree(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double)) -> Bool { line(a, b).allSatisfy(isAllowed) }
    func point(_ pixel: Int) -> (x: Double, y: Double) { (Double(pixel % width), Double(pixel / width)) }

    let spacing = max(Self.leastSpacing, path.count / Self.pointCount)
    var points = [point(path[0])]
    var last = 0
    while last < path.count - 1 {
      // As far as a straight line may go, one pixel at least.
      var next = min(path.count - 1, last + spacing)
      while next > last + 1, !isFree(point(path[last]), point(path[next])) { next -= 1 }
      points.append(point(path[next]))
      last = next
    }
    for _ in 0..<Self.rounds where points.count > 2 {
      for index in 1..<points.count - 1 {
        let (before, here, after) = (points[index - 1], points[index], points[index + 1])
        let moved = (x: here.x / 2 + (before.x + after.x) / 4, y: here.y / 2 + (before.y + after.y) / 4)
        if isFree(before, moved), isFree(moved, after) { points[index] = moved }
      }
    }
    pixels =
      points.count == 1 ? [path[0]] : zip(points, points.dropFirst()).flatMap { line($0, $1) }
  }
}
