import Storage

extension CurveChart {
  private static let (left, right, below) = (64.0, 20.0, 42.0)
  private static let legendRow = 18.0

  /// The chart on white.
  /// - Parameter height: of the area between the axes.
  public func drawing(width: Double = 720, height: Double = 230) -> Drawing {
    let legend = legendRows(width - Self.left - Self.right)
    let top = 34 + Double(legend.count) * Self.legendRow
    var drawing = Drawing(width: width, height: top + height + Self.below, title: title)
    drawing.text(title, at: Point(Self.left, 20), size: 15, isBold: true)
    for (row, entries) in legend.enumerated() {
      draw(entries, y: 38 + Double(row) * Self.legendRow, on: &drawing)
    }
    let plot = Plot(
      x: Ticks(
        covering: lines.flatMap { $0.points.map(\.x) } + (covered.map { [$0.lowerBound, $0.upperBound] } ?? []),
        count: 7, wholeNumbers: xLabel == "iteration"),
      y: Ticks(covering: lines.flatMap(\.shownValues), count: 5), left: Self.left, top: top,
      width: width - Self.left - Self.right, height: height)
    drawAxes(plot, on: &drawing)
    for (index, line) in lines.enumerated() { draw(line, Self.stroke(index), plot, on: &drawing) }
    return drawing
  }

  /// Several charts, one above the other.
  public static func stacked(_ charts: [CurveChart], width: Double = 720, title: String = "") -> Drawing {
    let drawings = charts.map { $0.drawing(width: width) }
    let gap = 10.0
    var whole = Drawing(
      width: width, height: drawings.reduce(gap) { $0 + $1.height + gap },
      title: title.isEmpty ? charts.map(\.title).joined(separator: "; ") : title)
    var y = gap
    for drawing in drawings {
      whole.place(drawing, at: Point(0, y))
      y += drawing.height + gap
    }
    return whole
  }

  /// Where values lie on the drawing.
  private struct Plot {
    let x: Ticks
    let y: Ticks
    let left: Double
    let top: Double
    let width: Double
    let height: Double

    func place(_ point: Point) -> Point {
      Point(
        left + (point.x - x.range.lowerBound) / (x.range.upperBound - x.range.lowerBound) * width,
        top + height - (point.y - y.range.lowerBound) / (y.range.upperBound - y.range.lowerBound) * height)
    }
  }

  private func drawAxes(_ plot: Plot, on drawing: inout Drawing) {
    let bottom = plot.top + plot.height
    for (value, label) in zip(plot.y.values, plot.y.labels) {
      let y = plot.place(Point(plot.x.range.lowerBound, value)).y
      drawing.line([Point(plot.left, y), Point(plot.left + plot.width, y)], Drawing.Stroke(.hair))
      drawing.text(label, at: Point(plot.left - 8, y + 4), anchor: .end, colour: .faint)
    }
    for (value, label) in zip(plot.x.values, plot.x.labels) {
      let x = plot.place(Point(value, plot.y.range.lowerBound)).x
      drawing.line([Point(x, bottom), Point(x, bottom + 5)], Drawing.Stroke(.faint))
      drawing.text(label, at: Point(x, bottom + 19), anchor: .middle, colour: .faint)
    }
    drawing.line([Point(plot.left, bottom), Point(plot.left + plot.width, bottom)], Drawing.Stroke(.faint))
    drawing.text(xLabel, at: Point(plot.left + plot.width / 2, bottom + 36), anchor: .middle, colour: .faint)
    drawing.text(
      yLabel, at: Point(16, plot.top + plot.height / 2), anchor: .middle, colour: .faint, turned: true)
  }

  private func draw(_ line: Line, _ stroke: Drawing.Stroke, _ plot: Plot, on drawing: inout Drawing) {
    var points = line.points
    if let mean = line.runningMean {
      let pale = Drawing.Stroke(stroke.colour, width: 0.8, opacity: 0.3)
      // Single values may lie beyond what is shown, which follows the means.
      let top = plot.y.range.upperBound
      for stretch in Line.stretches(points) {
        drawing.line(stretch.map { plot.place(Point($0.x, min(top, max(plot.y.range.lowerBound, $0.y)))) }, pale)
      }
      points = mean.points
    }
    let finite = points.count { $0.y.isFinite }
    for stretch in Line.stretches(points) {
      let places = stretch.map(plot.place)
      drawing.line(places, stroke)
      if finite <= 40 || stretch.count == 1 {
        for place in places { drawing.add(.circle(place, radius: 2.8, stroke.colour)) }
      }
    }
  }

  private typealias Entry = (index: Int, text: String, x: Double)

  /// Names of lines in rows that fit; a single line of the chart's own name needs none.
  private func legendRows(_ width: Double) -> [[Entry]] {
    if lines.isEmpty || (lines.count == 1 && lines[0].name == title && lines[0].runningMean == nil) { return [] }
    var (rows, row, x): ([[Entry]], [Entry], Double) = ([], [], 0)
    for (index, line) in lines.enumerated() {
      let window = line.runningMean.map { " (mean of \($0.window))" } ?? ""
      let most = max(4, Int((width - 40) / 6.8) - window.count)
      let name = line.name.count > most ? line.name.prefix(most - 1) + "…" : line.name[...]
      let text = String(name) + window
      let needed = 46 + Drawing.width(of: text, size: 12)
      if x > 0, x + needed > width {
        rows.append(row)
        (row, x) = ([], 0)
      }
      row.append((index, text, x))
      x += needed
    }
    return rows + [row]
  }

  private func draw(_ row: [Entry], y: Double, on drawing: inout Drawing) {
    for entry in row {
      let x = Self.left + entry.x
      drawing.line([Point(x, y), Point(x + 22, y)], Self.stroke(entry.index))
      drawing.text(entry.text, at: Point(x + 28, y + 4))
    }
  }
}

extension CurveChart.Line {
  /// The values that the axis has to cover: of scattering ones the means, and all but the wildest.
  fileprivate var shownValues: [Double] {
    guard let mean = runningMean else { return points.map(\.y) }
    let sorted = points.map(\.y).filter(\.isFinite).sorted()
    guard !sorted.isEmpty else { return [] }
    let tail = sorted.count / 100
    return mean.points.map(\.y) + [sorted[tail], sorted[sorted.count - 1 - tail]]
  }
}
