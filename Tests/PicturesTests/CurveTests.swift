import Foundation
import Pictures
import Storage
import Testing

@Suite struct CurveTests {
  @Test(arguments: [
    (0.0, 1.0), (25.7, 29.96), (0.0003, 0.0125), (-3, 5), (1, 40000), (0.4, 0.4), (0, 0), (1e-9, 3e-9), (99.1, 99.3),
    (-1e6, 1e6),
  ])
  func ticksAreRoundAndCoverTheValues(_ low: Double, _ high: Double) throws {
    let ticks = Ticks(covering: [low, high], count: 5)
    let (first, last) = (try #require(ticks.values.first), try #require(ticks.values.last))
    let slack = (last - first) * 1e-6
    #expect(first <= low + slack && last >= high - slack)
    #expect((2...14).contains(ticks.values.count))
    #expect(Set(ticks.labels).count == ticks.labels.count, "\(ticks.labels)")
    let step = (last - first) / Double(ticks.values.count - 1)
    let mantissa = step / pow(10, floor(log10(step) + 1e-9))
    #expect([1, 2, 5].contains { abs(mantissa - $0) < 1e-6 }, "\(step)")
    for (value, label) in zip(ticks.values, ticks.labels) {
      #expect(abs((Double(label) ?? .nan) - value) <= step / 100, "\(label) for \(value)")
    }
  }

  @Test func ticksHaveNoMoreDigitsThanTheyNeed() {
    #expect(Ticks(covering: [25.7, 29.96], count: 5).labels == ["25", "26", "27", "28", "29", "30"])
    #expect(Ticks(covering: [0, 0.5], count: 5).labels == ["0", "0.1", "0.2", "0.3", "0.4", "0.5"])
    #expect(Ticks(covering: [1, 3], count: 7, wholeNumbers: true).labels == ["0", "1", "2", "3"])
    #expect(Ticks(covering: [.nan, .infinity], count: 5).values.count >= 2)
  }

  @Test func manyPointsKeepTheirExtremes() throws {
    var points = (0..<40000).map { Point(Double($0), sin(Double($0) / 500)) }
    points[12345].y = 9
    points[23456].y = -7
    let stretches = CurveChart.Line.stretches(points, limit: 1000)
    #expect(stretches.count == 1)
    let kept = try #require(stretches.first)
    #expect(kept.count <= 1002)
    #expect(kept.contains { $0 == Point(12345, 9) } && kept.contains { $0 == Point(23456, -7) })
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x <= $1.x })
  }

  @Test func whatWasNotMeasuredLeavesAGap() {
    let values = [1, 2, .nan, .nan, 3, .infinity, 4]
    let line = CurveChart.Line("a", at: Array(0..<7), values)
    #expect(CurveChart.Line.stretches(line.points).map { $0.map(\.y) } == [[1, 2], [3], [4]])
  }

  @Test func runningMeansKeepLevelsAndSlopes() throws {
    let flat = CurveChart.Line("a", at: Array(0..<200), [Double](repeating: 3, count: 200), isNoisy: true)
    #expect(try #require(flat.runningMean).points.allSatisfy { abs($0.y - 3) < 1e-12 })
    let slope = CurveChart.Line("a", at: Array(0..<200), (0..<200).map(Double.init), isNoisy: true)
    let mean = try #require(slope.runningMean)
    for index in mean.window..<200 - mean.window { #expect(abs(mean.points[index].y - Double(index)) < 1e-9) }
    #expect(CurveChart.Line("a", at: [1, 2], [1, 2], isNoisy: true).runningMean == nil)
  }

  @Test func nothingLeavesTheDrawing() {
    let lines = (0..<13).map { index in
      CurveChart.Line(
        "a column with a rather long name \(index)", at: Array(1...300), (1...300).map { Double($0 * index) },
        isNoisy: index % 2 == 0)
    }
    for width in [360.0, 720] {
      let drawing = CurveChart(title: "Many", yLabel: "value", lines: lines).drawing(width: width)
      var texts: [(x: Double, y: Double, width: Double)] = []
      for element in drawing.elements {
        switch element {
        case .line(let points, _):
          #expect(points.allSatisfy { (0...drawing.width).contains($0.x) && (0...drawing.height).contains($0.y) })
        case .text(let text, let at, let size, .start, _, let isBold, false):
          texts.append((at.x, at.y, Drawing.width(of: text, size: size, isBold: isBold)))
          #expect(at.x + Drawing.width(of: text, size: size, isBold: isBold) <= drawing.width + 1, "\(text)")
        default: break
        }
      }
      // The legend's names don't overlap.
      for (a, b) in zip(texts, texts.dropFirst()) where a.y == b.y { #expect(a.x + a.width <= b.x) }
      #expect(texts.count == 14)
    }
  }

  /// Colours as people without red, green or blue cones see them (Viénot, Brettel, Mollon 1999, and a like one for blue),
  /// in linear light.
  private func seen(_ colour: RGB, _ kind: Int) -> [Double] {
    let linear = [colour.red, colour.green, colour.blue].map { pow(Double($0) / 255, 2.2) }
    let matrices: [[[Double]]] = [
      [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
      [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
      [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
      [[1, 0.1461, -0.1461], [0, 0.8591, 0.1409], [0, 0.8591, 0.1409]],
    ]
    return matrices[kind].map { row in
      pow(max(0, zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 }), 1 / 2.2) * 255
    }
  }

  @Test(arguments: 0...3) func everybodyTellsTheColoursOfLinesApart(_ kind: Int) {
    let colours = CurveChart.colours.prefix(6)
    for (index, a) in colours.enumerated() {
      for b in colours.dropFirst(index + 1) {
        let distance = zip(seen(a, kind), seen(b, kind)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        #expect(distance > 25, "\(a.hex) and \(b.hex): \(distance)")
      }
    }
  }

  @Test func runsBecomeCharts() throws {
    var run = RunFile()
    for iteration in 1...50 {
      run.append("train", iteration: iteration, ["loss": 2, "tree": 1, "learning_rate": 0.1, "seconds": 1])
    }
    run.append("val", iteration: 25, ["miou": 0.25], vectors: ["iou_per_class": [0.5, 0]])
    let charts = RunCurves.charts(run.metrics)
    #expect(charts.map(\.title) == ["Training loss", "Validation"])
    #expect(charts[0].lines.map(\.name) == ["loss", "tree"])
    #expect(charts[1].lines[0].points == [Point(25, 25)])
    #expect(charts[1].covered == 0...50)
    #expect(RunCurves.chart("train/learning_rate", run.metrics)?.lines[0].points.count == 50)
    #expect(RunCurves.chart("val/iou_per_class", run.metrics) == nil)
    let bars = try #require(RunCurves.bars("val/iou_per_class", run.metrics, entries: ["road"]))
    let texts = bars.elements.compactMap { if case .text(let text, _, _, _, _, _, _) = $0 { text } else { nil } }
    #expect(texts.contains("road") && texts.contains("50.0 %") && texts.contains("0.0 %"))
    #expect(RunCurves.charts([:]).isEmpty && RunCurves.chart("train/none", run.metrics) == nil)
  }
}
