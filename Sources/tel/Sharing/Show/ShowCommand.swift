import ArgumentParser
import Foundation
import Pictures
import Storage
import Tensors
import Training

/// `tel show FILE [NAME]`: pictures of what a file holds.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Draw what a file holds, as PNG or SVG.",
    discussion: """
      Results of a run: curves (loss with its parts, scores), or one column, as in train/loss. \
      A checkpoint or other weights: prediction (beside the truth, where the recipe's data are found), trees (both minimum spanning \
      trees over the image) or, with --pixel, affinity (how close each tree holds all pixels to that one); of --image, or of an image \
      of the recipe's validation data. An image file by itself: trees and affinity of its colours. \
      Pseudo-labels, predictions, probabilities: maps by the names of their images. Other HDF5 files: arrays by their names. \
      No code that a file carries is run.
      """)

  @Argument(help: ArgumentHelp("Results, a checkpoint, other weights, pseudo-labels, an image, …", valueName: "file"))
  var file: String

  @Argument(help: "What to draw of it (default: the most useful); the command lists what there is.")
  var name: String?

  @Option(help: ArgumentHelp("The image that weights are shown at work on.", valueName: "file"))
  var image: String?

  @Option(
    help: ArgumentHelp("An image of the recipe's validation data, by number from 1 or by name.", valueName: "n|name"))
  var sample: String?

  @Option(help: ArgumentHelp("The pixel whose affinity is drawn, counted from 0.", valueName: "x,y"))
  var pixel: PixelPlace?

  @Option(help: "The low tree's scale of squared colour distances (default: the recipe's, else 0.002).")
  var sigma: Double?

  @Option(
    help: ArgumentHelp(
      "The picture to write, .png or .svg; an older one is replaced (default: a fresh name here).", valueName: "file"))
  var out: String?

  @OptionGroup var host: HostOptions

  func validate() throws {
    if let sigma, !(sigma > 0 && sigma.isFinite) { throw ValidationError("--sigma takes a number above 0") }
    if let out, !["png", "svg"].contains(out.fileExtension.lowercased()) {
      throw ValidationError("--out takes a name in .png or .svg")
    }
  }

  func run() throws {
    let context = ShowContext(
      file: file, image: image, pixel: pixel.map { ($0.x, $0.y) }, sample: sample, sigma: sigma,
      state: try host.makeState())
    let showable = try context.showable()
    let console = Console.standard
    guard let chosen = name ?? showable.names.first else {
      throw SharingError.nothingToShow(file: file, what: "it has no numbers yet")
    }
    if name == nil {
      console.line("\(file): \(showable.about)")
      let others = showable.names.dropFirst()
      let shown = others.prefix(12).joined(separator: ", ") + (others.count > 12 ? ", … (\(others.count))" : "")
      console.line("drawn is \(chosen)" + (others.isEmpty ? "" : "; there are also: \(shown)"))
    }
    let picture = try showable.picture(chosen)
    let path = out ?? freshName(chosen, picture.usualEnding)
    try picture.write(to: path)
    if let graphics = TerminalGraphics.detected() {
      let (columns, cell) = TerminalGraphics.size()
      console.line(try graphics.text(picture.image, columns: columns, cell: cell), verbatim: true)
    }
    console.line("wrote \(path)")
  }

  /// The file's name with what was drawn, in the working directory: results-curves.svg, or results-curves-2.svg where that is.
  private func freshName(_ chosen: String, _ ending: String) -> String {
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let plain = "\(stem)-\(chosen)".map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }
    let base = String(plain.prefix(100))
    var (attempt, path) = (1, "\(base).\(ending)")
    while FileManager.default.fileExists(atPath: path) {
      attempt += 1
      path = "\(base)-\(attempt).\(ending)"
    }
    return path
  }
}

/// A pixel as the command line writes it: 100,40.
struct PixelPlace: ExpressibleByArgument {
  let x: Int
  let y: Int

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let x = parts[0], let y = parts[1], x >= 0, y >= 0 else { return nil }
    (self.x, self.y) = (x, y)
  }
}
