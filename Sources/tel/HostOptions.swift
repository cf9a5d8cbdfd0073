import ArgumentParser
import Scripting
import Storage
import Tensors

/// Options of everything that computes.
///
/// `tel` without a command has them too and reads them wherever they stand, even behind a command's name. What it read is handed
/// on by type: a command with a `--seed` of its own would never see a value.
struct ComputeOptions: ParsableArguments {
  @Option(help: "Where random numbers begin; the same seed gives the same results.")
  var seed: UInt64 = 0

  @Option(help: "How many threads compute (default: all cores).")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes a number from 1 to 1024") }
  }

  func apply() { if let threads { Kernel.threads = threads } }
}

/// Options of everything that runs Lua.
struct HostOptions: ParsableArguments {
  @OptionGroup var compute: ComputeOptions

  @Option(help: ArgumentHelp("The folder of datasets (default: DATA_ROOT of the environment).", valueName: "dir"))
  var dataRoot: String?

  @Flag(help: "Let the script write anywhere and use io and os.")
  var trust = false

  var seed: UInt64 { compute.seed }
  /// The seed if the command line names one.
  var givenSeed: UInt64? {
    CommandLine.arguments.contains { $0 == "--seed" || $0.hasPrefix("--seed=") } ? seed : nil
  }
  var threads: Int? { compute.threads }

  /// These options as they would be typed.
  var arguments: [String] {
    (seed == 0 ? [] : ["--seed", "\(seed)"]) + (threads.map { ["--threads", "\($0)"] } ?? [])
      + (dataRoot.map { ["--data-root", $0] } ?? []) + (trust ? ["--trust"] : [])
  }

  /// A Lua state that knows everything below `tel`, set up as the options say.
  /// - Parameter other: a seed instead of that of the options.
  func makeState(seed other: UInt64? = nil) throws -> LuaState {
    compute.apply()
    let state = LuaState(seed: other ?? seed)
    state.registerNamespaces()
    state.environment = [
      "tel": .string(Version.text), "compiler": .string(Version.compiler), "lua": .string(LuaState.version),
      "blas": .string(OpenBLASLibrary.configuration), "hdf5": .string(LibraryVersions.hdf5),
    ]
    if let dataRoot { state.dataRoot = dataRoot }
    if trust { state.trust() }
    return state
  }
}
