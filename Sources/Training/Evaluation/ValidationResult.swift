import Datasets
import Foundation

/// The outcome of scoring a set of images.
public struct ValidationResult: Sendable {
  /// Iterations done when it was made.
  public var iteration = 0
  public let matrix: ConfusionMatrix
  public let scores: SegmentationScores
  public let images: Int
  /// Names of images that could not be read and were left out.
  public let skipped: [String]
  /// What the recipe's own `evaluate` function scored, averaged over images.
  public let extra: [(name: String, value: Double)]
  public let seconds: Double
  /// How the numbers came about, in one line.
  public let protocolLine: String

  /// The numbers by name, as metrics keep them.
  public var values: [String: Double] {
    let own = [
      "miou": scores.meanIoU, "pixel_accuracy": scores.pixelAccuracy,
      "frequency_weighted_iou": scores.frequencyWeightedIoU, "seconds": seconds,
    ]
    return own.merging(extra.map { ($0.name, $0.value) }) { own, _ in own }
  }

  /// The IoU of each class for people, four to a line.
  public func classLines(_ classes: ClassList) -> [String] {
    let cells = zip(classes.names, scores.iouPerClass).map { name, value in
      name.padding(toLength: 14, withPad: " ", startingAt: 0)
        + (value.isNaN ? "     –" : String(format: "%6.2f", 100 * value))
    }
    return stride(from: 0, to: cells.count, by: 4).map { start in
      "  " + cells[start..<min(start + 4, cells.count)].joined(separator: "   ")
    }
  }

  /// The numbers for people, the protocol in the second line.
  public var lines: [String] {
    func percent(_ value: Double) -> String { value.isNaN ? "–" : String(format: "%.2f %%", 100 * value) }
    let others = extra.map { "  \($0.name) \(ProgressText.number($0.value))" }.joined()
    return [
      "iteration \(iteration): mIoU \(percent(scores.meanIoU))  pixel accuracy \(percent(scores.pixelAccuracy))"
        + others + "  (\(ProgressText.duration(seconds)))",
      "  protocol: " + protocolLine,
    ] + (skipped.isEmpty ? [] : ["  left out, unreadable: " + skipped.joined(separator: ", ")])
  }
}
