import Networks
import Storage

/// What `tel inspect` says of a file.
struct FileReport {
  /// So many entries are listed singly.
  static let lineLimit = 40

  private(set) var lines: [String] = []
  private let limit: Int?

  /// - Parameter limit: how many lines a listing may have, nil for all.
  /// - Throws: `FileError`, `WeightFileError`, the errors of the format.
  init(of path: String, limit: Int?) throws {
    self.limit = limit
    let bytes = try FileBytes(path: path).count
    switch try WeightFile.format(of: path) {
    case .checkpoint:
      let file = try HDF5File(reading: path)
      switch try file.attribute("format", of: "/") {
      case .string(FileFormat.checkpoint.name): try describeCheckpoint(path, bytes, file)
      case .string(FileFormat.run.name): try describeRun(path, bytes)
      default: try describeHDF5(path, bytes, file)
      }
      try tellChecksums(of: file)
    case .pyTorch: try describePyTorch(path, bytes)
    case .safeTensors:
      let file = try SafeTensorsFile(path: path)
      title(path, bytes, "safetensors")
      facts(file.metadata.mapValues { $0 })
      list(file.tensors, as: "weights")
    }
  }

  private mutating func describeCheckpoint(_ path: String, _ bytes: Int, _ file: HDF5File) throws {
    let about = try Checkpoint(describing: path)
    title(path, bytes, "checkpoint of tel")
    facts(about.progress.mapValues(\.text))
    facts(about.provenance.mapValues(\.text), prefix: "from ")
    recipe(about.recipe)
    list(try WeightFile(path: path).tensors, as: "weights (/state)")
    for group in ["/average", "/optimizer"] where try file.exists(group) {
      let names = try file.datasets(below: group)
      lines.append("\(group): \(names.count) entries")
    }
  }

  private mutating func describeRun(_ path: String, _ bytes: Int) throws {
    let run = try RunFile(contentsOf: path)
    title(path, bytes, "results of a run of tel")
    recipe(run.recipe)
    facts(run.environment.mapValues(\.text))
    for (phase, values) in run.protocols.sorted(by: { $0.key < $1.key }) {
      facts(values.mapValues(\.text), prefix: phase + " ")
    }
    for (phase, table) in run.metrics.sorted(by: { $0.key < $1.key }) {
      guard let last = table.iterations.last else { continue }
      lines.append("/metrics/\(phase): \(table.iterations.count) rows, the last at iteration \(last):")
      for (name, column) in table.columns.sorted(by: { $0.key < $1.key }) {
        lines.append("  " + name.printable.padded(to: 24) + (column.last.map { "\($0)" } ?? ""))
      }
      for (name, rows) in table.vectors.sorted(by: { $0.key < $1.key }) {
        lines.append("  " + name.printable.padded(to: 24) + "\(rows.last?.count ?? 0) values a row")
      }
    }
  }

  private mutating func describeHDF5(_ path: String, _ bytes: Int, _ file: HDF5File) throws {
    title(path, bytes, "HDF5")
    facts(try file.attributes("/").mapValues(\.text))
    let names = try file.datasets()
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
    if let limit, names.count > limit { lines.append("  … and \(names.count - limit) more (--all lists them)") }
  }

  private mutating func tellChecksums(of file: HDF5File) throws {
    let damaged = try file.damagedParts()
    if !file.isSealed {
      lines.append("checksums: none, so another program wrote the file or changed it")
    } else if damaged.isEmpty {
      lines.append("checksums: all is as it was written")
    } else {
      lines.append("checksums: DAMAGED since it was written: " + damaged.joined(separator: ", ").printable)
    }
  }

  private mutating func describePyTorch(_ path: String, _ bytes: Int) throws {
    let file = try PyTorchFile(path: path)
    title(path, bytes, file.encoding == .zip ? "PyTorch, zip format" : "PyTorch, the format before 1.6")
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
    } catch PyTorchError.noWeights {
      lines.append("no weights: it holds \(Self.shortened(file.root.storedValue.json))")
    }
  }

  private mutating func title(_ path: String, _ bytes: Int, _ format: String) {
    lines.append("\(path.printable): \(format), \(ByteText.of(bytes))")
  }

  private mutating func recipe(_ record: RecipeRecord) {
    guard let first = record.sources.first else { return }
    var facts = ["recipe": first.name, "seed": "\(record.seed)"]
    if record.sources.count > 1 { facts["sources"] = record.sources.map(\.name).joined(separator: ", ") }
    if !record.settings.isEmpty { facts["settings"] = record.settings.joined(separator: "  ") }
    if !record.arguments.isEmpty { facts["arguments"] = record.arguments.joined(separator: " ") }
    self.facts(facts)
  }

  private mutating func facts(_ values: [String: String], prefix: String = "") {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      lines.append("  " + (prefix + key).printable.padded(to: 24) + Self.shortened(value))
    }
  }

  /// The listing of a state dictionary.
  private mutating func list(_ tensors: [StoredTensor], as what: String) {
    let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    if let network = try? NetworkRecognition(shapes) { facts(["network": network.outline]) }
    let listing = WeightListing(tensors, limit: limit)
    let total = listing.total
    lines.append(
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
    if listing.lines.count < total.entries { lines.append("  (--all gives every entry a line)") }
  }

  private mutating func table(header: [String], _ rows: [[String]]) {
    let rows = ([header] + rows).map { $0.map { Self.shortened($0) } }
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = zip(row, widths).map { $0.padded(to: $1 + 2) }.joined()
      lines.append(
        "  " + String(cells[..<(cells.lastIndex { $0 != " " }.map(cells.index(after:)) ?? cells.startIndex)]))
    }
  }

  private static func text(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }

  /// What fits beside a name on a line.
  private static func shortened(_ text: String) -> String {
    let text = text.printable
    return text.count <= 100 ? text : text.prefix(99) + "…"
  }
}

extension PyTorchValue {
  fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
}
