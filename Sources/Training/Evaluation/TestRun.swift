import Datasets
import Foundation
import Storage
import Tensors

/// The test of trained weights: scores, and every image's class map as files.
///
/// A folder gets `label/NAME.png` with the data set's own label ids, `colour/NAME.png`, and `results.h5` with the scores; if the
/// experiment says so, `probabilities/NAME.h5` too.
public struct TestRun {
  private let evaluator: Evaluator
  private let data: ValidationData
  /// Where the files go.
  public let folder: String

  /// Makes a fresh folder: `test` below `run`, or `test-2`, … where there is one.
  /// - Throws: `RunError.folder`.
  public init(_ evaluator: Evaluator, _ data: ValidationData, run: RunFolder) throws {
    (self.evaluator, self.data) = (evaluator, data)
    folder = try run.freshFolder("test")
  }

  /// - Parameters:
  ///   - iteration: how far the weights were trained, for the record.
  ///   - progress: called with how many images are done, before each.
  public func run(
    _ experiment: Experiment, iteration: Int, progress: (Int) -> Void = { _ in }
  ) throws -> ValidationResult {
    let files = ClassMapFiles(folder: folder, palette: data.palette, ids: data.dataset.labelIDs)
    let probabilities = experiment.testKeepsProbabilities ? ProbabilityFiles(folder: folder) : nil
    var result = try evaluator.validate(data, memory: EvaluationMemory(evaluator), progress: progress) { image in
      try files.write(image.classes, name: image.name)
      try probabilities?.write(image)
    }
    result.iteration = iteration
    var file = RunFile(
      recipe: experiment.record, environment: Environment.record(experiment),
      data: ["test": data.dataset.record],
      protocols: ["test": ["text": .string(result.protocolLine), "images": .integer(result.images)]])
    file.append(
      "test", iteration: iteration, result.values,
      vectors: ["iou_per_class": result.scores.iouPerClass, "accuracy_per_class": result.scores.accuracyPerClass])
    try file.save(to: folder + "/results.h5")
    return result
  }
}
