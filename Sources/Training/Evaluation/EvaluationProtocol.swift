import Datasets
import Foundation

/// The words in which an evaluation says how its numbers came about.
public enum EvaluationProtocol {
  /// One line: how images were shown, how logits became classes, what is averaged, and the arithmetic.
  /// - Parameter images: how many were scored.
  public static func line(images: Int, of data: ValidationData, views: EvaluationViews) -> String {
    let transform = data.transform
    var size =
      switch transform.size {
      case .original: "at their own size"
      case .shorterSide(let side): "with their shorter side resized to \(side)"
      case .exact(let width, let height): "resized to \(width)×\(height) without keeping proportions"
      }
    if transform.multiple > 1 {
      let colour = transform.padding == .black ? "black" : "the mean colour"
      size += " and padded to multiples of \(transform.multiple) in \(colour)"
    }
    let rules = data.rules.map { $0 + ": " } ?? ""
    let peculiar = data.peculiarities.isEmpty ? "" : " (\(data.peculiarities.joined(separator: "; ")))"
    return "\(rules)\(images) images\(peculiar) \(size), \(shown(views)), arg-max of bicubically resized logits, "
      + "mean over those of \(data.dataset.classes.count) classes that occur; "
      + "float32 throughout (published: trained in mixed precision)"
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
