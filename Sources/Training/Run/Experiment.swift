import Autograd
import Datasets
import Networks
import Storage
import Tensors
import TreeFilter

/// Everything that a recipe says, ready to be run: what the script host makes from a recipe's table.
///
/// Nothing is opened or allocated before `Trainer` asks for it. Functions are called on the trainer's thread only.
public final class Experiment {
  /// The run's name: `runs/NAME`.
  public var name: String
  /// Optimiser steps of the whole run.
  public var iterations: Int
  /// Images of a batch.
  public var batch: Int
  /// The loss is computed for this many equal parts of a batch by themselves, and averaged.
  public var lossGroups = 1
  /// Batches whose gradients are averaged into one step.
  public var accumulate = 1
  /// How activations are kept between forward and backward pass.
  public var storage = ActivationStorage.float32
  public var seed: UInt64 = 0
  /// Makes the network with the weights that the recipe starts from.
  public var network: () throws -> SegmentationNetwork
  public var training: TrainingData
  public var validation: ValidationData?
  public var loss: LossFunction
  public var optimizer: OptimizerSettings
  public var schedule = Schedule.poly()
  /// Gradients are scaled down to this norm over all parameters; nil leaves them.
  public var clipGradientNorm: Double?
  /// Decay of the moving average of weights that is validated and saved beside them; nil keeps none.
  public var averageDecay: Double?

  /// Iterations between validations; nil validates at the end only.
  public var validateEvery: Int?
  public var validateAtStart = false
  /// How validation shows images to the network.
  public var views = EvaluationViews()
  /// What a test scores, and how it shows images; nil is what validation does.
  public var testData: ValidationData?
  public var testViews = EvaluationViews()
  /// Whether a test leaves the probabilities of all classes as files.
  public var testKeepsProbabilities = false
  /// Which pseudo-labels are stored, and how often.
  public var pseudoLabels = PseudoLabelSettings()
  /// The loss whose filters make them; nil leaves predictions unfiltered.
  public var treeLoss: TreeEnergyLoss?
  public var saveEvery = SaveInterval.seconds(600)
  /// How many of the last checkpoints there are, the latest included.
  public var keep = 1
  /// Every so many iterations a checkpoint is saved that stays; nil for none.
  public var milestoneEvery: Int?
  public var logEvery = 50
  /// From a validation to the number whose highest value so far makes `best.h5`.
  public var best = BestCriterion.meanIoU
  public var hooks = RunHooks()

  /// The recipe's own per-image scores.
  public var evaluate: EvaluationFunction?
  /// The recipe's `state`, which its functions change, and the script host's random streams: saved and given back.
  public var recipeState = Kept<StoredValue>(save: { .null }, restore: { _ in })
  public var randomState = Kept<[String: UInt64]>(save: { [:] }, restore: { _ in })
  /// Versions and the like, for the run file.
  public var environment: [String: AttributeValue] = [:]
  /// Sources, changes and arguments, for the files of the run.
  public var record = RecipeRecord()

  public init(
    name: String, iterations: Int, batch: Int, network: @escaping () throws -> SegmentationNetwork,
    training: TrainingData, validation: ValidationData?, loss: @escaping LossFunction, optimizer: OptimizerSettings
  ) {
    (self.name, self.iterations, self.batch, self.network) = (name, iterations, batch, network)
    (self.training, self.validation) = (training, validation)
    (self.loss, self.optimizer) = (loss, optimizer)
  }

  /// How many validations the whole run has.
  var validationCount: Int {
    guard validation != nil else { return 0 }
    return (validateAtStart ? 1 : 0) + (validateEvery.map { (iterations - 1) / $0 } ?? 0) + 1
  }

  /// Checks the numbers that no other part checks when it takes them.
  /// - Throws: `TrainingError.setting`.
  package func check() throws {
    for (name, value) in [
      ("iterations", iterations), ("batch", batch), ("loss_groups", lossGroups), ("accumulate", accumulate),
      ("log_every", logEvery), ("validate_every", validateEvery ?? 1), ("keep", keep),
      ("milestone_every", milestoneEvery ?? 1),
    ] { try TrainingError.check(value >= 1, name, value, "a whole number of at least 1") }
    switch saveEvery {
    case .seconds(let seconds): try TrainingError.check(seconds > 0, "save_every", seconds, "a time above 0")
    case .iterations(let count): try TrainingError.check(count >= 1, "save_every", count, "at least 1")
    }
    if let clipGradientNorm {
      try TrainingError.check(clipGradientNorm > 0, "clip_gradient_norm", clipGradientNorm, "a number above 0")
    }
  }
}

/// How often a checkpoint is written, apart from each validation and the end.
public enum SaveInterval: Sendable, Equatable {
  case seconds(Double)
  case iterations(Int)
}

/// What makes one validation better than another: the higher value wins.
public enum BestCriterion {
  case meanIoU
  /// A value of validation by its name in the metrics.
  case named(String)
  case function((ValidationResult) throws -> Double)
}

/// A value that somebody else keeps up to date: asked for at each save, given back on resume.
public struct Kept<Value> {
  public var save: () throws -> Value
  public var restore: (Value) throws -> Void

  public init(save: @escaping () throws -> Value, restore: @escaping (Value) throws -> Void) {
    (self.save, self.restore) = (save, restore)
  }
}

/// Functions of the recipe that are called as the run goes on.
public struct RunHooks {
  public typealias Hook = (Trainer) throws -> Void
  public var onStart: Hook?
  public var onStep: Hook?
  public var onValidate: Hook?
  public var onSave: Hook?
  public var onEnd: Hook?
  public init() {}
}
