import Autograd
import Datasets
import Foundation
import Networks
import Storage
import Tensors
import Training
import TreeFilter

/// A recipe that a script returned, with what the command line adds; becomes an `Experiment`.
public struct Recipe {
  public let configuration: Configuration
  private let state: LuaState
  /// `--set` options, carried out already.
  private let changes: [Change]
  private let arguments: [String]

  /// The recipe among the values that a file returned, or nil if it was a script.
  /// - Parameters:
  ///   - file: the recipe's file; its name without extension is the run's, where the recipe gives none.
  ///   - changes: carried out here, before anything is used.
  /// - Throws: `ChangeError`, `ScriptError`.
  public init?(_ values: [LuaValue], file: String, changes: [Change], arguments: [String], in state: LuaState) throws {
    guard case .object(let object as Configuration)? = values.first, object.schema.kind == .recipe else { return nil }
    (configuration, self.state, self.changes, self.arguments) = (object, state, changes, arguments)
    if configuration["name"].isNil {
      let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
      try configuration.set(.string("name"), .string(name), changedAt: nil)
    }
    for change in changes { try change.apply(to: configuration) }
  }

  /// Whether the network gets weights afterwards, so that those it would start from are not asked for.
  public var hasTrainedWeights: Bool {
    get { state.skipsPretrained }
    nonmutating set { state.skipsPretrained = newValue }
  }

  /// The run's name.
  public var name: String { get throws { try configuration.required("name") } }

  /// The recipe's network, built at first use.
  public func network() throws -> SegmentationNetwork { try part("model").network() }

  /// What the recipe says of its images and classes. Opens nothing.
  public var recorded: RecordedRecipe { RecordedRecipe(LuaValue.object(configuration).resolved) }

  /// Everything that the recipe says, ready to be trained. Opens the data; the network is built later.
  public func experiment() throws -> Experiment {
    state.recipeRun = .preparing
    let model = try part("model")
    let losses = try losses()
    let experiment = Experiment(
      name: try name, iterations: try configuration.required("iterations"), batch: try configuration.required("batch"),
      network: { try model.network() },
      training: try data("train").trainingData(prepare: losses.preparation),
      validation: try evaluationData(inTraining: true), loss: losses.function,
      optimizer: try part("optimizer").build())
    experiment.lossGroups = try configuration.required("loss_groups")
    experiment.accumulate = try configuration.required("accumulate")
    experiment.storage = ActivationStorage(rawValue: try configuration.required("storage")) ?? .float32
    experiment.seed = state.seed
    if !configuration["schedule"].isNil { experiment.schedule = try Schedule(configuration["schedule"]) }
    experiment.clipGradientNorm = try configuration.value("clip_gradient_norm")
    experiment.averageDecay = try configuration.value("average", as: LuaTable.self)?.value("decay")
    experiment.validateEvery = try configuration.value("validate_every")
    experiment.validateAtStart = try configuration.required("validate_at_start")
    experiment.views.window = try validation()?.evaluationWindow()
    experiment.testData = try evaluationData(inTraining: false)
    experiment.testViews = try testViews(experiment.views)
    experiment.testKeepsProbabilities =
      try configuration.value("test", as: LuaTable.self)?.value("probabilities") ?? false
    experiment.treeLoss = try treeLoss()
    experiment.pseudoLabels = try pseudoLabels()
    experiment.saveEvery = try saveInterval()
    experiment.keep = try configuration.required("keep")
    experiment.milestoneEvery = try configuration.value("milestone_every")
    experiment.logEvery = try configuration.required("log_every")
    experiment.best = try best()
    experiment.hooks = try hooks()
    experiment.evaluate = try evaluation()
    experiment.recipeState = keptState
    experiment.randomState = keptRandom
    experiment.environment = state.environment
    experiment.record = record
    return experiment
  }

  /// What the files of a run say of its recipe.
  private var record: RecipeRecord {
    RecipeRecord(
      sources: state.sources.all.map { RecipeSource(name: $0.name, text: $0.text) }, settings: changes.map(\.text),
      arguments: arguments, seed: state.seed, resolved: LuaValue.object(configuration).resolved)
  }

  private func part(_ key: String) throws -> Configuration { try configuration.required(key) }

