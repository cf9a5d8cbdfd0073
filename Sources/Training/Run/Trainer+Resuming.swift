import Foundation
import Storage
import Tensors

extension Trainer {
  /// Refuses to continue a run under another recipe, unless that is wanted.
  /// - Returns: what differs.
  /// - Throws: `RunError.recipeChanged`, `RunError.damagedCheckpoint`; what reading throws.
  static func checkRecipe(_ experiment: Experiment, _ data: [String: DataRecord], in folder: RunFolder, accepting: Bool)
    throws -> [String]
  {
    let earlier = try readingLatest(of: folder) { try Checkpoint.recipe(of: $0) }
    let results = FileBytes.count(of: folder.results) == nil ? nil : try RunFile(contentsOf: folder.results)
    let changes = RecipeChanges(
      from: earlier ?? RecipeRecord(), to: experiment.record, data: results?.data ?? [:], data: data)
    if !changes.lines.isEmpty && !accepting {
      throw RunError.recipeChanged(checkpoint: folder.latest, changes: changes.lines)
    }
    return changes.lines
  }

  /// Reads something of `latest.h5`; where that is damaged, the error tells of others that are whole.
  private static func readingLatest<R>(of folder: RunFolder, _ body: (String) throws -> R) throws -> R {
    do {
      return try body(folder.latest)
    } catch let error as HDF5Error {
      throw RunError.damagedCheckpoint(
        error.explanation, others: folder.wholeCheckpoints.map { "\($0.path) (iteration \($0.iteration))" })
    }
  }

  /// Takes over a checkpoint and the metrics up to it.
  /// - Throws: what reading throws; `TrainingError` and the network's errors where it belongs to another one.
  func restore() throws {
    let checkpoint = try Self.readingLatest(of: folder) { try Checkpoint(contentsOf: $0) }
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
    bestBeforeSave = best
    try experiment.randomState.restore(checkpoint.random)
    try experiment.recipeState.restore(checkpoint.recipeState)
    if try !HDF5File(reading: folder.latest).isSealed {
      warn(
        "\(folder.latest) has no checksums, so another program wrote it or changed it; its numbers are taken as they are"
      )
    }
    try restoreResults()
  }

  /// Takes over what was measured up to the checkpoint, and tells what else is different now.
  private func restoreResults() throws {
    var entry = "resumed after iteration \(iteration)"
    if FileBytes.count(of: folder.results) != nil {
      let earlier = try RunFile(contentsOf: folder.results)
      trainingMetrics = earlier.metrics["train"] ?? MetricTable()
      validationMetrics = earlier.metrics["val"] ?? MetricTable()
      trainingMetrics.truncate(after: iteration)
      // The last validation may have been written without the checkpoint that knows of it.
      validationMetrics.truncate(after: validatedIteration ?? -1)
      (history, protocols) = (earlier.history, earlier.protocols)
      let others = Environment.differences(from: earlier.environment, to: Environment.record(experiment))
      if !others.isEmpty {
        warn("resumed with \(others.joined(separator: "; ")): the last bits of results may differ")
        entry += "; " + others.joined(separator: "; ")
      }
    }
    if (trainingMetrics.iterations.last ?? 0) < iteration {
      warn("\(folder.results) lacks what was measured up to iteration \(iteration)")
    }
    for line in acceptedChanges { progress.console.line("changed: " + line) }
    history.append(([entry] + acceptedChanges).joined(separator: "; "))
  }

  private func warn(_ text: String) { progress.console.line("warning: " + text) }
}
