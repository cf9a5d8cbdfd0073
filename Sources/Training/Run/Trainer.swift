import Autograd
import Datasets
import Foundation
import Networks
import Storage
import Tensors

/// Trains one experiment from its start, or from a checkpoint, to its end; what hooks know as `run`.
///
/// Everything happens on the thread that calls `run`; loading and redrawing have threads of their own.
public final class Trainer {
  public let experiment: Experiment
  public let folder: RunFolder
  public let network: SegmentationNetwork
  public let progress: Progress

  let optimizer: any Optimizer
  let average: WeightAverage?
  let step: TrainingStep
  private let lock: RunLock
  let options: RunOptions
  let shelf: CheckpointShelf
  let writer = BackgroundWriter()
  /// The samples of the recipe's data.
  let data: [String: DataRecord]
  /// What differs from the recipe that the run was saved with, as wanted.
  let acceptedChanges: [String]
  /// How what was measured was obtained.
  var protocols: [String: [String: AttributeValue]] = [:]
  /// When the run was resumed.
  var history: [String] = []

  /// Whether it was said that the loss depends on no weight.
  var hasWarnedOfConstantLoss = false

  /// Optimiser steps done.
  public internal(set) var iteration = 0
  /// Optimiser steps of the whole run.
  public var total: Int { experiment.iterations }
  /// The batch of the last step, what the network made of it, and its loss; there while hooks run.
  public internal(set) var batch: Batch?
  public internal(set) var output: NetworkOutput?
  public internal(set) var loss: Double?
  /// The result of the last validation.
  public internal(set) var validation: ValidationResult?
  /// The highest value of the best criterion, and the highest mIoU, so far.
  public internal(set) var best: Double?
  public internal(set) var bestMeanIoU: Double?
  /// Batches without a single labelled pixel so far.
  public internal(set) var unlabelledBatches = 0
  /// What was measured at each iteration, and at each validation.
  public internal(set) var trainingMetrics = MetricTable()
  public internal(set) var validationMetrics = MetricTable()

  /// What `log` was given since the last step or validation.
  var logged: [(name: String, value: Double)] = []
  var sinceLastLine: [StepReport] = []
  /// `best` of what lies in `best.h5`.
  var bestBeforeSave: Double?
  /// The iteration whose weights were validated last, and saved last.
  var validatedIteration: Int?
  var savedIteration: Int?
  var lastSave = ContinuousClock.now
  /// False while a step is under way, when weights and running statistics don't belong together.
  var isConsistent = true
  var stopReason: String?
  /// Epoch of the next batch.
  var epoch = 0

  /// How a run came to its end.
  public enum Outcome: Sendable, Equatable {
    case finished
    /// A hook asked for the end.
    case stopped(reason: String)
    /// The user asked for the end; the state was saved.
    case interrupted
  }

  /// Makes ready to train: builds the network, checks that the run fits into memory, and takes its folder.
  ///
  /// The first line on the console names the folder. Nothing is written where the data, the recipe or the memory don't do.
  /// - Throws: `TrainingError`, `RunError`, `RunLockError`, and what data and network throw.
  public convenience init(_ experiment: Experiment, _ options: RunOptions, console: Console = .standard) throws {
    try experiment.check()
    let earlier = options.resume ? try RunFolder.existing(base: options.out, name: experiment.name) : nil
    let held = try earlier.map { try RunLock(folder: $0.path) }
    let data = Environment.data(experiment)
    var changes: [String] = []
    if let earlier {
      for path in earlier.removeUnfinished() { console.line("removed \(path), which a killed run left unfinished") }
      changes = try Self.checkRecipe(experiment, data, in: earlier, accepting: options.acceptsChanges)
    }
    let network = try experiment.network()
    if let file = options.initialWeights {
      let mismatch = try network.loadWeights(from: file, matching: .names)
      if let text = mismatch.leftAlone { console.line("warning: \(file): \(text)") }
    }
    if !options.ignoresMemory { try Planner(experiment, network: network).checkMemory() }
    let folder = try earlier ?? RunFolder.create(base: options.out, name: experiment.name)
    if options.resume {
      console.line("run \(folder.path), resumed")
    } else if folder.name != experiment.name {
      console.line("run \(folder.path), since the name \(experiment.name) is taken")
    } else {
      console.line("run \(folder.path)")
    }
    try self.init(
      experiment, network: network, folder: folder, lock: held ?? RunLock(folder: folder.path), options: options,
      data: data, acceptedChanges: changes, console: console)
    if options.resume {
      try restore()
      console.line("resumed after iteration \(iteration) of \(total)")
    }
  }

  private init(
    _ experiment: Experiment, network: SegmentationNetwork, folder: RunFolder, lock: RunLock, options: RunOptions,
    data: [String: DataRecord], acceptedChanges: [String], console: Console
  ) throws {
    (self.experiment, self.network, self.folder, self.lock) = (experiment, network, folder, lock)
    (self.options, self.data, self.acceptedChanges) = (options, data, acceptedChanges)
    shelf = CheckpointShelf(folder: folder, keep: experiment.keep, milestoneEvery: experiment.milestoneEvery)
    optimizer = try experiment.optimizer.optimizer(for: network.namedParameters)
    average = try experiment.averageDecay.map { try WeightAverage(of: network.namedState, decay: $0) }
    step = TrainingStep(experiment, network: network, optimizer: optimizer, average: average)
    progress = Progress(console: console, total: experiment.iterations)
    for line in optimizer.groupSummaries { console.line(line) }
  }

  /// Logs a number with the step or the validation under way: a column of the metrics and of the progress line.
  public func log(_ name: String, _ value: Double) { logged.append((name, value)) }

  /// Ends the run after the present step, with a checkpoint.
  public func stop(reason: String) { stopReason = reason }
}

/// What the command line adds to an experiment.
public struct RunOptions: Sendable {
  /// The folder in which `runs` lies.
  public var out: String
  /// Continue the run of this name instead of beginning another.
  public var resume = false
  /// Continue under a recipe that differs from the one that the run began with.
  public var acceptsChanges = false
  /// A checkpoint whose weights the run starts from, instead of the recipe's.
  public var initialWeights: String?
  /// Start even where the predicted memory doesn't fit.
  public var ignoresMemory = false
  /// Bytes of memory that can be had now.
  package var availableMemory: @Sendable () -> Int = { MachineMemory.available }

  public init(
    out: String = ".", resume: Bool = false, acceptsChanges: Bool = false, initialWeights: String? = nil
  ) {
    (self.out, self.resume, self.acceptsChanges, self.initialWeights) = (out, resume, acceptsChanges, initialWeights)
  }
}
