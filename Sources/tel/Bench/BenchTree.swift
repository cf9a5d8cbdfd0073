import ArgumentParser
import Tensors
import Training
import TreeFilter

/// `tel bench tree`: each stage of the Tree Energy Loss.
struct BenchTree: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Measure spanning trees, the tree filter and the Tree Energy Loss.")

  @Option(help: ArgumentHelp("Height and width of the grid, each from 1 to 16384, as in 128x256.", valueName: "HxW"))
  var size = ImageSize(height: 128, width: 256)

  @Option(help: "Channels that are filtered.")
  var channels = 19

  @Option(help: "Channels of the embedding.")
  var embedding = 256

  @OptionGroup var options: BenchOptions

  func validate() throws {
    guard (1...4096).contains(channels), (1...4096).contains(embedding) else {
      throw ValidationError("--channels and --embedding take a number from 1 to 4096")
    }
  }

  private struct Stage: Encodable {
    var name: String
    var time: Timing
    var nsPerNode: Double
    /// Nanoseconds per node and channel; for the tree itself the same as per node.
    var nsPerValue: Double
  }

  private struct Report: Encodable {
    var size: [Int]
    var channels: Int
    var embedding: Int
    var threads: Int
    var stages: [Stage]
    var peakResidentBytes: Int
  }

  func run() throws {
    options.apply()
    // What is filtered and its gradient in several orders, the embedding and its gradient, the distances of several images, and a
    // few numbers per vertex.
    let perPixel = 8 * channels + 3 * embedding + 2 * TreeStages.images + 32
    let values = Double(perPixel) * Double(size.height) * Double(size.width)
    try BenchMemory.require(4 * values, advice: "a smaller --size, or fewer --channels")
    let work = TreeStages(height: size.height, width: size.width, channels: channels, embedding: embedding)
    let stages = try work.stages().map { stage in
      let time = try options.time(stage.body)
      return Stage(
        name: stage.name, time: time, nsPerNode: 1e9 * time.median / Double(work.vertices),
        nsPerValue: 1e9 * time.median / Double(stage.values))
    }
    let report = Report(
      size: [size.height, size.width], channels: channels, embedding: embedding, threads: Kernel.threads,
      stages: stages, peakResidentBytes: MachineMemory.peakResident)
    let rows =
      [["stage", "ms", "spread", "ns/node", "ns/node/channel"]]
      + stages.map {
        [
          $0.name, BenchText.number(1e3 * $0.time.median, 3), BenchText.percent($0.time.spread),
          BenchText.number($0.nsPerNode, 1), BenchText.number($0.nsPerValue),
        ]
      }
    try options.print(
      report,
      lines: [
        "\(size), \(channels) channels, an embedding of \(embedding), \(Kernel.threads) threads; \(Processor.description)"
      ] + BenchText.table(rows))
  }
}

/// A size as it is typed: 512x1024, height first.
struct ImageSize: ExpressibleByArgument, CustomStringConvertible {
  var height: Int
  var width: Int

  init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

  init?(argument: String) {
    let sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let height = sides[0], let width = sides[1], (1...16_384).contains(height),
      (1...16_384).contains(width)
    else { return nil }
    self.init(height: height, width: width)
  }

  var description: String { "\(height)×\(width)" }
  var defaultValueDescription: String { "\(height)x\(width)" }
}