  private func data(_ split: String) throws -> Configuration {
    let data: LuaTable? = try configuration.value("data")
    guard let part: Configuration = data?.value(split) else {
      throw configuration.wrong("data", split, expected: ConfigurationKind.data.expectation)
    }
    return part
  }

  private func validation() throws -> Configuration? {
    try configuration.value("data", as: LuaTable.self)?.value("val")
  }

  /// What is scored, by the rules of `test.protocol`: the published ones with their defects, or what `data.val` says.
  private func evaluationData(inTraining: Bool) throws -> ValidationData? {
    guard let part = try validation() else { return nil }
    var data = try part.validationData()
    guard let rules: String = try configuration.value("test", as: LuaTable.self)?.value("protocol") else { return data }
    data.rules = rules
    guard rules == "published" else { return data }
    guard let published = PublishedEvaluation(of: part.schema.name) else {
      throw configuration.wrong(
        "test", "protocol",
        expected: "\"sound\", since nothing was published of \(part.schema.name) (data.val)")
    }
    return published.applied(to: data, inTraining: inTraining)
  }

  /// The loss, and what the loader can do for it.
  private func losses() throws -> (function: LossFunction, preparation: (@Sendable (Batch) throws -> Void)?) {
    if case .function(let function) = configuration["loss"] { return (luaLoss(function), nil) }
    let list: [Configuration] = try configuration.required("loss")
    let trees = try list.contains { try $0.wantsTrees() }
    return (LossTerm.sum(try list.map { try $0.lossTerm() }), trees ? LossTerm.treePreparation : nil)
  }

  /// The first Tree Energy Loss of the list.
  private func treeLoss() throws -> TreeEnergyLoss? {
    guard case .table = configuration["loss"] else { return nil }
    let list: [Configuration] = try configuration.required("loss")
    return try list.first { $0.schema.name == "tel.loss.tree_energy" }?.treeEnergy()
  }

  private func pseudoLabels() throws -> PseudoLabelSettings {
    var settings = PseudoLabelSettings()
    guard let table: LuaTable = try configuration.value("save_pseudo_labels") else { return settings }
    settings.every = table.value("every")
    if let split: String = table.value("split") { settings.split = PseudoLabelSettings.Split(rawValue: split)! }
    settings.top = table.value("top") ?? 1
    return settings
  }

  /// How a test shows images: as `test` says, in the windows of validation unless it names others.
  private func testViews(_ validation: EvaluationViews) throws -> EvaluationViews {
    guard let test: LuaTable = try configuration.value("test") else { return validation }
    var views = EvaluationViews(
      scales: test.value("scales") ?? [1], flip: test.value("flip") ?? false, window: validation.window)
    if views.scales.isEmpty { throw configuration.wrong("test", "scales", expected: "at least one scale") }
    if let sides: [Int] = test.value("window") {
      guard sides.count == 2 else { throw configuration.wrong("test", "window", expected: "{width, height}") }
      views.window = EvaluationWindow(height: sides[1], width: sides[0])
    }
    return views
  }

  /// "10min", "90s", "2h" or a number of iterations.
  private func saveInterval() throws -> SaveInterval {
    if let count: Int = Int(configuration["save_every"], in: state) { return .iterations(count) }
    let text: String = try configuration.required("save_every")
    let number = text.prefix { $0.isNumber || $0 == "." }
    let units = ["s": 1.0, "min": 60, "h": 3600]
    guard let value = Double(number), let unit = units[String(text.dropFirst(number.count))], value > 0 else {
      throw configuration.wrong(
        "save_every", expected: "a number of iterations, or a time such as \"90s\", \"10min\", \"2h\"")
    }
    return .seconds(value * unit)
  }

  private func best() throws -> BestCriterion {
    switch configuration["best"] {
    case .function(let function):
      return .function { result in try function.call(result.values, as: Double.self, name: "best") }
    case .string("miou"): return .meanIoU
    default: return .named(try configuration.required("best"))
    }
  }
}

extension Configuration {
  /// The sliding window of an evaluation, if the data ask for one.
  fileprivate func evaluationWindow() throws -> EvaluationWindow? {
    guard let size = try size("window") else { return nil }
    let stride = try self.size("window_stride")
    return EvaluationWindow(height: size.1, width: size.0, stride: stride.map { (height: $0.1, width: $0.0) })
  }
}
