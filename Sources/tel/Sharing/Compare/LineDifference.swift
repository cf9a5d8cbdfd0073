/// The lines that one text has and another hasn't.
struct LineDifference {
  private let before: [Substring]
  private let after: [Substring]
  /// Equal lines around a change that are shown with it.
  private static let context = 2

  init(_ before: String, _ after: String) {
    self.before = before.split(omittingEmptySubsequences: false) { $0.isNewline }
    self.after = after.split(omittingEmptySubsequences: false) { $0.isNewline }
  }

  /// As `diff -u` shows it, without line numbers; nothing for equal texts.
  func lines(_ first: String, _ second: String) -> [String] {
    let difference = after.difference(from: before)
    if difference.isEmpty { return [] }
    var (removed, inserted) = (Set<Int>(), Set<Int>())
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var all: [(mark: String, text: Substring)] = []
    var (i, j) = (0, 0)
    while i < before.count || j < after.count {
      if i < before.count, removed.contains(i) {
        all.append(("-", before[i]))
        i += 1
      } else if j < after.count, inserted.contains(j) {
        all.append(("+", after[j]))
        j += 1
      } else {
        all.append((" ", before[i]))
        (i, j) = (i + 1, j + 1)
      }
    }
    var (result, last) = (["--- \(first)", "+++ \(second)"], -1)
    for index in all.indices {
      let near = max(0, index - Self.context)...min(all.count - 1, index + Self.context)
      guard near.contains(where: { all[$0].mark != " " }) else { continue }
      if last >= 0, index > last + 1 { result.append("…") }
      result.append(all[index].mark + " " + all[index].text)
      last = index
    }
    return result
  }
}
