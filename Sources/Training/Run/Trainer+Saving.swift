import Foundation
import Storage
import Tensors

extension Trainer {
  /// Writes `latest.h5` and `results.h5`, each whole or not at all; a request to stop waits for it.
  public func save() throws { try save(alsoBest: false) }

  func save(alsoBest: Bool) throws {
    progress.enter(.saving)
    try Profile.phase("saving") {
      try Interruption.tolerating(.max) {
        // The image of the file takes the place of what the last step held.
        BufferPool.shared.trim()
        let checkpoint = try checkpoint()
        try checkFinite(checkpoint)
        try checkpoint.save(to: folder.latest)
        if alsoBest { try checkpoint.save(to: folder.best) }
        try runFile().save(to: folder.results)
        (lastSave, savedIteration) = (.now, iteration)
      }
    }
    try experiment.hooks.onSave?(self)
  }

  /// The present state; tensors are shared with the network and the optimiser.
  private func checkpoint() throws -> Checkpoint {
    var progress: [String: AttributeValue] = [
      "iteration": .integer(iteration), "total": .integer(total), "name": .string(folder.name),
      "epoch": .integer(epoch),
      "samples": .integer(iteration * experiment.accumulate * experiment.batch),
      "unlabelled_batches": .integer(unlabelledBatches),
    ]
    if let best { progress["best"] = .double(best) }
    if let bestMeanIoU { progress["best_miou"] = .double(bestMeanIoU) }
    if let validatedIteration { progress["validated_iteration"] = .integer(validatedIteration) }
    return Checkpoint(
      state: Dictionary(uniqueKeysWithValues: network.namedState.map { ($0.name, $0.tensor) }),
      optimizer: optimizer.state, average: average?.state ?? [:], progress: progress,
      random: try experiment.randomState.save(), recipeState: try experiment.recipeState.save(),
      recipe: experiment.record)
  }

  private func runFile() -> RunFile {
    RunFile(
      recipe: experiment.record, environment: Environment.record(experiment),
      metrics: ["train": trainingMetrics, "val": validationMetrics],
      protocols: validation.map { ["val": ["text": .string($0.protocolLine), "images": .integer($0.images)]] } ?? [:])
  }

  /// - Throws: `RunError.weightsNotFinite` with the first tensor that holds a NaN or an infinity.
  private func checkFinite(_ checkpoint: Checkpoint) throws {
    let groups = [checkpoint.state] + checkpoint.optimizer.values + [checkpoint.average]
    for (name, tensor) in groups.joined().sorted(by: { $0.key < $1.key }) where try !Finiteness.holds(tensor) {
      throw RunError.weightsNotFinite(iteration: iteration, name: name, checkpoint: folder.latest)
    }
  }

  /// Takes over a checkpoint and the metrics up to it.
  /// - Throws: what reading throws; `TrainingError` and the network's errors where it belongs to another one.
  func restore() throws {
    let checkpoint = try Checkpoint(contentsOf: folder.latest)
    guard case .integer(let stored)? = checkpoint.progress["iteration"] else {
      throw RunError.stored(file: folder.latest, problem: "the checkpoint doesn't say its iteration")
    }
    try network.load(checkpoint.state, from: folder.latest)
    try optimizer.restore(checkpoint.optimizer)
    if let average {
      if checkpoint.average.isEmpty {
        throw RunError.stored(file: folder.latest, problem: "the checkpoint has no average of the weights")
      }
      try average.restore(checkpoint.average)
    }
    iteration = stored
    savedIteration = stored
    if case .double(let value)? = checkpoint.progress["best"] { best = value }
    if case .double(let value)? = checkpoint.progress["best_miou"] { bestMeanIoU = value }
    if case .integer(let value)? = checkpoint.progress["validated_iteration"] { validatedIteration = value }
    if case .integer(let value)? = checkpoint.progress["unlabelled_batches"] { unlabelledBatches = value }
    try experiment.randomState.restore(checkpoint.random)
    try experiment.recipeState.restore(checkpoint.recipeState)
    if FileManager.default.fileExists(atPath: folder.results) {
      let earlier = try RunFile(contentsOf: folder.results)
      trainingMetrics = earlier.metrics["train"] ?? MetricTable()
      validationMetrics = earlier.metrics["val"] ?? MetricTable()
      trainingMetrics.truncate(after: iteration)
      validationMetrics.truncate(after: iteration)
    }
  }
}
