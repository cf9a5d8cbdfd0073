import ArgumentParser
import Foundation
import Pictures
import Scripting
import Storage
import Tensors
import Training

/// `tel report RUN`: a run as one page to hand on.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a run as one HTML page: scores, curves, pictures, recipe, machine.",
    discussion: """
      The page needs nothing beside it. Its pictures are those in the run's folder, and what the best checkpoint makes of the first \
      validation images, where the recipe's data are found.
      """)

  @Argument(help: ArgumentHelp("A run's folder, its results.h5, or the name of a run.", valueName: "run"))
  var name: String

  @Option(
    help: ArgumentHelp("The page; an older one is replaced (default: NAME.html here).", valueName: "file.html"))
  var out: String?

  @Option(help: "How many validation images are predicted for the page; 0 for none.")
  var pictures = 3

  @OptionGroup var host: HostOptions

  func validate() throws {
    if let out, out.fileExtension.lowercased() != "html" {
      throw ValidationError("--out takes a name in .html")
    }
    if !(0...100).contains(pictures) { throw ValidationError("--pictures takes a number from 0 to 100") }
  }

  func run() throws {
    let location = try RunLocation(name)
    var report = RunReport(location)
    if pictures > 0 {
      try report.addPictures(count: pictures, try host.makeState()) {
        Console.standard.redraw("predicting image \($0 + 1) of \(pictures)")
      }
      Console.standard.redraw("")
    }
    let stem = String(location.name.map { $0 == "/" ? "-" : $0 })
    let path = out ?? "\(stem).html"
    let text = try report.page().text
    try AtomicFile.write(text, to: path)
    for remark in report.remarks { Console.standard.line(remark) }
    Console.standard.line("wrote \(path), \(ByteText.of(text.utf8.count))")
  }
}
