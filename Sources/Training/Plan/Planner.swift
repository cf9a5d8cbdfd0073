import Datasets
import Foundation
import Networks
import Tensors

/// Finds out what a run will take, before it is begun.
public struct Planner {
  let experiment: Experiment
  let network: SegmentationNetwork

  public init(_ experiment: Experiment, network: SegmentationNetwork) {
    (self.experiment, self.network) = (experiment, network)
  }

  /// Builds the network, checks data and weights, and times one real step after another and one validation image.
  /// The network's weights change; nothing is written.
  /// - Throws: `RunError.doesNotFit`; what data, weights and the recipe's functions throw.
  public static func plan(_ experiment: Experiment, initialWeights: String? = nil) throws -> TrainingPlan {
    try experiment.check()
    let network = try experiment.network()
    if let initialWeights { try network.loadWeights(from: initialWeights, matching: .names) }
    let planner = Planner(experiment, network: network)
    try planner.checkFiles()
    let forecast = try planner.checkMemory()
    let (seconds, validation) = (try planner.timeStep(), try planner.timeValidation())
    return TrainingPlan(
      memory: forecast, available: MachineMemory.available, secondsPerIteration: seconds,
      secondsPerValidation: validation, validations: experiment.validationCount, iterations: experiment.iterations)
  }

  /// Predicts the memory of the run.
  /// - Throws: `RunError.doesNotFit` with the batch or the crop that would, where it is more than can be had.
  @discardableResult public func checkMemory() throws -> MemoryForecast {
    let batch = try firstBatch()
    let (count, height, width) = (batch.image.shape[0], batch.image.shape[2], batch.image.shape[3])
    let image = try validationSize()
    let forecaster = MemoryForecaster(experiment: experiment, network: network)
    let forecast = try forecaster.forecast(batch: (count, height, width), image: image)
    // What this process holds already is not in what is available.
    let available = MachineMemory.available + MachineMemory.resident
    if forecast.peak > available {
      let fit = MemoryFit(
        peak: { try forecaster.forecast(batch: ($0, $1, $2), image: image).peak }, available: available)
      throw RunError.doesNotFit(
        needed: forecast.peak, available: available, advice: try fit.advice(count: count, height: height, width: width))
    }
    return forecast
  }

  /// The first batch, from a loader that ends with this call: no thread may load while a dry run goes on.
  private func firstBatch() throws -> Batch {
    let loader = try experiment.training.loader(batch: experiment.batch, seed: experiment.seed, start: 0)
    defer { loader.stop() }
    return try loader.next()
  }

  /// Height and width of the first validation image as the network sees it.
  private func validationSize() throws -> (height: Int, width: Int)? {
    guard let data = experiment.validation, data.dataset.count > 0 else { return nil }
    let input = try data.transform.input(try data.dataset.sample(0).image)
    return (input.image.shape[2], input.image.shape[3])
  }

  /// Reads the header of every file of data sets that consist of files.
  private func checkFiles() throws {
    for data in [experiment.training.dataset, experiment.validation?.dataset] {
      guard let data, data is FolderDataset || data is PseudoLabelledDataset else { continue }
      for index in 0..<data.count {
        try Interruption.check()
        try data.check(index)
      }
    }
  }

  /// Seconds of the second of two real steps.
  private func timeStep() throws -> Double {
    let seconds = try StepRehearsal(experiment, network: network).run(2)
    BufferPool.shared.trim()
    return seconds[1]
  }

  /// Seconds of a validation, from those of its first images.
  private func timeValidation() throws -> Double? {
    guard var data = experiment.validation else { return nil }
    let evaluator = Evaluator(network: network, views: experiment.views, evaluate: experiment.evaluate)
    let count = data.count
    let few = Array((data.indices ?? Array(0..<count)).prefix(2))
    data.indices = few
    let start = ContinuousClock.now
    _ = try evaluator.validate(data)
    return (ContinuousClock.now - start).inSeconds * Double(count) / Double(max(1, few.count))
  }
}
