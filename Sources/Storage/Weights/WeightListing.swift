/// The names of a state dictionary as few enough lines to be read: entries, and groups of entries whose names begin alike.
public struct WeightListing: Sendable {
  /// A line: one tensor, or a group of several.
  public struct Line: Sendable, Equatable {
    /// The tensor's name, or what the names of a group begin with, ending in `.*`.
    public var name: String
    /// Tensors.
    public var entries: Int
    /// Numbers in all of them.
    public var count: Int
    /// Bytes of their numbers as they are stored.
    public var bytes: Int
    /// Of a single tensor.
    public var shape: [Int]?
    /// The number types that occur, in the order of their first occurrence.
    public var types: [String]
  }

  /// In the order of each line's first tensor.
  public let lines: [Line]
  /// All tensors as one line.
  public let total: Line

  /// - Parameter limit: how many lines there may be; nil gives every tensor its own. Names are cut at the dot that leaves the
  ///   most lines within the limit, and groups of one are told by their full name.
  public init(_ tensors: [StoredTensor], limit: Int? = nil) {
    let parts = tensors.map { $0.name.split(separator: ".", omittingEmptySubsequences: false) }
    let deepest = parts.map(\.count).max() ?? 1
    var depth = deepest
    if let limit {
      func lines(_ depth: Int) -> Int { Set(parts.map { $0.prefix(depth).joined(separator: ".") }).count }
      while depth > 1 && lines(depth) > limit { depth -= 1 }
    }
    var (order, groups): ([String], [String: [StoredTensor]]) = ([], [:])
    for (tensor, parts) in zip(tensors, parts) {
      let key = parts.prefix(depth).joined(separator: ".")
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(tensor)
    }
    lines = order.map { key in
      let group = groups[key] ?? []
      return Self.line(group, name: group.count == 1 ? group[0].name : key + ".*")
    }
    total = Self.line(tensors, name: "")
  }

  private static func line(_ tensors: [StoredTensor], name: String) -> Line {
    var line = Line(name: name, entries: 0, count: 0, bytes: 0, shape: nil, types: [])
    for tensor in tensors {
      line.entries += 1
      line.count += tensor.count
      line.bytes += tensor.storedBytes
      if !line.types.contains(tensor.storedType) { line.types.append(tensor.storedType) }
    }
    if tensors.count == 1 { line.shape = tensors[0].shape }
    return line
  }
}
