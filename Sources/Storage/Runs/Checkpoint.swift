import Tensors

/// All that a run needs to go on as if it had not stopped, or that a network needs to be used.
///
/// In the file: `/state/<key>` with PyTorch's shapes, `/optimizer/<slot>/<key>`, `/average/<key>` if kept, attributes of
/// `/progress`, attributes of `/random` (64 bits each, large ones show as negative), `/recipe` and `/recipe_state` (JSON).
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

  public init(
    state: [String: Tensor], optimizer: [String: [String: Tensor]] = [:], average: [String: Tensor] = [:],
    progress: [String: AttributeValue] = [:], random: [String: UInt64] = [:], recipeState: StoredValue = .null,
    recipe: RecipeRecord = RecipeRecord()
  ) {
    (self.state, self.optimizer, self.average) = (state, optimizer, average)
    (self.progress, self.random, self.recipeState, self.recipe) = (progress, random, recipeState, recipe)
  }

  /// Replaces the file at `path`, whole or not at all. Takes as much memory as the file is large.
  /// - Throws: `FileError`, `HDF5Error`.
  public func save(to path: String) throws {
    let tensors = [state, average] + optimizer.values
    let bytes = tensors.joined().reduce(0) { $0 + $1.value.count * $1.value.type.byteCount + 1024 }
    let file = try HDF5File(creating: path, expectedBytes: bytes)
    try FileFormat.checkpoint.mark(file)
    try Self.write(state, to: file, "/state")
    for (slot, tensors) in optimizer.sorted(by: { $0.key < $1.key }) {
      try Self.write(tensors, to: file, "/optimizer/" + slot)
    }
    if !average.isEmpty { try Self.write(average, to: file, "/average") }
    try file.write(attributes: progress, of: "/progress")
    try file.write(attributes: random.mapValues { .integer(Int(bitPattern: UInt($0))) }, of: "/random")
    try file.write("/recipe_state", recipeState.json)
    try recipe.write(to: file, "/recipe")
    try file.write(to: path)
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
  }

  /// Only the network's state; the rest of the file is not read.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  public static func weights(of path: String) throws -> [String: Tensor] {
    try read(try open(path), "/state")
  }

  /// Only the running average of the weights; empty where none was kept.
  public static func average(of path: String) throws -> [String: Tensor] {
    let file = try open(path)
    return try file.exists("/average") ? try read(file, "/average") : [:]
  }

  /// Only the attributes of `/progress`.
  public static func progress(of path: String) throws -> [String: AttributeValue] {
    try open(path).attributes("/progress")
  }

  private static func open(_ path: String) throws -> HDF5File {
    let file = try HDF5File(reading: path)
    try FileFormat.checkpoint.check(file)
    return file
  }

  private static func write(_ tensors: [String: Tensor], to file: HDF5File, _ group: String) throws {
    try file.createGroup(group)
    for (key, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      if key.isEmpty || key == "." || key.contains("/") {
        throw HDF5Error.unstorable(
          file: file.name, path: group, reason: "the name \"\(key)\" is empty, a point, or has a slash")
      }
      try file.write(group + "/" + key, tensor)
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
