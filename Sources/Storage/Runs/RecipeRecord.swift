/// A Lua source as it was run.
public struct RecipeSource: Sendable, Equatable {
  /// The name by which it was loaded.
  public var name: String
  /// Its text, verbatim.
  public var text: String

  public init(name: String, text: String) { (self.name, self.text) = (name, text) }
}

/// All that went into a run: it can be run again from this alone.
public struct RecipeRecord: Sendable, Equatable {
  /// Every Lua source loaded, the recipe first.
  public var sources: [RecipeSource]
  /// `--set` options as given, `a.b=value`.
  public var settings: [String]
  /// Arguments after the recipe's name.
  public var arguments: [String]
  public var seed: UInt64
  /// The recipe's values after defaults and settings.
  public var resolved: StoredValue

  public init(
    sources: [RecipeSource] = [], settings: [String] = [], arguments: [String] = [], seed: UInt64 = 0,
    resolved: StoredValue = .null
  ) {
    (self.sources, self.settings, self.arguments) = (sources, settings, arguments)
    (self.seed, self.resolved) = (seed, resolved)
  }

  /// Stores under `path`: `names`, `sources`, `settings`, `arguments` (texts), `resolved` (JSON), the seed as attribute
  /// (its 64 bits, so that large ones show as negative).
  func write(to file: HDF5File, _ path: String) throws {
    try file.write(path + "/names", sources.map(\.name))
    try file.write(path + "/sources", sources.map(\.text))
    try file.write(path + "/settings", settings)
    try file.write(path + "/arguments", arguments)
    try file.write(path + "/resolved", resolved.json)
    try file.setAttribute("seed", of: path, .integer(Int(bitPattern: UInt(seed))))
  }

  init(from file: HDF5File, _ path: String) throws {
    let names = try file.readStrings(path + "/names")
    let texts = try file.readStrings(path + "/sources")
    guard names.count == texts.count, case .integer(let seed)? = try file.attribute("seed", of: path) else {
      throw FormatError.content(file: file.name, what: "\(path) lacks sources or seed")
    }
    self.init(
      sources: zip(names, texts).map { RecipeSource(name: $0, text: $1) },
      settings: try file.readStrings(path + "/settings"), arguments: try file.readStrings(path + "/arguments"),
      seed: UInt64(UInt(bitPattern: seed)), resolved: try file.readValue(path + "/resolved"))
  }
}

extension HDF5File {
  /// A nested value stored as JSON text.
  func readValue(_ path: String) throws -> StoredValue {
    do {
      return try StoredValue(json: try readString(path))
    } catch let error as JSONError {
      throw FormatError.content(file: name, what: "\(path) is \(error)")
    }
  }
}

extension RecipeRecord {
  /// The recipe that results, a checkpoint, or another file of ours carries.
  /// - Throws: `FileError`, `HDF5Error`; `FormatError` for files without one.
  public init(of path: String) throws {
    let file = try HDF5File(reading: path)
    guard try file.exists("/recipe/sources") else {
      throw FormatError.content(file: path, what: "it carries no recipe")
    }
    try self.init(from: file, "/recipe")
  }
}
