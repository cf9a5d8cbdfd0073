import ArgumentParser
import Foundation
import Notebook
import Scripting
import Storage
import Tensors
import Training

/// `tel notebook IN OUT`: runs a notebook and writes a page, or turns one kind of notebook into another.
struct NotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notebook", abstract: "Run a notebook and write a page, or turn it into another kind of file.",
    discussion: """
      A Lua file with lines that begin with --%% is a notebook: each such line begins a cell, and what follows is its title; \
      comment lines below --%% [markdown] are text. OUT ends in .html (runs it: code, outputs and pictures on one page), .ipynb (for \
      Jupyter; with outputs if --run) or .lua (from .ipynb; outputs are left out).
      """)

  @Argument(help: ArgumentHelp("A Lua file with cells, or a Jupyter notebook.", valueName: "file.lua|file.ipynb"))
  var input: String

  @Argument(help: ArgumentHelp("The file to write.", valueName: "out.html|out.ipynb|out.lua"))
  var output: String

  @Flag(name: .customLong("run"), help: "Run the cells and keep their outputs; pages always do.")
  var keepsOutputs = false

  @Flag(help: "Replace a file that is there already.")
  var overwrite = false

  @OptionGroup var host: HostOptions

  func run() throws {
    let kind = try DocumentFormat(path: output)
    let runs = keepsOutputs || kind == .page
    if keepsOutputs && kind == .cells {
      throw ValidationError("a Lua file holds no outputs, so --run means nothing here")
    }
    var document = try NotebookDocument(path: input)
    try OutputFiles.check([output], inputs: [input], replaces: overwrite, kind: "a notebook's outputs")
    var failed: DocumentRunError?
    if runs {
      do {
        try execute(&document)
      } catch let error as DocumentRunError { failed = error }
    }
    try AtomicFile.write(document.text(as: kind, title: title, version: Version.text), to: output)
    for line in document.notes(as: kind) { Console.standard.line("note: " + line) }
    Console.standard.line(output)
    if let failed {
      if failed.wasInterrupted { throw Interrupted() }
      throw failed
    }
  }

  private var title: String { URL(fileURLWithPath: input).deletingPathExtension().lastPathComponent }

  /// Runs all cells in the notebook's folder of modules and tells how far it is.
  private func execute(_ document: inout NotebookDocument) throws {
    let state = try host.makeState()
    state.moduleFolder = URL(fileURLWithPath: input).deletingLastPathComponent().path
    defer { Console.standard.redraw("") }
    try document.run(in: Session(state), name: input, describe: ErrorText.text(of:)) { number, count, status in
      Console.standard.redraw("cell \(number) of \(count)" + (status.isEmpty ? "" : ": " + status))
    }
  }
}
