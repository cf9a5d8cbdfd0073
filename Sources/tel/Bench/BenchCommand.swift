import ArgumentParser
import Foundation
import Tensors
import Training

/// `tel bench …`: how fast this machine computes.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast trees, convolutions, networks, recipes and saving are here.",
    subcommands: [BenchTree.self, BenchConvolution.self, BenchModel.self, BenchRecipe.self, BenchSaving.self])
}

/// Options of every measurement.
struct BenchOptions: ParsableArguments {
  @OptionGroup var host: HostOptions

  @Option(help: "How often each thing is measured, after two times that don't count.")
  var repeats = 5

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(repeats) else { throw ValidationError("--repeats takes a number from 1 to 10000") }
  }

  func apply() {
    if let threads = host.threads { Kernel.threads = threads }
  }

  /// Runs that don't count: the first training step asks for memory, the second for as much as the momentum of the first took.
  static let warmUps = 2

  /// Seconds of `repeats` runs of `body`, after those that don't count.
  func time(_ body: () throws -> Void) throws -> Timing {
    for _ in 0..<Self.warmUps { try body() }
    return Timing(
      seconds: try (0..<repeats).map { _ in
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start).inSeconds
      })
  }

  /// Prints `report` as JSON, or its lines.
  func print<Report: Encodable>(_ report: Report, lines: [String]) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      Console.standard.line(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      for line in lines { Console.standard.line(line) }
    }
  }
}

/// How long something took, several times.
struct Timing: Encodable {
  let seconds: [Double]
  var median: Double { seconds.sorted()[seconds.count / 2] }
  /// Half the distance between the quartiles, relative to the median.
  var spread: Double {
    let sorted = seconds.sorted()
    return (sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]) / 2 / median
  }

  private enum Key: String, CodingKey { case seconds, median, spread }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(median, forKey: .median)
    try container.encode(spread, forKey: .spread)
  }
}

/// Columns of text.
enum BenchText {
  static func number(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }
  static func bytes(_ count: Int) -> String { String(format: "%.2f GB", Double(count) / 1e9) }
  static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  /// Rows with their first column to the left and the others to the right, under each other.
  static func table(_ rows: [[String]]) -> [String] {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }
  }
}
