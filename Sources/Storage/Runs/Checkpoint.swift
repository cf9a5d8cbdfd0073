import Tensors

/// All that a run needs to go on as if it had not stopped, or that a network needs to be used.
///
/// In the file: `/state/<key>` with PyTorch's shapes, `/optimizer/<slot>/<key>`, `/average/<key>` if kept, attributes of
/// `/progress`, attributes of `/random` (64 bits each, large ones show as negative), `/recipe` and `/recipe_state` (JSON),
/// attributes of `/provenance` for weights that came from elsewhere.
public struct Checkpoint: Sendable {
  /// Parameters and buffers by state-dict key.
  public var state: [String: Tensor]
  /// What the optimiser keeps, by slot (`momentum`) and parameter.
  public var optimizer: [String: [String: Tensor]]
  /// A running average of the parameters, if one is kept.
  public var average: [String: Tensor]
  /// `iteration`, `epoch`, `best_miou`, …
  public var progress: [String: AttributeValue]
  /// States of the random streams by name.
  public var random: [String: UInt64]
  /// The recipe's table `state`.
  public var recipeState: StoredValue
  public var recipe: RecipeRecord
  /// Where the weights came from, if it wasn't a run of ours.
  public var provenance: [String: AttributeValue]

  public init(
    state: [String: Tensor], optimizer: [String: [String: Tensor]] = [:], average: [String: Tensor] = [:],
    progress: [String: AttributeValue] = [:], random: [String: UInt64] = [:], recipeState: StoredValue = .null,
    recipe: RecipeRecord = RecipeRecord(), provenance: [String: AttributeValue] = [:]
  ) {
    (self.state, self.optimizer, self.average) = (state, optimizer, average)
    (self.progress, self.random, self.recipeState, self.recipe) = (progress, random, recipeState, recipe)
    self.provenance = provenance
  }

  /// Replaces the file at `path`, whole or not at all. Takes as much memory as the file is large.
  /// - Throws: `FileError`, `HDF5Error`.
  public func save(to path: String) throws { try image(named: path).write(to: path) }

  /// The same with `weights` in place of `state`: each is read when it is written, and let go of.
  func save(to path: String, weights: [StoredTensor]) throws { try image(named: path, weights).write(to: path) }

  /// The file that `save` writes, as it is now: what becomes of the tensors afterwards doesn't show in it.
  /// - Parameter name: what errors call it.
  /// - Throws: `HDF5Error`.
  public func image(named name: String) throws -> HDF5Image {
    try image(named: name, state.map { StoredTensor(name: $0.key, $0.value) })
  }

  /// Bytes of all tensors.
  public var byteCount: Int {
    ([state, average] + optimizer.values).joined().reduce(0) { $0 + $1.value.count * $1.value.type.byteCount }
  }

  private func image(named name: String, _ weights: [StoredTensor]) throws -> HDF5Image {
    let kept = ([average] + optimizer.values).joined().map { StoredTensor(name: $0.key, $0.value) }
    let bytes = (weights + kept).reduce(0) { $0 + $1.count * $1.type.byteCount + 1024 }
    let file = try HDF5File(creating: name, expectedBytes: bytes)
    try FileFormat.checkpoint.mark(file)
    try Self.write(weights, to: file, "/state")
    for (slot, tensors) in optimizer.sorted(by: { $0.key < $1.key }) {
      try Self.write(tensors, to: file, "/optimizer/" + slot)
    }
    if !average.isEmpty { try Self.write(average, to: file, "/average") }
    if !provenance.isEmpty { try file.write(attributes: provenance, of: "/provenance") }
    try file.write(attributes: progress, of: "/progress")
    try file.write(attributes: random.mapValues { .integer(Int(bitPattern: UInt($0))) }, of: "/random")
    try file.write("/recipe_state", recipeState.json)
    try recipe.write(to: file, "/recipe")
    return try file.finished()
  }

  /// Reads a whole checkpoint.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  public init(contentsOf path: String) throws {
    let file = try Self.open(path)
    state = try Self.read(file, "/state")
    optimizer = [:]
    if try file.exists("/optimizer") {
      for slot in try file.keys("/optimizer") { optimizer[slot] = try Self.read(file, "/optimizer/" + slot) }
    }
    average = try file.exists("/average") ? try Self.read(file, "/average") : [:]
    progress = try file.attributes("/progress")
    random = try file.attributes("/random").mapValues { value in
      guard case .integer(let bits) = value else {
        throw FormatError.content(file: path, what: "/random holds something else than integers")
      }
      return UInt64(UInt(bitPattern: bits))
    }
    recipeState = try file.readValue("/recipe_state")
    recipe = try RecipeRecord(from: file, "/recipe")
    provenance = try Self.provenance(file)
  }

  /// All but the tensors: `state`, `optimizer` and `average` are empty.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  public init(describing path: String) throws {
    let file = try Self.open(path)
    self.init(
      state: [:], progress: try file.attributes("/progress"), recipeState: try file.readValue("/recipe_state"),
      recipe: try RecipeRecord(from: file, "/recipe"), provenance: try Self.provenance(file))
  }

  private static func provenance(_ file: HDF5File) throws -> [String: AttributeValue] {
    try file.exists("/provenance") ? try file.attributes("/provenance") : [:]
  }

  /// Only the network's state; the rest of the file is not read.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  public static func weights(of path: String) throws -> [String: Tensor] {
    try read(try open(path), "/state")
  }

  /// Only the attributes of `/progress`.
  public static func progress(of path: String) throws -> [String: AttributeValue] {
    try open(path).attributes("/progress")
  }

  /// Only the recipe that the run was of; nil in a file that holds weights alone.
  public static func recipe(of path: String) throws -> RecipeRecord? {
    let file = try open(path)
    return try file.exists("/recipe") ? try RecipeRecord(from: file, "/recipe") : nil
  }

  private static func open(_ path: String) throws -> HDF5File {
    let file = try HDF5File(reading: path)
    try FileFormat.checkpoint.check(file)
    return file
  }

  private static func write(_ tensors: [String: Tensor], to file: HDF5File, _ group: String) throws {
    try write(tensors.map { StoredTensor(name: $0.key, $0.value) }, to: file, group)
  }

  private static func write(_ tensors: [StoredTensor], to file: HDF5File, _ group: String) throws {
    try file.createGroup(group)
    // Large ones first: one that is read for writing is then gone by the time the file in memory is large.
    for tensor in tensors.sorted(by: { ($1.storedBytes, $0.name) < ($0.storedBytes, $1.name) }) {
      let key = tensor.name
      if key.isEmpty || key == "." || key.contains("/") {
        throw HDF5Error.unstorable(
          file: file.name, path: group, reason: "the name \"\(key)\" is empty, a point, or has a slash")
      }
      try file.write(group + "/" + key, try tensor.load())
    }
  }

  private static func read(_ file: HDF5File, _ group: String) throws -> [String: Tensor] {
    try file.keys(group).reduce(into: [:]) { $0[$1] = try file.read(group + "/" + $1) }
  }
}

extension HDF5File {
  /// A group with these attributes.
  func write(attributes: [String: AttributeValue], of path: String) throws {
    try createGroup(path)
    for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { try setAttribute(key, of: path, value) }
  }
}
