/// What a run leaves to be read: its recipe, where it ran, and what it measured (`results.h5`). Small, always replaced whole.
///
/// In the file: `/recipe`, attributes of `/environment`, `/data/<part>/{names, bytes, classes}`, `/history`,
/// `/metrics/<phase>/{iteration, …}`, attributes of `/protocol/<phase>`.
public struct RunFile: Sendable {
  public var recipe: RecipeRecord
  /// Versions, machine, threads, data folder, …
  public var environment: [String: AttributeValue]
  /// What was trained on, and scored, by its part in the recipe: `train`, `val`.
  public var data: [String: DataRecord]
  /// When the run was resumed, and what was different from then on, a line each time.
  public var history: [String]
  /// Measurements by phase: `train`, `val`, `test`.
  public var metrics: [String: MetricTable]
  /// How numbers were obtained, by phase: scales, flips, windows, …
  public var protocols: [String: [String: AttributeValue]]

  public init(
    recipe: RecipeRecord = RecipeRecord(), environment: [String: AttributeValue] = [:],
    data: [String: DataRecord] = [:], history: [String] = [], metrics: [String: MetricTable] = [:],
    protocols: [String: [String: AttributeValue]] = [:]
  ) {
    (self.recipe, self.environment, self.data, self.history) = (recipe, environment, data, history)
    (self.metrics, self.protocols) = (metrics, protocols)
  }

  /// Replaces the file at `path`, whole or not at all.
  /// - Throws: `FileError`, `HDF5Error`.
  public func save(to path: String) throws {
    let file = try HDF5File(creating: path)
    try FileFormat.run.mark(file)
    try recipe.write(to: file, "/recipe")
    try file.write(attributes: environment, of: "/environment")
    try file.createGroup("/data")
    for (part, record) in data.sorted(by: { $0.key < $1.key }) { try record.write(to: file, "/data/" + part) }
    try file.write("/history", history)
    try file.createGroup("/metrics")
    for (phase, table) in metrics.sorted(by: { $0.key < $1.key }) { try table.write(to: file, "/metrics/" + phase) }
    try file.createGroup("/protocol")
    for (phase, values) in protocols.sorted(by: { $0.key < $1.key }) {
      try file.write(attributes: values, of: "/protocol/" + phase)
    }
    try file.write(to: path)
  }

  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  public init(contentsOf path: String) throws {
    let file = try HDF5File(reading: path)
    try FileFormat.run.check(file)
    recipe = try RecipeRecord(from: file, "/recipe")
    environment = try file.attributes("/environment")
    // Files of the first versions lack these two.
    data = [:]
    if try file.exists("/data") {
      for part in try file.keys("/data") { data[part] = try DataRecord(from: file, "/data/" + part) }
    }
    history = try file.exists("/history") ? try file.readStrings("/history") : []
    metrics = try file.keys("/metrics").reduce(into: [:]) {
      $0[$1] = try MetricTable(from: file, "/metrics/" + $1)
    }
    protocols = try file.keys("/protocol").reduce(into: [:]) { $0[$1] = try file.attributes("/protocol/" + $1) }
  }

  /// Appends measurements of a phase.
  public mutating func append(
    _ phase: String, iteration: Int, _ values: [String: Double], vectors: [String: [Double]] = [:]
  ) {
    metrics[phase, default: MetricTable()].append(iteration: iteration, values, vectors: vectors)
  }

  /// Removes what was measured beyond `iteration`; a resumed run measures it again.
  public mutating func truncate(after iteration: Int) {
    for phase in metrics.keys { metrics[phase]?.truncate(after: iteration) }
  }
}
