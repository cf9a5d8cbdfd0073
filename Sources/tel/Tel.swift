import ArgumentParser
import Notebook
import Scripting
import Training

/// The command. Without a subcommand it is the prompt.
struct Tel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tel",
    abstract: "Semantic segmentation from sparse labels, scripted in Lua.",
    discussion: "Without a command this is a prompt: it reads Lua, runs it and shows values.",
    version: Version.text,
    subcommands: [
      RunCommand.self, PromptCommand.self, PredictCommand.self, ImportCommand.self, ExportCommand.self,
      InspectCommand.self, ShowCommand.self, ReportCommand.self, CompareCommand.self, DataCommand.self,
      KernelCommand.self, NotebookCommand.self, BenchCommand.self, DoctorCommand.self, HelpCommand.self,
    ])

  @Option(name: .customShort("e"), help: ArgumentHelp("Run this Lua and leave.", valueName: "code"))
  var code: String?

  @OptionGroup var host: HostOptions

  func run() throws {
    let state = try host.makeState()
    if let code {
      try Self.run(code, in: state)
    } else {
      try PromptCommand.run(in: state)
    }
  }
}

extension Tel {
  /// Runs Lua and prints the values of its last expression, as `print` does.
  private static func run(_ code: String, in state: LuaState) throws {
    state.remember(source: code, name: "-e")
    guard let cell = try Cell(code, name: "-e", in: state) else {
      try state.run(code, name: "-e")
      return
    }
    let values = try cell.run()
    guard cell.showsValues, !values.isEmpty, case .function(let print) = state.get("print") else { return }
    try print.call(list: values)
  }
}

/// What this is.
enum Version {
  static let text = "0.1.0"

  /// The compiler that built it.
  static var compiler: String {
    #if compiler(>=6.4)
      "Swift 6.4 or later"
    #elseif compiler(>=6.3)
      "Swift 6.3"
    #elseif compiler(>=6.2)
      "Swift 6.2"
    #else
      "Swift 6.1"
    #endif
  }
}

@main
enum Main {
  static func main() {
    Signals.install()
    do {
      var command = try Tel.parseAsRoot()
      try command.run()
      try Console.checkOutput()
    } catch {
      ErrorReport.exit(with: error)
    }
  }
}
