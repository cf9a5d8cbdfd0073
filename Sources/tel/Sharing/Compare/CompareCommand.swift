import ArgumentParser
import Foundation
import Pictures
import Storage
import Training

/// `tel compare A B`: two runs side by side.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Put two runs side by side: recipes, scores, classes, time, and whether it is fair.")

  @Argument(help: ArgumentHelp("A run's folder, its results.h5, or the name of a run.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("The other one.", valueName: "b"))
  var second: String

  @Option(
    help: ArgumentHelp(
      "Write the curves of both as .svg or .png, or everything as .html; an older file is replaced.", valueName: "file")
  )
  var out: String?

  @Flag(help: "Show what differs in the recipes' sources line by line, however long.")
  var all = false

  func validate() throws {
    if let out, !["svg", "png", "html"].contains(out.fileExtension.lowercased()) {
      throw ValidationError("--out takes a name in .svg, .png or .html")
    }
  }

  func run() throws {
    let comparison = RunComparison(try RunLocation(first), try RunLocation(second))
    for line in comparison.text(diffLimit: all ? nil : 40) { Console.standard.line(line) }
    guard let out else { return }
    if out.fileExtension.lowercased() == "html" {
      try AtomicFile.write(try comparison.page().text, to: out)
    } else {
      guard let curves = comparison.curves() else {
        throw SharingError.nothingToShow(file: first, what: "neither run has measured anything")
      }
      try Picture.drawing(curves).write(to: out)
    }
    Console.standard.line("wrote \(out)")
  }
}
