import Datasets
import Networks
import Tensors

/// Real training steps outside of a run, loader included: nothing is written, but the network's weights change.
package struct StepRehearsal {
  private let experiment: Experiment
  private let network: SegmentationNetwork

  package init(_ experiment: Experiment, network: SegmentationNetwork) {
    (self.experiment, self.network) = (experiment, network)
  }

  /// Seconds of each of `count` steps from the first on.
  /// - Parameter begin: called before the step of each number.
  package func run(_ count: Int, begin: (Int) -> Void = { _ in }) throws -> [Double] {
    let optimizer = try experiment.optimizer.optimizer(for: network.namedParameters)
    let average = try experiment.averageDecay.map { try WeightAverage(of: network.namedState, decay: $0) }
    let step = TrainingStep(experiment, network: network, optimizer: optimizer, average: average)
    let loader = try experiment.training.loader(batch: experiment.batch, seed: experiment.seed, start: 0)
    defer { loader.stop() }
    return try (0..<count).map { iteration in
      begin(iteration)
      let start = ContinuousClock.now
      let batches = try Profile.phase("loading") { try (0..<experiment.accumulate).map { _ in try loader.next() } }
      _ = try step(batches, iteration: iteration)
      return (ContinuousClock.now - start).inSeconds
    }
  }

  /// Seconds that the loader takes for a batch while nothing else runs, over `count` of them.
  package func loading(_ count: Int) throws -> Double {
    let start = ContinuousClock.now
    let loader = try experiment.training.loader(batch: experiment.batch, seed: experiment.seed, start: 0)
    defer { loader.stop() }
    for _ in 0..<count { _ = try loader.next() }
    return (ContinuousClock.now - start).inSeconds / Double(count)
  }
}
