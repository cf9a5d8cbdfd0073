import ArgumentParser
import Datasets
import Foundation
import Tensors
import Training

/// `tel data score PREDICTIONS TRUTH`: how well label files agree with true ones.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Score predicted label PNGs against true ones.",
    discussion: """
      Files pair by name; Cityscapes' own names by city, sequence and frame. Of a folder that has a folder "label" in it, as \
      tel predict makes it, that one is taken.
      """)

  @Argument(help: ArgumentHelp("A folder of predicted label PNGs.", valueName: "predictions"))
  var predictions: String

  @Argument(help: ArgumentHelp("A folder of true label PNGs.", valueName: "truth"))
  var truth: String

  @OptionGroup var labels: LabelOptions

  @OptionGroup var compute: ComputeOptions

  func run() throws {
    compute.apply()
    let console = Console.standard
    let (predicted, known) = (folder(predictions), folder(truth))
    let (predictionFiles, truthFiles) = (try LabelFiles.find(predicted), try LabelFiles.find(known))
    let scoring = LabelScoring(predictions: predictionFiles, truth: truthFiles)
    if scoring.count == 0 {
      throw LabelScoringError.noPairs(
        predictions: predicted, first: predictionFiles[0].name, truth: known, firstTruth: truthFiles[0].name)
    }
    let progress = FileProgress("label file", total: scoring.count)
    let outcome = try scoring.run(progress: progress.show) { path, error in
      Console.standard.redraw("")
      ErrorReport.tell(FileFailure(path: path, error: error))
    }
    progress.finish()
    if outcome.images > 0 {
      for line in lines(outcome, path: known) { console.line(line) }
    }
    if !scoring.withoutTruth.isEmpty {
      console.line("predictions without a true label file: " + DataText.list(scoring.withoutTruth))
    }
    if !scoring.withoutPrediction.isEmpty {
      console.line("true label files without a prediction: " + DataText.list(scoring.withoutPrediction))
    }
    let missing = outcome.failed + scoring.withoutTruth.count + scoring.withoutPrediction.count
    if missing > 0 { throw LabelScoringError.incomplete(count: missing) }
  }

  private func folder(_ path: String) -> String {
    var isFolder: ObjCBool = false
    let inner = "\(path)/label"
    return FileManager.default.fileExists(atPath: inner, isDirectory: &isFolder) && isFolder.boolValue ? inner : path
  }

  private func lines(_ outcome: LabelScoring.Outcome, path: String) -> [String] {
    // Predictions of values beyond those in truth are classes too where values are plain; the meaning is guessed from truth.
    let named = labels.convention(histogram: outcome.counts.truth, path: path)
    let convention =
      named.name == .plain ? labels.convention(plain: outcome.counts.occurring) : named
    let (scores, missed) = outcome.counts.scores(convention)
    func percent(_ value: Double) -> String { value.isNaN ? "–" : String(format: "%.2f %%", 100 * value) }
    var lines = [
      "mIoU \(percent(scores.meanIoU))  pixel accuracy \(percent(scores.pixelAccuracy))",
      "  protocol: " + LabelPairs.protocolLine(images: outcome.images, convention)
        + (labels.wasGuessed ? " (coding guessed; --dataset says it)" : ""),
    ]
    if missed > 0 { lines.append("  \(missed) pixels that have a class were predicted as none") }
    let names = convention.coding.classes.names
    let width = max(14, (names.map(\.count).max() ?? 0) + 1)
    let cells = zip(names, scores.iouPerClass).filter { !$0.1.isNaN }
      .map { $0.0.padded(to: width) + String(format: "%6.2f", 100 * $0.1) }
    lines += stride(from: 0, to: cells.count, by: 4).map {
      "  " + cells[$0..<min($0 + 4, cells.count)].joined(separator: "   ")
    }
    return lines
  }
}
