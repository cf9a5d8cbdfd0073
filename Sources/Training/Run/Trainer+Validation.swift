import Datasets
import Foundation
import Storage
import Tensors

extension Trainer {
  /// Scores the validation images, prints the result with its protocol, and saves; the best also as `best.h5`.
  public func validate() throws { try validate(isLast: false) }

  /// - Parameter isLast: returns when the files are safe.
  func validate(isLast: Bool) throws {
    guard let data = experiment.validation else { throw RunError.noValidationData }
    // What the training step holds for reuse doesn't fit the sizes of whole images.
    BufferPool.shared.trim()
    let start = ContinuousClock.now
    let evaluator = Evaluator(network: network, views: experiment.views, evaluate: experiment.evaluate)
    let score = {
      try evaluator.validate(data) { self.progress.enter(.validating(done: $0, total: data.count)) }
    }
    var result = try Profile.phase("validation") { try average.map { try $0.applied(score) } ?? score() }
    result.iteration = iteration
    BufferPool.shared.trim()
    progress.reportValidation(seconds: (ContinuousClock.now - start).inSeconds)
    (validation, validatedIteration) = (result, iteration)
    protocols["val"] = ["text": .string(result.protocolLine), "images": .integer(result.images)]
    try experiment.hooks.onValidate?(self)
    let values = result.values.merging(takeLogged().map { ($0.name, $0.value) }) { own, _ in own }
    validationMetrics.append(
      iteration: iteration, values,
      vectors: ["iou_per_class": result.scores.iouPerClass, "accuracy_per_class": result.scores.accuracyPerClass])
    for line in result.lines { progress.console.line(line) }
    if !result.scores.meanIoU.isNaN { bestMeanIoU = max(bestMeanIoU ?? 0, result.scores.meanIoU) }
    // What is to be beaten is known when the one before is safe.
    settle()
    let value = try bestValue(result, values)
    let isBest = !value.isNaN && value > best ?? -.infinity
    if isBest { best = value }
    try save(alsoBest: isBest, waiting: isLast)
  }

  private func bestValue(_ result: ValidationResult, _ values: [String: Double]) throws -> Double {
    switch experiment.best {
    case .meanIoU: return result.scores.meanIoU
    case .named(let name):
      guard let value = values[name] else {
        throw TrainingError.setting(
          name: "best", found: "'\(name)'",
          expected: "a value of validation: \(values.keys.sorted().joined(separator: ", "))")
      }
      return value
    case .function(let function): return try function(result)
    }
  }
}
