import Foundation
import Storage

/// The checkpoints that a run keeps: the latest, the best, the last few before the latest, and milestones for ever.
struct CheckpointShelf: Sendable {
  let folder: RunFolder
  /// How many of the last ones there are, the latest included.
  let keep: Int
  /// Every so many iterations one stays.
  let milestoneEvery: Int?

  func isMilestone(_ iteration: Int) -> Bool { milestoneEvery.map { iteration > 0 && iteration % $0 == 0 } ?? false }

  /// Puts a checkpoint in its places, the latest last: a run that ends in between has what it had before, or more.
  /// What is no longer kept is removed when the new one is safe.
  /// - Parameters:
  ///   - previous: the iteration of the present `latest.h5`
  ///   - onBest: called when `best.h5` is safe
  /// - Throws: `FileError`, `HDF5Error`; the latest is then what it was.
  func put(_ image: HDF5Image, iteration: Int, previous: Int?, isBest: Bool, onBest: () -> Void) throws {
    if isMilestone(iteration) { try image.write(to: folder.milestone(iteration)) }
    if isBest {
      try image.write(to: folder.best)
      onBest()
    }
    if keep > 1, let previous, previous != iteration, FileBytes.count(of: folder.latest) != nil {
      try AtomicFile.link(folder.latest, as: folder.earlier(previous))
    }
    try image.write(to: folder.latest)
    prune(before: iteration)
  }

  /// Removes all but the last ones. One that can't be removed is tried again the next time.
  private func prune(before iteration: Int) {
    let earlier = folder.earlierIterations.filter { $0 < iteration }.sorted(by: >)
    for old in earlier.dropFirst(keep - 1) { unlink(folder.earlier(old)) }
  }
}
