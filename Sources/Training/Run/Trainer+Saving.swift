import Foundation
import Storage
import Tensors

extension Trainer {
  /// Saves the run: `results.h5`, `latest.h5`, and what else is to be kept, each whole or not at all.
  ///
  /// The run waits for a copy of its state in memory, and goes on while that is written; where memory for the copy is short, or
  /// a recipe's `on_save` is to see the files, it waits for the disk. A state that can't be written is told, and the next
  /// save tries again. A request to stop waits.
  /// - Parameter waiting: returns when the files are safe.
  /// - Throws: `RunError.weightsNotFinite`; `RunError.notSaved` if waiting.
  public func save(waiting: Bool = false) throws { try save(alsoBest: false, waiting: waiting) }

  func save(alsoBest: Bool, waiting: Bool) throws {
    progress.enter(.saving)
    var isSafe = false
    try Profile.phase("saving") {
      try Interruption.tolerating(.max) {
        settle()
        let checkpoint = try checkpoint()
        try checkFinite(checkpoint)
        let inBackground = !waiting && experiment.hooks.onSave == nil && hasRoom(for: checkpoint.byteCount)
        // The image of the file takes the place of what the last step held.
        if !inBackground { BufferPool.shared.trim() }
        lastSave = .now
        let outcome: SaveJob.Outcome
        do {
          let job = SaveJob(
            image: try checkpoint.image(named: folder.latest), results: runFile(), shelf: shelf, iteration: iteration,
            previous: savedIteration, isBest: alsoBest)
          if inBackground { return writer.start(job) }
          outcome = job.run()
        } catch let error as HDF5Error {
          outcome = SaveJob.Outcome(iteration: iteration, isBest: alsoBest, error: error)
        }
        isSafe = outcome.error == nil
        try take(outcome, throwing: waiting)
      }
    }
    if isSafe { try experiment.hooks.onSave?(self) }
  }

  /// Waits for the state that is being written, if there is one. If that failed, says so.
  func settle() {
    if let outcome = writer.finish() { try? take(outcome, throwing: false) }
  }

  private func take(_ outcome: SaveJob.Outcome, throwing: Bool) throws {
    if outcome.isBest { bestBeforeSave = outcome.isBestSafe ? best : bestBeforeSave }
    guard let error = outcome.error else {
      savedIteration = outcome.iteration
      return
    }
    // What is not in best.h5 is not to be beaten.
    if outcome.isBest && !outcome.isBestSafe { best = bestBeforeSave }
    let failure = RunError.notSaved(
      iteration: outcome.iteration, error: error.explanation, checkpoint: folder.latest, saved: savedIteration)
    if throwing { throw failure }
    progress.console.line("warning: " + failure.explanation.text)
  }

  /// Whether a copy of the state fits beside all that a training step will want again.
  private func hasRoom(for bytes: Int) -> Bool {
    let pool = BufferPool.shared.usage
    let regrowth = max(0, pool.footprint - pool.live - pool.idle)
    return options.availableMemory() > bytes + bytes / 8 + regrowth + Self.spareMemory
  }

  /// Left to the loader, the library and others.
  private static let spareMemory = 256 << 20

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
      recipe: experiment.record, environment: Environment.record(experiment), data: data, history: history,
      metrics: ["train": trainingMetrics, "val": validationMetrics],
      protocols: protocols)
  }

  /// - Throws: `RunError.weightsNotFinite` with the first tensor that holds a NaN or an infinity.
  private func checkFinite(_ checkpoint: Checkpoint) throws {
    let groups = [checkpoint.state] + checkpoint.optimizer.values + [checkpoint.average]
    for (name, tensor) in groups.joined().sorted(by: { $0.key < $1.key }) where try !Finiteness.holds(tensor) {
      throw RunError.weightsNotFinite(iteration: iteration, name: name, checkpoint: folder.latest)
    }
  }
}
