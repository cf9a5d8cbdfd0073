import Foundation
import Networks
import Storage
import Tensors

/// What `tel inspect` says of a file: what it is, where it comes from, how far it got, and what can be done with it.
struct FileReport {
  /// So many entries are listed singly.
  static let lineLimit = 20

  private(set) var lines: [String] = []
  let limit: Int?

  /// - Parameter limit: how many lines a listing may have, nil for all.
  /// - Throws: `FileError`, `WeightFileError`, the errors of the format.
  init(of path: String, limit: Int?) throws {
    self.limit = limit
    switch try WeightFile.format(of: path) {
    case .checkpoint:
      let file = try HDF5File(reading: path)
      switch try file.attribute("format", of: "/") {
      case .string(FileFormat.checkpoint.name): try describeCheckpoint(path, file)
      case .string(FileFormat.run.name): try describeRun(path)
      default: try describeHDF5(path, file)
      }
      try tellChecksums(of: file)
    case .pyTorch: try describePyTorch(path)
    case .safeTensors:
      let file = try SafeTensorsFile(path: path)
      try title(path, "safetensors")
      facts(file.metadata.mapValues { $0 })
      list(file.tensors, as: "weights")
      next(Self.uses(ofWeights: path))
    }
  }

  private mutating func describeHDF5(_ path: String, _ file: HDF5File) throws {
    let names = try file.datasets()
    if try !describeMaps(path, file, names) {
      try title(path, "HDF5")
      facts(try file.attributes("/").mapValues(\.text))
    }
    table(
      header: ["dataset", "shape", "type", "size"],
      try names.prefix(limit ?? names.count).map { name in
        switch try file.info(name) {
        case .array(let array):
          [name, Self.text(array.shape), array.storedType, ByteText.of(array.storedBytes)]
        case .text(let shape): [name, Self.text(shape), "text", ""]
        case .group: [name, "", "group", ""]
        case .other(let type): [name, "", type, ""]
        }
      })
    if let limit, names.count > limit { line("  … and \(names.count - limit) more (--all lists them)") }
    next([("tel show \(Self.word(path))", "draw what can be drawn of it")])
  }

  /// A line on the file's checksums, before what to do next.
  private mutating func tellChecksums(of file: HDF5File) throws {
    let damaged = try file.damagedParts()
    let text =
      if !file.isSealed {
        "checksums: none, so another program wrote the file or changed it"
      } else if damaged.isEmpty {
        "checksums: all is as it was written"
      } else {
        "checksums: DAMAGED since it was written: " + damaged.joined(separator: ", ").printable
      }
    lines.insert(text, at: lines.firstIndex(of: "next:") ?? lines.endIndex)
  }

  private mutating func describePyTorch(_ path: String) throws {
    let file = try PyTorchFile(path: path)
    try title(path, file.encoding == .zip ? "PyTorch, zip format" : "PyTorch, the format before 1.6")
    do {
      let weights = try file.weights()
      // What was saved beside the weights, where they aren't all there is.
      if case .dictionary(let root) = file.root {
        var beside: [String: String] = [:]
        for entry in root.entries {
          guard case .text(let key) = entry.key else { continue }
          if case .tensor = entry.value { continue }
          if case .dictionary(let inner) = entry.value, inner.entries.contains(where: { $0.value.isTensor }) {
            beside[key] = "\(inner.entries.count) entries"
          } else {
            beside[key] = entry.value.storedValue.json
          }
        }
        facts(beside)
      }
      list(weights, as: "weights")
      next(Self.uses(ofWeights: path))
    } catch PyTorchError.noWeights {
      line("no weights: it holds \(Self.shortened(file.root.storedValue.json))")
    }
  }

  /// The first line: name, kind, size and age.
  mutating func title(_ path: String, _ format: String) throws {
    let bytes = try FileBytes(path: path).count
    let written = RunLocation.written(path).map { ", written \($0)" } ?? ""
    line("\(path.printable): \(format), \(ByteText.of(bytes))\(written)")
  }

  mutating func line(_ text: String) { lines.append(text) }

  /// One fact.
  mutating func fact(_ name: String, _ value: String) {
    line("  " + name.printable.padded(to: 24) + Self.shortened(value))
  }

  mutating func facts(_ values: [String: String], prefix: String = "") {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) { fact(prefix + key, value) }
  }

  mutating func recipe(_ record: RecipeRecord) {
    guard let first = record.sources.first else { return }
    let others = record.sources.count - 1
    let modules = others == 0 ? "" : " and \(others) \(others == 1 ? "module" : "modules")"
    fact("recipe", first.name + modules + ", seed \(record.seed)")
    if !record.settings.isEmpty { fact("settings", record.settings.joined(separator: "  ")) }
    if !record.arguments.isEmpty { fact("arguments", record.arguments.joined(separator: " ")) }
  }

  /// The listing of a state dictionary.
  mutating func list(_ tensors: [StoredTensor], as what: String) {
    let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    if let network = try? NetworkRecognition(shapes) { facts(["network": network.outline]) }
    let listing = WeightListing(tensors, limit: limit)
    let total = listing.total
    line(
      "\(what): \(total.entries) entries, \(total.count) numbers, \(ByteText.of(total.bytes)) of "
        + total.types.joined(separator: ", "))
    table(
      header: ["name", "shape", "type", "numbers", "size"],
      listing.lines.map { line in
        [
          line.name, line.shape.map(Self.text) ?? "\(line.entries) entries", line.types.joined(separator: ", "),
          "\(line.count)", ByteText.of(line.bytes),
        ]
      })
    if listing.lines.count < total.entries { line("  (--all gives every entry a line)") }
  }

  mutating func table(header: [String], _ rows: [[String]]) {
    let rows = ([header] + rows).map { $0.map { Self.shortened($0) } }
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = zip(row, widths).map { $0.padded(to: $1 + 2) }.joined()
      line("  " + String(cells[..<(cells.lastIndex { $0 != " " }.map(cells.index(after:)) ?? cells.startIndex)]))
    }
  }

  /// Commands that the file is for.
  mutating func next(_ commands: [(command: String, what: String)]) {
    line("next:")
    for (command, what) in commands { line("  " + what.padded(to: 36) + command.printable) }
  }

  /// What weights are for.
  static func uses(ofWeights path: String) -> [(command: String, what: String)] {
    let file = word(path)
    return [
      ("tel predict \(file) IMAGES --out DIR", "segment images"),
      ("tel show \(file) --image IMAGE", "draw what it sees, and its trees"),
      ("tel run FILE.lua --init-from \(file)", "train or score a recipe from it"),
      path.hasSuffix(".h5")
        ? ("tel export \(file) OUT.safetensors", "hand it to other programs")
        : ("tel import \(file) OUT.h5", "make a checkpoint of it"),
    ]
  }

  /// A path as a word of the command line.
  static func word(_ path: String) -> String {
    let plain = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=,:".contains($0)) }
    return plain && !path.hasPrefix("-") ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }

  static func text(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }

  /// What fits beside a name on a line.
  static func shortened(_ text: String) -> String {
    let text = text.printable
    return text.count <= 100 ? text : text.prefix(99) + "…"
  }
}

extension PyTorchValue {
  fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
}
