import ArgumentParser
import Scripting
import Tensors
import Training

/// `tel bench recipe FILE`: real training steps of a recipe, with its data.
struct BenchRecipe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe", abstract: "Measure training steps of a recipe, loader and all. Nothing is written.")

  @Argument(help: ArgumentHelp("The Lua file.", valueName: "file.lua"))
  var file: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Change a value of the recipe, as in batch=2; may be given several times.", valueName: "a.b=value"))
  var changes: [String] = []

  @OptionGroup var options: BenchOptions

  private struct Report: Encodable {
    var recipe: String
    var threads: Int
    var seconds: [Double]
    var median: Double
    var spread: Double
    /// Of the time, what no kernel ran in: the host, waiting for data, Lua.
    var hostShare: Double
    var phases: [BenchPhase]
    /// A batch from the loader while nothing else runs.
    var loadingSeconds: Double
    var loaderThreads: Int
    var peakResidentBytes: Int
  }

  func run() throws {
    let state = try options.host.makeState()
    let values = try state.run(file: file, arguments: [])
    guard
      let recipe = try Recipe(values, file: file, changes: try changes.map { try Change($0) }, arguments: [], in: state)
    else { throw RunCommandError.noRecipe(file: file, option: "bench recipe") }
    let experiment = try recipe.experiment()
    try experiment.check()
    let rehearsal = StepRehearsal(experiment, network: try experiment.network())
    let seconds = try rehearsal.run(options.repeats + 1) {
      if $0 == 1 { Profile.start() }
    }
    let profile = Profile.stop()
    // Enough batches for all threads to be busy most of the time.
    let batches = max(options.repeats, 4 * experiment.training.threads)
    let time = Timing(seconds: Array(seconds.dropFirst()))
    let report = Report(
      recipe: try recipe.name, threads: Kernel.threads, seconds: time.seconds, median: time.median, spread: time.spread,
      hostShare: 1 - profile.kernelSeconds / profile.seconds,
      phases: BenchPhase.all(of: profile, times: options.repeats), loadingSeconds: try rehearsal.loading(batches),
      loaderThreads: experiment.training.threads, peakResidentBytes: MachineMemory.peakResident)
    try options.print(
      report,
      lines: [
        "\(report.recipe), \(Kernel.threads) threads; \(Processor.description)",
        "\(BenchText.number(time.median, 3)) s a step (median of \(time.seconds.count), spread "
          + "\(BenchText.percent(time.spread))), \(BenchText.percent(report.hostShare)) of it not in kernels, "
          + "\(BenchText.bytes(report.peakResidentBytes)) at most",
        "the loader alone: \(BenchText.number(report.loadingSeconds, 3)) s a batch with \(report.loaderThreads) threads, "
          + "\(BenchText.number(time.median / (report.loadingSeconds * Double(experiment.accumulate)), 3)) times as fast as the steps",
      ] + BenchText.table(ProfileText.phases(profile)))
  }
}
