import ArgumentParser
import Scripting

/// `tel run FILE.lua`: a script, or the recipe that the file returns.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a Lua file: a script, or the recipe that it returns.")

  @Argument(help: ArgumentHelp("The Lua file.", valueName: "file.lua"))
  var file: String

  @Argument(help: "What the script sees in arg; put -- before what looks like an option.")
  var arguments: [String] = []

  @OptionGroup var host: HostOptions

  @Option(help: ArgumentHelp("The folder that results go to, which the script may write to.", valueName: "dir"))
  var out: String?

  func run() throws {
    let state = try host.makeState()
    if let out { state.writePolicy.allow(out) }
    try state.run(file: file, arguments: arguments)
  }
}
