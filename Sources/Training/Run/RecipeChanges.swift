import Storage

/// What differs between the run that was saved and the one that is to continue it, as lines for people.
///
/// The run's name doesn't count, nor how sources are called, nor from which lines a function is taken.
struct RecipeChanges {
  private(set) var lines: [String] = []
  /// More lines than this help nobody.
  private static let limit = 40

  init(
    from earlier: RecipeRecord, to present: RecipeRecord, data earlierData: [String: DataRecord] = [:],
    data presentData: [String: DataRecord] = [:]
  ) {
    if earlier.seed != present.seed { lines.append("seed: \(earlier.seed) -> \(present.seed)") }
    if earlier.arguments != present.arguments {
      lines.append("arguments: \(earlier.arguments) -> \(present.arguments)")
    }
    compareValues(earlier.resolved, present.resolved)
    compareSources(earlier.sources, present.sources)
    for (part, old) in earlierData.sorted(by: { $0.key < $1.key }) {
      if let new = presentData[part] { compareData(part, old, new) }
    }
    if lines.count > Self.limit {
      lines = lines.prefix(Self.limit) + ["and \(lines.count - Self.limit) differences more"]
    }
  }

  private mutating func compareValues(_ earlier: StoredValue, _ present: StoredValue) {
    let (old, new) = (earlier.leaves(), present.leaves())
    for path in Set(old.keys).union(new.keys).sorted() where path != "name" && old[path] != new[path] {
      lines.append("\(path): \(Self.text(old[path])) -> \(Self.text(new[path]))")
    }
  }

  private static func text(_ value: StoredValue?) -> String {
    guard let text = value?.json else { return "(none)" }
    return text.count <= 60 ? text : text.prefix(59) + "…"
  }

  private mutating func compareSources(_ earlier: [RecipeSource], _ present: [RecipeSource]) {
    if earlier.map(\.text) == present.map(\.text) { return }
    var left = earlier
    for source in present {
      let same =
        left.firstIndex { $0.name == source.name } ?? left.firstIndex { Self.file($0.name) == Self.file(source.name) }
      guard let same else {
        lines.append("\(source.name): a source that was not there")
        continue
      }
      compareText(left.remove(at: same).text, source)
    }
    for source in left { lines.append("\(source.name): a source that is no longer there") }
  }

  private static func file(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

  private mutating func compareText(_ earlier: String, _ present: RecipeSource) {
    if earlier == present.text { return }
    func split(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    let changes = split(present.text).difference(from: split(earlier)).map { change in
      switch change {
      case .remove(let line, let text, _): (line: line, isNew: 0, text: "- \(text)")
      case .insert(let line, let text, _): (line: line, isNew: 1, text: "+ \(text)")
      }
    }
    for change in changes.sorted(by: { ($0.line, $0.isNew) < ($1.line, $1.isNew) }) {
      lines.append("\(present.name):\(change.line + 1): \(change.text)")
    }
  }

  private mutating func compareData(_ part: String, _ old: DataRecord, _ new: DataRecord) {
    if old == new { return }
    let (before, after) = (Set(old.names), Set(new.names))
    var parts: [String] = []
    if old.names.count != new.names.count { parts.append("\(old.names.count) -> \(new.names.count) samples") }
    if let name = new.names.first(where: { !before.contains($0) }) { parts.append("\(name) is new") }
    if let name = old.names.first(where: { !after.contains($0) }) { parts.append("\(name) is gone") }
    if old.classes != new.classes { parts.append("other classes") }
    if parts.isEmpty { parts.append(old.names == new.names ? "files of other sizes" : "another order") }
    lines.append("data.\(part): " + parts.joined(separator: ", "))
  }
}

extension StoredValue {
  /// Every value that holds no others by its path, as `--set` would name it, without functions: their text is compared.
  fileprivate func leaves(_ path: String = "") -> [String: StoredValue] {
    switch self {
    case .table(let entries) where !entries.isEmpty:
      entries.reduce(into: [:]) { $0.merge($1.value.leaves(path.isEmpty ? $1.key : "\(path).\($1.key)")) { a, _ in a } }
    case .list(let values) where !values.isEmpty:
      values.indices.reduce(into: [:]) { $0.merge(values[$1].leaves("\(path)[\($1 + 1)]")) { a, _ in a } }
    case .string(let text) where text.hasPrefix("function at "): [:]
    case .null: [:]
    default: [path: self]
    }
  }
}
