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

  @Argument(help: "A Lua file to run first; what is local at its top level can be used.")
  var file: String?

  @OptionGroup var host: HostOptions

  func run() throws { try Self.run(in: host.makeState(), first: file) }

  /// - Parameter first: a file to run before the first line is read.
  static func run(in state: LuaState, first: String? = nil) throws {
    let isInteractive = isatty(STDIN_FILENO) == 1
    let session = Session(state)
    if let first {
      guard let text = FileManager.default.contents(atPath: first) else {
        throw ScriptError.unreadable(path: first, exists: FileManager.default.fileExists(atPath: first))
      }
      state.moduleFolder = URL(fileURLWithPath: first).deletingLastPathComponent().path
      let result = try session.run(String(decoding: text, as: UTF8.self), name: first)
      if let text = result.text { try state.printLine(text) }
    }
    if isInteractive {
      try state.printLine("tel \(Version.text): Ctrl-C interrupts, Ctrl-D leaves, ?name helps, Tab completes")
    }
    let succeeded = Prompt(session, report: ErrorReport.tell).run()
    if !isInteractive, !succeeded { throw ExitCode.failure }
  }
}
