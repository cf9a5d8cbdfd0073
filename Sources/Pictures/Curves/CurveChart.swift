import Storage

/// Numbers over a run, as lines with axes and a legend.
public struct CurveChart: Sendable {
  /// One line of the chart.
  public struct Line: Sendable {
    public var name: String
    /// From left to right; what isn't finite leaves a gap.
    public var points: [Point]
    /// Whether single values scatter: their running mean is drawn over them then.
    public var isNoisy: Bool

    public init(_ name: String, _ points: [Point], isNoisy: Bool = false) {
      (self.name, self.points, self.isNoisy) = (name, points, isNoisy)
    }

    /// Values at iterations, factor times each.
    public init(
      _ name: String, at iterations: [Int], _ values: [Double], times factor: Double = 1, isNoisy: Bool = false
    ) {
      self.init(name, zip(iterations, values).map { Point(Double($0), $1 * factor) }, isNoisy: isNoisy)
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var lines: [Line]
  /// What the horizontal axis has to cover beside the points.
  public var covered: ClosedRange<Double>?

  public init(
    title: String, xLabel: String = "iteration", yLabel: String = "", lines: [Line],
    covering range: ClosedRange<Double>? = nil
  ) {
    (self.title, self.xLabel, self.yLabel, self.lines, covered) = (title, xLabel, yLabel, lines, range)
  }

  /// Colours that people with any kind of colour vision tell apart (M. Okabe, K. Ito, 2008), those that show on white first.
  public static let colours = [
    RGB(0, 114, 178), RGB(213, 94, 0), RGB(0, 158, 115), RGB(204, 121, 167), RGB(230, 159, 0), RGB(86, 180, 233),
    RGB(0, 0, 0),
  ]
  private static let dashes: [[Double]] = [[], [7, 4], [2, 3], [9, 3, 2, 3]]

  /// The look of line `index`: where colours are used up, they come again with dashes.
  static func stroke(_ index: Int) -> Drawing.Stroke {
    Drawing.Stroke(
      colours[index % colours.count], width: 1.8, dashes: dashes[index / colours.count % dashes.count])
  }
}

extension CurveChart.Line {
  /// The mean of the values around each; nil for too few to scatter.
  package var runningMean: (points: [Point], window: Int)? {
    guard isNoisy, points.count >= 30 else { return nil }
    let half = max(2, points.count / 80)
    var means: [Point] = []
    means.reserveCapacity(points.count)
    var (sum, count, first, end) = (0.0, 0, 0, 0)
    for (index, point) in points.enumerated() {
      while end < min(points.count, index + half + 1) {
        if points[end].y.isFinite { (sum, count) = (sum + points[end].y, count + 1) }
        end += 1
      }
      while first < index - half {
        if points[first].y.isFinite { (sum, count) = (sum - points[first].y, count - 1) }
        first += 1
      }
      means.append(Point(point.x, count > 0 ? sum / Double(count) : .nan))
    }
    return (means, 2 * half + 1)
  }

  /// Unbroken stretches of at most `limit` points in all: of many, the lowest and the highest of each part are kept.
  package static func stretches(_ points: [Point], limit: Int = 1600) -> [[Point]] {
    let part = max(1, (2 * points.count + limit - 1) / limit)
    var (result, stretch): ([[Point]], [Point]) = ([], [])
    for start in stride(from: 0, to: points.count, by: part) {
      let some = points[start..<min(points.count, start + part)]
      let finite = some.filter { $0.x.isFinite && $0.y.isFinite }
      guard let low = finite.min(by: { $0.y < $1.y }), let high = finite.max(by: { $0.y < $1.y }) else {
        if !stretch.isEmpty { result.append(stretch) }
        stretch = []
        continue
      }
      if part == 1 { stretch.append(low) } else { stretch += low.x <= high.x ? [low, high] : [high, low] }
    }
    return stretch.isEmpty ? result : result + [stretch]
  }
}
