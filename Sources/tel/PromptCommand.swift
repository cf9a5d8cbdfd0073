import ArgumentParser
import Foundation
import Notebook
import Scripting

/// `tel repl`: the prompt.
struct PromptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Read Lua line by line, run it and show values.")

  @OptionGroup var host: HostOptions

  func run() throws { try Self.run(in: host.makeState()) }

  static func run(in state: LuaState) throws {
    let isInteractive = isatty(STDIN_FILENO) == 1
    if isInteractive { try state.printLine("tel \(Version.text): Ctrl-C interrupts, Ctrl-D leaves") }
    let succeeded = Prompt(Session(state), report: ErrorReport.tell).run()
    if isInteractive { try state.printLine("") } else if !succeeded { throw ExitCode.failure }
  }
}
