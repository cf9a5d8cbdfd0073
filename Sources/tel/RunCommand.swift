import ArgumentParser
import Scripting
import Tensors
import Training

/// `tel run FILE.lua`: a script, or the recipe that the file returns.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a Lua file: a script, or the recipe that it returns.")

  /// What is done with a recipe.
  enum Phase: String, ExpressibleByArgument, CaseIterable {
    case train, val, test, pseudo
  }

  @Argument(
    help: ArgumentHelp(
      "The Lua file; or results or a checkpoint of a run, whose recipe is shown and, if you agree, run locked up.",
      valueName: "file.lua"))
  var file: String

  @Argument(help: "What the script sees in arg; put -- before what looks like an option.")
  var arguments: [String] = []

  @OptionGroup var host: HostOptions

  @Option(
    help:
      "What to do with a recipe: train it, validate trained weights (numbers only), test them (files and numbers), or label images with them (pseudo)."
  )
  var phase = Phase.train

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Change a value of the recipe, as in loss[2].weight=0; may be given several times.", valueName: "a.b=value"))
  var changes: [String] = []

  @Option(help: ArgumentHelp("The folder that runs go to, which the script may write to.", valueName: "dir"))
  var out: String?

  @Flag(help: "Continue the run of this name from its last checkpoint, or the labelling of its images.")
  var resume = false

  @Flag(help: "With --resume: go on although recipe, seed or data are not what the run began with.")
  var acceptChanges = false

  @Option(
    help: ArgumentHelp(
      "Start from these weights: a checkpoint, or a file of PyTorch or safetensors.", valueName: "file"))
  var initFrom: String?

  @Flag(help: "Train nothing: check data and weights, and predict memory and time.")
  var plan = false

  @Flag(help: "Say at the end where time and memory went: by phase, and the costliest operations.")
  var profile = false

  @Flag(help: "Leave out, and count, images that can't be read, instead of failing.")
  var skipBad = false

  @Flag(help: "Run the recipe that a file of results or a checkpoint carries without asking.")
  var yes = false

  func validate() throws {
    if acceptChanges && !resume { throw ValidationError("--accept-changes goes with --resume") }
  }

  func run() throws {
    if let carried = try CarriedRecipe(file) { return try run(carried) }
    let state = try host.makeState()
    state.skipsBadSamples = skipBad
    if let out {
      state.writePolicy.allow(out)
      state.outputFolder = out
    }
    // The progress line is redrawn below what the recipe's functions print.
    let output = LuaOutput { bytes in
      var text = String(decoding: bytes, as: UTF8.self)
      if text.hasSuffix("\n") { text.removeLast() }
      Console.standard.line(text, verbatim: true)
    }
    try run(state, out: out ?? ".", changes: try changes.map { try Change($0) }, arguments: arguments, output: output) {
      try state.run(file: file, arguments: arguments)
    }
  }

  /// The recipe inside of a file: shown, agreed to, and locked up.
  private func run(_ carried: CarriedRecipe) throws {
    let out = try carried.checkedOutput(out, refusing: [("--trust", host.trust), ("--resume", resume)])
    let changes = try (carried.record.settings + changes).map { try Change($0) }
    let state = try host.makeState(seed: host.givenSeed ?? carried.record.seed)
    try carried.ask(out: out, dataRoot: state.dataRoot, changes: changes.map(\.text), isAgreed: yes)
    state.skipsBadSamples = skipBad
    state.display = .files
    state.output = LuaOutput { bytes in
      var text = String(decoding: bytes, as: UTF8.self)
      if text.hasSuffix("\n") { text.removeLast() }
      Console.standard.line(text)
    }
    try carried.makeOutput(out)
    let arguments = arguments.isEmpty ? carried.record.arguments : arguments
    try run(state, out: out, changes: changes, arguments: arguments, output: state.output) {
      try state.run(carried: carried.record, file: file, arguments: arguments, out: out)
    }
  }

  /// Runs what `load` loads, and the recipe that it returns.
  /// - Parameter output: what a recipe's functions print to.
  private func run(
    _ state: LuaState, out: String, changes: [Change], arguments: [String], output: LuaOutput,
    load: () throws -> [LuaValue]
  ) throws {
    if profile { Profile.start() }
    // What there is to tell is told after an interruption or an error, too.
    defer {
      if profile { for line in ProfileText.lines(Profile.stop()) { Console.standard.line(line) } }
    }
    let values = try load()
    guard let recipe = try Recipe(values, file: file, changes: changes, arguments: arguments, in: state) else {
      if let option = recipeOption { throw RunCommandError.noRecipe(file: file, option: option) }
      if case .table? = values.first {
        Console.standard.line(
          "note: \(file) returned a table, with which nothing is done; a recipe is what tel.recipe{…} makes of one")
      }
      return
    }
    state.output = output
    let runner = RecipeRunner(recipe: recipe, out: out, initialWeights: initFrom)
    switch (plan, phase) {
    case (true, _): try runner.plan()
    case (false, .train): try runner.train(resume: resume, acceptsChanges: acceptChanges)
    case (false, .val): try runner.validate()
    case (false, .test): try runner.test()
    case (false, .pseudo): try runner.label(resume: resume)
    }
  }

  /// An option that was given and makes sense for a recipe only.
  private var recipeOption: String? {
    let given = [
      ("--set", !changes.isEmpty), ("--resume", resume), ("--plan", plan), ("--init-from", initFrom != nil),
      ("--phase", phase != .train),
    ]
    return given.first { $0.1 }?.0
  }
}
