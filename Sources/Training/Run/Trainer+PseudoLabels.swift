import Foundation
import Storage
import Tensors

extension Trainer {
  /// Whether the recipe wants pseudo-labels of the present weights. (Those that a stop cut short are gone on with.)
  var arePseudoLabelsDue: Bool {
    guard iteration > 0, let every = experiment.pseudoLabels.every else { return false }
    return iteration % every == 0
  }

  /// Stores pseudo-labels of the present weights, and before them a checkpoint, so that this is where a stopped run goes on.
  func savePseudoLabels() throws {
    settle()
    if savedIteration != iteration { try save(waiting: true) }
    BufferPool.shared.trim()
    let write = {
      let run = try PseudoLabelRun(
        self.experiment, network: self.network, run: self.folder,
        weights: self.folder.latest.fileName,
        iteration: self.iteration, resumes: true)
      return (run.folder, try run.run { self.progress.enter(.predicting(done: $0, total: $1)) })
    }
    let (place, report) = try Profile.phase("pseudo-labels") { try average.map { try $0.applied(write) } ?? write() }
    BufferPool.shared.trim()
    if report.done > 0 { progress.console.line("pseudo-labels \(place): \(report.line)") }
  }
}
