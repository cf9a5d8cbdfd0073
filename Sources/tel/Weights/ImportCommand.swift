import ArgumentParser
import Foundation
import Storage
import Tensors
import Training

/// `tel import IN OUT.h5`: weights of PyTorch or safetensors as a checkpoint.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Convert weights of PyTorch (.pth) or safetensors into a checkpoint (.h5).",
    discussion:
      "Names and values stay as they are; a prefix module. is cut off, and half precision becomes float32. Nothing in the file is run."
  )

  @Argument(help: ArgumentHelp("The file to read; its format is told by its content.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The checkpoint to write; an older one is replaced.", valueName: "out.h5"))
  var output: String

  func run() throws {
    try Conversion.check(output, from: input, ending: "h5", instead: "tel export IN OUT.safetensors writes safetensors")
    let weights = try WeightFile(path: input)
    try Checkpoint.convert(weights, to: output)
    Conversion.report(weights.tensors, from: weights.format.text, to: output)
  }
}

/// `tel export IN OUT.safetensors`: weights for programs that know nothing of tel.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Convert the weights of a checkpoint (.h5) or of PyTorch (.pth) into safetensors.",
    discussion:
      "In Python: state = safetensors.torch.load_file(\"out.safetensors\"). The network's state only; the checkpoint keeps momentum and the rest."
  )

  @Argument(help: ArgumentHelp("The file to read; its format is told by its content.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The file to write; an older one is replaced.", valueName: "out.safetensors"))
  var output: String

  @Flag(help: "Take the running average of the parameters where the checkpoint keeps one.")
  var average = false

  func run() throws {
    try Conversion.check(
      output, from: input, ending: "safetensors", instead: "tel import IN OUT.h5 writes a checkpoint")
    let metadata = try metadata()
    let weights = try WeightFile(path: input)
    let tensors = average ? try averaged(weights) : weights.tensors
    try SafeTensorsFile.write(tensors, metadata: metadata, to: output)
    Conversion.report(tensors, from: weights.format.text, to: output)
    if !average, weights.format == .checkpoint, try !Checkpoint.average(of: input).isEmpty {
      Console.standard.line("the checkpoint keeps a running average as well, which is what was validated: --average")
    }
  }

  /// The weights with the average in place of each parameter that has one.
  private func averaged(_ weights: WeightFile) throws -> [StoredTensor] {
    let averages = weights.format == .checkpoint ? try Checkpoint.average(of: input) : []
    if averages.isEmpty { throw ConversionError.noAverage(file: input) }
    let byName = Dictionary(averages.map { ($0.name, $0) }) { first, _ in first }
    return weights.tensors.map { byName[$0.name] ?? $0 }
  }

  /// What the file carries beside its tensors: `format`, which readers in Python ask for, and where the weights come from.
  private func metadata() throws -> [String: String] {
    var metadata = ["format": "pt", "tel": Version.text]
    guard try WeightFile.format(of: input) == .checkpoint else { return metadata }
    let about = try Checkpoint(describing: input)
    for (key, value) in about.progress.merging(about.provenance, uniquingKeysWith: { $1 }) {
      metadata[key == "format" ? "source_format" : key] = value.text
    }
    if let recipe = about.recipe.sources.first { metadata["recipe"] = recipe.name }
    return metadata
  }
}

/// What importing and exporting have in common.
private enum Conversion {
  /// - Throws: `ConversionError`.
  static func check(_ output: String, from input: String, ending: String, instead: String) throws {
    guard output.fileExtension.lowercased() == ending else {
      throw ConversionError.ending(file: output, expected: ending, instead: instead)
    }
    if let from = realpath(input, nil), let to = realpath(output, nil) {
      defer {
        free(from)
        free(to)
      }
      if strcmp(from, to) == 0 { throw ConversionError.same(file: output) }
    }
  }

  static func report(_ tensors: [StoredTensor], from format: String, to output: String) {
    let total = WeightListing(tensors).total
    Console.standard.line("\(output): \(total.entries) entries, \(total.count) numbers, from \(format)")
    let converted = Dictionary(grouping: tensors.filter(\.isConverted)) { "\($0.storedType) to \($0.type.rawValue)" }
    for (what, tensors) in converted.sorted(by: { $0.key < $1.key }) {
      Console.standard.line("converted from \(what): \(tensors.count) entries, such as \(tensors[0].name.printable)")
    }
  }
}

/// Conversions that can't be what was meant.
enum ConversionError: ExplainedError, Equatable {
  case ending(file: String, expected: String, instead: String)
  case same(file: String)
  case noAverage(file: String)

  var explanation: Explanation {
    switch self {
    case .ending(let file, let expected, let instead):
      Explanation(
        "the file to write has another ending", place: file, expected: "a name in .\(expected)", advice: instead)
    case .same(let file): Explanation("the file to write is the one that is read", place: file)
    case .noAverage(let file):
      Explanation(
        "there is no running average in this file", place: file,
        expected: "a checkpoint of a recipe with average = {decay = …}", advice: "leave out --average")
    }
  }
}
