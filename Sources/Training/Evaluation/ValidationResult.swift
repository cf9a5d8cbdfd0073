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

/// The words in which an evaluation says how its numbers came about.
public enum EvaluationProtocol {
  /// One line: how images were shown, how logits became classes, what is averaged, and the arithmetic.
  public static func line(images: Int, classes: Int, transform: EvaluationTransform, views: EvaluationViews) -> String {
    var size =
      switch transform.size {
      case .original: "at their own size"
      case .shorterSide(let side): "with their shorter side resized to \(side)"
      case .exact(let width, let height): "resized to \(width)×\(height)"
      }
    if transform.multiple > 1 { size += " and padded to multiples of \(transform.multiple)" }
    return "\(images) images \(size), \(shown(views)), arg-max of bicubically resized logits, "
      + "mean over those of \(classes) classes that occur; float32 throughout (published: trained in mixed precision)"
  }
  /// How images are shown to the network.
  static func shown(_ views: EvaluationViews) -> String {
    var parts = ["whole"]
    if let window = views.window {
      parts[0] =
        "in windows of \(window.width)×\(window.height) every \(window.stride.width)×\(window.stride.height) with averaged logits"
      if views.scales.contains(where: { $0 < 1 }) { parts[0] += " (whole below scale 1)" }
    }
    let scales = views.scales.map { String(format: "%g", $0) }.joined(separator: ", ")
    parts.append(views.scales == [1] ? "one scale" : "scales \(scales)")
    parts.append(views.flip ? "each mirrored too" : "no flip")
    if !views.isSingle { parts.append("logits of all views added") }
    return parts.joined(separator: ", ")
  }
}
