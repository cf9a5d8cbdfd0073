import ArgumentParser
import Storage
import Tensors
import Training

/// `tel inspect FILE`: what a file of weights or results holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Tell what a file holds: a checkpoint, results or other HDF5 file, weights of PyTorch or safetensors.")

  @Argument(help: ArgumentHelp("The file; its format is told by its content.", valueName: "file"))
  var file: String

  @Flag(help: "Give every entry a line, where there are many.")
  var all = false

  func run() throws {
    let report = try FileReport(of: file, limit: all ? nil : FileReport.lineLimit)
    for line in report.lines { Console.standard.line(line) }
  }
}
