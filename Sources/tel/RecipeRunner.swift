import Datasets
import Foundation
import Networks
import Scripting
import Storage
import Tensors
import Training

/// What `tel run` does with a recipe.
struct RecipeRunner {
  let recipe: Recipe
  /// The folder in which `runs` lies.
  let out: String
  /// A checkpoint to take weights from.
  let initialWeights: String?

  /// Trains to the end, or until the user asks to stop.
  /// - Throws: `Interrupted` after a stop that the user asked for, when the state has been saved.
  func train(resume: Bool) throws {
    let options = RunOptions(out: out, resume: resume, initialWeights: initialWeights)
    let trainer = try Trainer(try experiment(), options)
    switch try trainer.run() {
    case .finished: break
    case .stopped(let reason): Console.standard.line("stopped: \(reason)")
    case .interrupted: throw Interrupted()
    }
  }

  /// Predicts memory and time without training.
  func plan() throws {
    let experiment = try experiment()
    let plan = try Planner.plan(experiment, initialWeights: initialWeights)
    tellNotices(experiment)
    for line in plan.lines { Console.standard.line(line) }
  }

  /// Scores the weights of `--init-from`, or of the run's last checkpoint, on the validation data.
  func validate() throws {
    let experiment = try experiment()
    guard let data = experiment.validation else { throw RunError.noValidationData }
    let weights = try initialWeights ?? RunFolder.existing(base: out, name: try recipe.name).latest
    let network = try experiment.network()
    try network.load(try Checkpoint.weights(of: weights))
    let evaluator = Evaluator(network: network, window: experiment.window, evaluate: experiment.evaluate)
    var result = try evaluator.validate(data) { done in
      Console.standard.redraw("validating image \(done + 1) of \(data.dataset.count)")
    }
    Console.standard.redraw("")
    tellNotices(experiment)
    if case .integer(let iteration)? = try Checkpoint.progress(of: weights)["iteration"] {
      result.iteration = iteration
    }
    for line in result.lines { Console.standard.line(line) }
  }

  private func experiment() throws -> Experiment {
    let experiment = try recipe.experiment()
    for case let data as FolderDataset in [experiment.training.dataset, experiment.validation?.dataset]
    where !data.skipped.isEmpty {
      let names = data.skipped.prefix(5).joined(separator: ", ") + (data.skipped.count > 5 ? ", …" : "")
      Console.standard.line("left out, for want of a partner (\(data.skipped.count)): \(names)")
    }
    let (onStep, onValidate) = (experiment.hooks.onStep, experiment.hooks.onValidate)
    experiment.hooks.onStep = { trainer in
      tellNotices(experiment)
      try onStep?(trainer)
    }
    experiment.hooks.onValidate = { trainer in
      tellNotices(experiment)
      try onValidate?(trainer)
    }
    return experiment
  }

  /// Says what was noticed about the data since the last time.
  private func tellNotices(_ experiment: Experiment) {
    for data in [experiment.training.dataset, experiment.validation?.dataset].compactMap(\.self) {
      for notice in data.notices.takeNew() { Console.standard.line("warning: " + notice) }
    }
  }
}

/// Options that don't go with the file.
enum RunCommandError: ExplainedError {
  case noRecipe(file: String, option: String)

  var explanation: Explanation {
    switch self {
    case .noRecipe(let file, let option):
      Explanation(
        "\(file) returned no recipe, so \(option) means nothing", expected: "a file that ends with return tel.recipe{…}"
      )
    }
  }
}
