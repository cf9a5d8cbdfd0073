import Foundation
import Scripting
import Storage

/// Numbers that a run's results say directly or after a sum.
extension RunFile {
  /// The phase whose scores count: validation, or in the results of a test that.
  var scorePhase: String { metrics["val"]?.iterations.isEmpty == false ? "val" : "test" }
  private var scores: MetricTable? { metrics[scorePhase] }

  /// The last iteration that something was measured at.
  var lastIteration: Int { max(metrics["train"]?.iterations.last ?? 0, scores?.iterations.last ?? 0) }

  /// How many the recipe asks for.
  var plannedIterations: Int? {
    if case .integer(let count)? = recipe.resolved["iterations"] { count } else { nil }
  }

  /// The last value of a score, 0…1.
  func lastScore(_ column: String) -> Double? { scores?.columns[column]?.last { $0.isFinite } }

  /// The highest value of a score with its iteration and row.
  func bestScore(_ column: String) -> (value: Double, iteration: Int, row: Int)? {
    guard let scores, let values = scores.columns[column] else { return nil }
    guard let row = values.indices.filter({ values[$0].isFinite }).max(by: { values[$0] < values[$1] }) else {
      return nil
    }
    return (values[row], scores.iterations[row], row)
  }

  /// IoU per class of a row of the scores, the last one unless told otherwise.
  func iouPerClass(row: Int? = nil) -> [Double]? {
    guard let rows = scores?.vectors["iou_per_class"], let last = rows.indices.last else { return nil }
    return rows[row ?? last]
  }

  /// Seconds of all training steps.
  var trainingSeconds: Double? {
    guard let seconds = metrics["train"]?.columns["seconds"]?.filter(\.isFinite), !seconds.isEmpty else { return nil }
    return seconds.reduce(0, +)
  }

  /// What a class is called, by the data or else by the recipe's values.
  func className(_ index: Int) -> String {
    let known = (data["val"] ?? data["train"])?.classes ?? RecordedRecipe(recipe.resolved).coding?.classes.names ?? []
    return index < known.count ? known[index] : "class \(index)"
  }

  /// Which images a part of the data has, in so few letters that two of them can be held against each other; nil where the file
  /// doesn't say. Files of the first version say it among the environment.
  func imagesText(_ part: String) -> String? {
    if let record = data[part] { return "\(record.fingerprint) (\(record.names.count) images)" }
    let key = part == "train" ? "training" : "validation"
    guard let fingerprint = environment[key + "_fingerprint"] else { return nil }
    return fingerprint.text + (environment[key + "_images"].map { " (\($0.text) images)" } ?? "")
  }

  /// How the scores came about, in a line.
  var protocolText: String? { (protocols[scorePhase] ?? protocols["val"])?["text"]?.text }

  /// The command line that makes such a run.
  var commandLine: String {
    var words = ["tel", "run", recipe.sources.first?.name ?? "FILE.lua"] + recipe.arguments
    for setting in recipe.settings { words += ["--set", setting] }
    words += ["--seed", "\(recipe.seed)"]
    return words.map(Self.quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=,:[]".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}

/// Numbers as people read them.
enum Figures {
  /// A share as 29.4 %; a dash for what was not measured.
  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return "–" }
    return String(format: "%.1f %%", 100 * share)
  }

  /// A difference of shares in points, with its sign.
  static func points(_ difference: Double?) -> String {
    guard let difference, difference.isFinite else { return "–" }
    return String(format: "%+.1f", 100 * difference)
  }

  /// 48 s, 12 min, 3.4 h.
  static func time(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return "–" }
    if seconds < 1 { return String(format: "%.3g s", seconds) }
    if seconds < 120 { return String(format: "%.0f s", seconds) }
    return seconds < 7200 ? String(format: "%.0f min", seconds / 60) : String(format: "%.1f h", seconds / 3600)
  }
}
