import Foundation
import Storage

/// Shares of several things, say the IoU of each class, as bars from the left.
public struct BarChart: Sendable {
  public var title: String
  /// Shares, 0…1; what was not measured has no bar.
  public var bars: [(name: String, share: Double)]

  public init(title: String, bars: [(name: String, share: Double)]) { (self.title, self.bars) = (title, bars) }

  public func drawing(width: Double = 640) -> Drawing {
    let (top, row) = (34.0, 19.0)
    let names = bars.map { $0.name.count > 28 ? $0.name.prefix(27) + "…" : $0.name }
    let left = 16 + (names.map { Drawing.width(of: $0, size: 12) }.max() ?? 0)
    let room = width - left - 72
    var drawing = Drawing(width: width, height: top + Double(bars.count) * row + 12, title: title)
    drawing.text(title, at: Point(12, 20), size: 15, isBold: true)
    for (index, bar) in bars.enumerated() {
      let y = top + Double(index) * row
      drawing.text(names[index], at: Point(left - 8, y + 13), anchor: .end)
      drawing.rectangle(x: left, y: y + 3, width: room, height: 12, .hair, opacity: 0.5)
      guard bar.share.isFinite else { continue }
      drawing.rectangle(
        x: left, y: y + 3, width: room * max(0, min(1, bar.share)), height: 12, CurveChart.colours[0])
      drawing.text(String(format: "%.1f %%", 100 * bar.share), at: Point(width - 12, y + 13), anchor: .end)
    }
    return drawing
  }
}
