import ArgumentParser
import Foundation
import Notebook
import Scripting

/// `tel help`: what a command does, or a function that Lua sees.
struct HelpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "help", abstract: "Explain a command, or a function that Lua sees.",
    discussion: "tel help run, tel help tel.tree.filter, tel help tensor:sum. Without a name: all commands.")

  @Argument(help: "A command, or the name of a function.")
  var name: [String] = []

  @Flag(help: "Write the help of all functions as a page of Markdown.")
  var markdown = false

  @Flag(
    help: "Run all examples, each by itself, in the current folder, and say where they don't show what they should.")
  var check = false

  @OptionGroup var host: HostOptions

  func run() throws {
    if !markdown, !check, let command = Self.command(name) {
      print(Tel.helpMessage(for: command))
      return
    }
    let state = try host.makeState()
    if markdown {
      try state.printLine(String(Reference(state).text.dropLast()))
    } else if check {
      let problems = state.undocumented + (try HelpCheck.problems { try host.makeState() })
      for problem in problems { print(problem) }
      if !problems.isEmpty { throw ExitCode.failure }
    } else {
      let topic = name.joined(separator: " ")
      guard let text = state.help(named: topic) else { throw state.noHelp(on: topic, site: nil) }
      try state.printLine(text)
    }
  }

  /// The command that words name, `data check` for one; without words, `tel` itself.
  private static func command(_ words: [String]) -> (any ParsableCommand.Type)? {
    var command: any ParsableCommand.Type = Tel.self
    for word in words {
      let inner = command.configuration.subcommands.first { $0.configuration.commandName == word }
      guard let inner else { return nil }
      command = inner
    }
    return command
  }
}
