import Storage

/// A recipe's values as lines: `data.train.size[1]` and what it is.
struct RecipeValues {
  private(set) var lines: [(path: String, value: String)] = []

  init(_ value: StoredValue) { add(value, at: "") }

  private mutating func add(_ value: StoredValue, at path: String) {
    switch value {
    case .table(let entries) where !entries.isEmpty:
      for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
        add(value, at: path.isEmpty ? key : "\(path).\(key)")
      }
    case .list(let values) where values.contains(where: { if case .table = $0 { true } else { false } }):
      for (index, value) in values.enumerated() { add(value, at: "\(path)[\(index + 1)]") }
    default: lines.append((path, value.json))
    }
  }

  /// Values by path.
  var byPath: [String: String] { Dictionary(lines.map { ($0.path, $0.value) }) { first, _ in first } }
}
