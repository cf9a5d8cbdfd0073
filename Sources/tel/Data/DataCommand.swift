import ArgumentParser
import Datasets
import Tensors
import Training

/// `tel data …`: datasets on disk.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Make, check and score datasets.",
    subcommands: [ScenesCommand.self, SparsifyCommand.self, CheckCommand.self, ScoreCommand.self])
}

/// `tel data scenes DIR`: street scenes in the Cityscapes layout, to try things with.
struct ScenesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenes", abstract: "Draw street scenes with dense and sparse labels in the Cityscapes layout.")

  @Argument(help: ArgumentHelp("The folder to make.", valueName: "dir"))
  var folder: String

  @Option(help: "How many training scenes.")
  var count = 100

  @Option(help: "How many validation scenes.")
  var val = 32

  @Option(help: ArgumentHelp("Width and height in pixels.", valueName: "WxH"))
  var size = PictureSize(width: 256, height: 128)

  @OptionGroup var compute: ComputeOptions

  func run() throws {
    compute.apply()
    let console = Console.standard
    try SceneWriter.write(
      to: folder, count: count, val: val, width: size.width, height: size.height, seed: compute.seed,
      progress: { done, total in console.redraw("scene \(done) of \(total)") })
    console.redraw("")
    console.line("\(count) training and \(val) validation scenes of \(size) pixels in \(folder)")
  }
}

/// A width and height as the command line writes them: 1024x512.
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
  var width: Int
  var height: Int

  init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1] else { return nil }
    self.init(width: width, height: height)
  }

  var description: String { "\(width)x\(height)" }
  var defaultValueDescription: String { description }
}
