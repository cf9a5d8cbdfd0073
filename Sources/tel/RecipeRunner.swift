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
  func train(resume: Bool, acceptsChanges: Bool) throws {
    recipe.hasTrainedWeights = resume || initialWeights != nil
    let options = RunOptions(
      out: out, resume: resume, acceptsChanges: acceptsChanges, initialWeights: initialWeights)
    let trainer = try Trainer(try experiment(), options)
    switch try trainer.run() {
    case .finished: break
    case .stopped(let reason): Console.standard.line("stopped: \(reason)")
    case .interrupted: throw Interrupted()
    }
  }

  /// Predicts memory and time without training.
  func plan() throws {
    recipe.hasTrainedWeights = initialWeights != nil
    let experiment = try experiment()
    let plan = try Planner.plan(experiment, initialWeights: initialWeights)
    tellNotices(experiment)
    for line in plan.lines { Console.standard.line(line) }
  }

  /// Scores the weights of `--init-from`, or of the run's last checkpoint, on the validation data.
  func validate() throws {
    let trained = try trained { ($0.validation, $0.views) }
    let data = trained.data
    var result = try trained.evaluator.validate(data, memory: EvaluationMemory(trained.evaluator)) {
      tell("validating", $0, of: data.count)
    }
    Console.standard.redraw("")
    tellNotices(trained.experiment)
    result.iteration = trained.iteration
    for line in result.lines { Console.standard.line(line) }
  }

  /// The same, with every image's class map as files.
  func test() throws {
    let trained = try trained { ($0.testData ?? $0.validation, $0.testViews) }
    let data = trained.data
    let folder =
      initialWeights == nil
      ? try RunFolder.existing(base: out, name: try recipe.name)
      : try RunFolder.create(base: out, name: try recipe.name)
    let run = try TestRun(trained.evaluator, data, run: folder)
    Console.standard.line("test \(run.folder)")
    let result = try run.run(trained.experiment, iteration: trained.iteration) {
      tell("testing", $0, of: data.count)
    }
    Console.standard.redraw("")
    tellNotices(trained.experiment)
    for line in result.lines + result.classLines(data.dataset.classes) { Console.standard.line(line) }
  }

  /// Stores pseudo-labels of the weights of `--init-from`, or of the run's last checkpoint.
  func label(resume: Bool) throws {
    recipe.hasTrainedWeights = true
    let experiment = try experiment()
    let name = try recipe.name
    let folder: RunFolder
    switch (initialWeights, resume) {
    case (nil, _): folder = try RunFolder.existing(base: out, name: name)
    case (_, true): folder = try PseudoLabelRun.existing(base: out, name: name)
    case (_, false): folder = try RunFolder.create(base: out, name: name)
    }
    let weights = initialWeights ?? folder.latest
    let (network, iteration) = try network(experiment, weights: weights)
    let run = try PseudoLabelRun(
      experiment, network: network, run: folder, weights: weights.fileName,
      iteration: iteration, resumes: resume)
    Console.standard.line("pseudo-labels \(run.folder)")
    Console.standard.line("  protocol: \(run.protocolLine)")
    let start = ContinuousClock.now
    let report = try run.run { done, total in
      Console.standard.redraw(ProgressText.images("label", done, total, since: start))
    }
    Console.standard.redraw("")
    tellNotices(experiment)
    Console.standard.line(report.line)
    if !report.skipped.isEmpty {
      Console.standard.line("left out, since unreadable: " + report.skipped.joined(separator: ", "))
    }
  }

  private func tell(_ what: String, _ done: Int, of count: Int) {
    Console.standard.redraw("\(what) image \(min(done + 1, count)) of \(count)")
  }

  /// The recipe's network with the weights of `--init-from`, or of the run's last checkpoint, and what it is scored on.
  /// - Parameter what: which images are scored, and how they are shown to it.
  private func trained(_ what: (Experiment) -> (ValidationData?, EvaluationViews)) throws -> (
    experiment: Experiment, data: ValidationData, evaluator: Evaluator, iteration: Int
  ) {
    recipe.hasTrainedWeights = true
    let experiment = try experiment()
    let (scored, views) = what(experiment)
    guard let data = scored else { throw RunError.noValidationData }
    let weights = try initialWeights ?? RunFolder.existing(base: out, name: try recipe.name).latest
    let (network, iteration) = try network(experiment, weights: weights)
    let evaluator = Evaluator(network: network, views: views, evaluate: experiment.evaluate)
    return (experiment, data, evaluator, iteration)
  }

  /// The recipe's network with the weights of a file, and how far these were trained, 0 where the file doesn't tell.
  private func network(_ experiment: Experiment, weights: String) throws -> (SegmentationNetwork, iteration: Int) {
    let network = try experiment.network()
    try network.loadWeights(from: weights)
    var iteration = 0
    if try WeightFile(path: weights).format == .checkpoint {
      if case .integer(let stored)? = try Checkpoint.progress(of: weights)["iteration"] { iteration = stored }
      // As in training, where the average is kept beside the weights it is the average that counts.
      if experiment.averageDecay != nil { try network.loadAverage(of: weights) }
    }
    return (network, iteration)
  }

  private func experiment() throws -> Experiment {
    let experiment = try recipe.experiment()
    for case let data? in [experiment.training.dataset, experiment.validation?.dataset] { tellLeftOut(data) }
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

  private func tellLeftOut(_ data: any Dataset) {
    func tell(_ names: [String], _ why: String) {
      if names.isEmpty { return }
      let first = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
      Console.standard.line("left out, for want of \(why) (\(names.count)): \(first)")
    }
    switch data {
    case let data as FolderDataset: tell(data.skipped, "a partner")
    case let data as PseudoLabelledDataset:
      tellLeftOut(data.base)
      tell(data.skipped, "pseudo-labels")
    default: break
    }
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
