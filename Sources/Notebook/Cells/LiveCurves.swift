import Foundation
import Pictures
import Training

/// The curves of the training that a cell runs, drawn again as it goes on.
struct LiveCurves {
  private var run: String?
  private var lastDrawing = ContinuousClock.now
  /// A chart is worth this many seconds' wait, and at most this share of the time.
  private static let interval = 1.0
  private static let share = 0.05
  private var cost = 0.0

  /// A chart, if one is due: now and then, and at the end.
  mutating func chart(of trainer: Trainer, isOver: Bool) throws -> MimeBundle? {
    if run != trainer.folder.path { (run, cost) = (trainer.folder.path, 0) }
    let waited = (ContinuousClock.now - lastDrawing) / .seconds(1)
    guard trainer.trainingMetrics.iterations.count > 1,
      isOver || waited >= max(Self.interval, cost / Self.share)
    else { return nil }
    let start = ContinuousClock.now
    defer {
      lastDrawing = .now
      cost = (lastDrawing - start) / .seconds(1)
    }
    let charts = RunCurves.charts(["train": trainer.trainingMetrics, "val": trainer.validationMetrics])
    guard !charts.isEmpty else { return nil }
    let title = "curves of the run \(trainer.folder.name)"
    return MimeBundle(
      [("image/svg+xml", try Picture.drawing(CurveChart.stacked(charts)).svg()), ("text/plain", title)],
      id: "run " + trainer.folder.path)
  }
}
