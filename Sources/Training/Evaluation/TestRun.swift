import Datasets
import Foundation
import Pictures
import Storage
import Tensors

/// The test of trained weights: scores, and every image's class map as files.
///
/// A folder gets `label/NAME.png` with the data set's own label ids, `colour/NAME.png`, and `results.h5` with the scores.
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
    let (palette, ids) = (data.dataset.classes.palette, data.dataset.labelIDs)
    var result = try evaluator.validate(data, progress: progress) { name, classes in
      let map = Image8(labels: classes)
      var coded = map
      for i in coded.pixels.indices { coded.pixels[i] = ids[Int(map.pixels[i])] }
      try write(coded, "label", name)
      try write(map.coloured(palette), "colour", name)
    }
    result.iteration = iteration
    var file = RunFile(
      recipe: experiment.record, environment: Environment.record(experiment),
      protocols: ["test": ["text": .string(result.protocolLine), "images": .integer(result.images)]])
    file.append(
      "test", iteration: iteration, result.values,
      vectors: ["iou_per_class": result.scores.iouPerClass, "accuracy_per_class": result.scores.accuracyPerClass])
    try file.save(to: folder + "/results.h5")
    return result
  }

  /// Names may have slashes: then the files lie in folders of these names.
  private func write(_ image: Image8, _ kind: String, _ name: String) throws {
    let path = "\(folder)/\(kind)/\(name).png"
    try RunFolder.make((path as NSString).deletingLastPathComponent, withParents: true)
    try ImageFile.writePNG(image, to: path)
  }
}
