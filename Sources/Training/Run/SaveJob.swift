import Dispatch
import Storage
import Synchronization
import Tensors

/// A state of a run on its way to the disk.
struct SaveJob: Sendable {
  let image: HDF5Image
  let results: RunFile
  let shelf: CheckpointShelf
  let iteration: Int
  /// The iteration of the present `latest.h5`.
  let previous: Int?
  let isBest: Bool

  /// What came of it.
  struct Outcome: Sendable {
    let iteration: Int
    let isBest: Bool
    var isBestSafe = false
    var error: (any ExplainedError)?
  }

  /// Writes the measurements first: a run that is killed in between measures again what is beyond its checkpoint, and would
  /// miss what is before it.
  func run() -> Outcome {
    var outcome = Outcome(iteration: iteration, isBest: isBest)
    do {
      try results.save(to: shelf.folder.results)
      try shelf.put(image, iteration: iteration, previous: previous, isBest: isBest) { outcome.isBestSafe = true }
    } catch let error as any ExplainedError {
      outcome.error = error
    } catch {
      outcome.error = RunError.stored(file: shelf.folder.latest, problem: "\(error)")
    }
    return outcome
  }
}

/// Writes one state after the other while the run goes on.
final class BackgroundWriter: Sendable {
  private let queue = DispatchQueue(label: "saving")
  private let outcome = Mutex<SaveJob.Outcome?>(nil)

  /// Begins to write. The one before is to be finished.
  func start(_ job: SaveJob) {
    let faults = FileSystem.faults
    queue.async { [self] in
      let result = FileSystem.with(faults) { job.run() }
      outcome.withLock { $0 = result }
    }
  }

  /// Waits for what is being written, and tells once what came of it.
  func finish() -> SaveJob.Outcome? {
    queue.sync {}
    return outcome.withLock { outcome in
      defer { outcome = nil }
      return outcome
    }
  }
}
