import ArgumentParser
import Foundation
import Notebook
import Scripting

/// `tel repl`: the prompt.
struct PromptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Read Lua line by line, run it and show values.",
    discussion: """
      Ctrl-C interrupts what runs, Ctrl-D leaves, Tab completes, Ctrl-R searches earlier lines. ?name shows help, _ is the last value, \
      _3 that of cell 3, a semicolon at the end shows nothing, who() lists variables.
      """)

  @Argument(help: ArgumentHelp("A Lua file to run first; what it defines stays.", valueName: "file.lua"))
  var file: String?

  @OptionGroup var host: HostOptions

  func run() throws { try Self.run(in: host.makeState(), file: file) }

  /// - Parameter file: run first.
  static func run(in state: LuaState, file: String? = nil) throws {
    let isInteractive = isatty(STDIN_FILENO) == 1
    if isInteractive {
      try state.printLine("tel \(Version.text): ?name explains, Tab completes, Ctrl-C interrupts, Ctrl-D leaves")
    }
    let session = Session(state)
    if let file { try session.run(file: file) }
    let succeeded = Prompt(session).run()
    if !isInteractive && !succeeded { throw ExitCode.failure }
  }
}
