import Autograd
import Datasets
import Networks
import Tensors

/// The most memory that each phase of a run will hold, in bytes, found by doing the same work without computing.
public struct MemoryForecast: Sendable, Equatable {
  /// What the process takes besides tensors: code, libraries, threads, the script.
  public var process: Int
  /// Tensors that live through the whole run: weights, momentum, batches loaded ahead.
  public var lasting: Int
  /// Tensors during a training step, a validation and a save, the lasting ones included.
  public var training: Int
  public var validation: Int
  public var saving: Int

  public var peak: Int { process + max(training, validation, saving) }

  /// Threads' stacks, and what the libraries set aside when they are first used.
  static let libraries = 60_000_000
}

/// Finds a `MemoryForecast` with dry runs: buffers are taken and given back as always, nothing is computed.
struct MemoryForecaster {
  let experiment: Experiment
  let network: SegmentationNetwork

  /// The forecast for batches of this shape.
  /// - Parameters:
  ///   - batch: how many images, and their height and width
  ///   - image: height and width of the largest validation image; nil without validation
  func forecast(batch: (count: Int, height: Int, width: Int), image: (height: Int, width: Int)?) throws
    -> MemoryForecast
  {
    BufferPool.shared.trim()
    // What lies in memory now, less the tensors there are, is what the process takes for itself.
    let before = BufferPool.shared.usage.live
    let process = max(0, MachineMemory.resident - before) + MemoryForecast.libraries
    let example = Batch.blank(count: batch.count, height: batch.height, width: batch.width)
    let optimizer = try experiment.optimizer.optimizer(for: network.namedParameters)
    let average = try experiment.averageDecay.map { try WeightAverage(of: network.namedState, decay: $0) }
    let step = TrainingStep(experiment, network: network, optimizer: optimizer, average: average)
    let batches = [Batch](repeating: example, count: experiment.accumulate)
    // The first step takes the momentum as well; the second is like all that follow.
    let training = try footprint { for iteration in 0..<2 { _ = try step(batches, iteration: iteration) } }
    let lasting = BufferPool.shared.usage.live
    let ahead = example.byteCount * experiment.training.batchesAhead
    var validation = 0
    if let image {
      let evaluator = Evaluator(network: network, views: experiment.views)
      validation = try footprint { try evaluator.rehearse(height: image.height, width: image.width) }
    }
    let stored =
      network.namedState.map(\.tensor) + optimizer.state.values.flatMap(\.values)
      + (average?.state.values.map { $0 } ?? [])
    return MemoryForecast(
      process: process, lasting: lasting + ahead, training: training + ahead, validation: validation + ahead,
      saving: lasting + ahead + stored.reduce(0) { $0 + $1.byteCount })
  }

  /// The most that buffers take, in use or idle, while `body` runs dry.
  private func footprint(_ body: () throws -> Void) throws -> Int {
    BufferPool.shared.trim()
    BufferPool.shared.resetPeak()
    let recipe = try experiment.recipeState.save()
    let random = try experiment.randomState.save()
    Kernel.isDry = true
    defer {
      Kernel.isDry = false
      BufferPool.shared.trim()
    }
    try body()
    // Functions of the recipe were called: what they changed is put back.
    try experiment.recipeState.restore(recipe)
    try experiment.randomState.restore(random)
    return BufferPool.shared.usage.footprint
  }
}

extension Tensor {
  var byteCount: Int { count * type.byteCount }
}
