import Datasets
import Storage
import Testing

/// Pixels as Pillow 13 draws them; Tests/Peers/pillow_strokes.py compares thousands more.
@Suite struct StrokeCanvasTests {
  private typealias Point = StrokeCanvas.Point

  /// Rows of a map, a hexadecimal digit for each label and a dot for none.
  private static func rows(
    _ width: Int, _ height: Int, _ lines: [(label: UInt8, points: [(Int, Int)])]
  ) -> [String] {
    var canvas = StrokeCanvas(width: width, height: height)
    for line in lines { canvas.polyline(line.points.map { Point(x: $0.0, y: $0.1) }, label: line.label) }
    let map = canvas.labels
    return (0..<height).map { y in
      (0..<width).map { x in
        map[x, y] == Sample.unlabelled ? "." : String(map[x, y], radix: 16)
      }.joined()
    }
  }

  @Test func discsHaveTwelvePixelsAndAreNotCentred() {
    #expect(
      Self.rows(9, 8, [(1, [(4, 4)])]) == [
        ".........", ".........", "...11....", "..1111...", "..1111...", "...11....", ".........", ".........",
      ])
  }

  @Test func discsAreNarrowerAtTheLeftAndTopEdge() {
    #expect(Self.rows(6, 5, [(1, [(0, 0)]), (2, [(5, 4)])]) == ["11....", "1.....", "....22", "...222", "...222"])
    #expect(Self.rows(6, 5, [(1, [(1, 1)]), (2, [(5, 0)])]) == [".1.222", "111.22", ".1....", "......", "......"])
    #expect(Self.rows(6, 5, [(3, [(1, 3)])]) == ["......", ".3....", "333...", "333...", ".3...."])
  }

  @Test func linesAreThreeWideWithDiscsOnTheirEnds() {
    #expect(
      Self.rows(12, 9, [(5, [(1, 1), (9, 6)])]) == [
        ".55.........", "55555.......", "555555......", "..555555....", "...5555555..", ".....555555.", "......55555.",
        "........55..", "............",
      ])
    #expect(
      Self.rows(12, 9, [(5, [(2, 4), (9, 4)]), (7, [(6, 1), (6, 7)])]) == [
        ".....77.....", "....7777....", ".55..77755..", "55555777555.", "55555777555.", ".555577755..", "....7777....",
        "....7777....", ".....77.....",
      ])
  }

  @Test func whatLiesOutsideIsCutOff() {
    #expect(
      Self.rows(12, 9, [(4, [(-3, 7), (5, -2), (14, 5)])]) == [
        ".4444444444.", "44444..44444", "4444....4444", "444......444", "444.......44", "44..........", "4...........",
        "............", "............",
      ])
    let far = StrokeCanvas.Point.largest
    #expect(Self.rows(2, 2, [(4, [(-far, -far), (-far, far)])]) == ["..", ".."])
    #expect(Self.rows(3, 3, [(4, [(-far, 1), (far, 1)])]) == ["444", "444", "444"])
  }

  @Test func aSegmentWithoutLengthIsOnePixel() {
    var canvas = StrokeCanvas(width: 3, height: 3)
    canvas.segment(StrokeCanvas.Point(x: 1, y: 1), StrokeCanvas.Point(x: 1, y: 1), label: 0)
    #expect(canvas.labels.pixels == [255, 255, 255, 255, 0, 255, 255, 255, 255])
  }

  @Test func laterStrokesCoverEarlierOnesAndDiscsTheirSegments() {
    let twice = Self.rows(9, 8, [(1, [(4, 4)]), (2, [(4, 4)])])
    #expect(twice == Self.rows(9, 8, [(2, [(4, 4)])]))
    #expect(Self.rows(9, 8, [(1, [])]) == Self.rows(9, 8, []))
  }
}
