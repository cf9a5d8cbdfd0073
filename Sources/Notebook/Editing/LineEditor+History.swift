extension LineEditor {
  /// Shows the next older entry that begins with what was typed.
  func older() {
    if shownEntry == nil { draft = buffer.text }
    guard let entry = history.last(before: shownEntry ?? history.entries.count, where: { fits($0) }) else { return }
    show(entry)
  }

  /// Shows the next younger one, after the last what was typed.
  func newer() {
    guard let shown = shownEntry else { return }
    if let entry = history.first(after: shown, where: { fits($0) }) { return show(entry) }
    shownEntry = nil
    buffer.set(draft)
  }

  private func fits(_ entry: String) -> Bool { entry.hasPrefix(draft) && entry != buffer.text }

  private func show(_ entry: Int) {
    shownEntry = entry
    buffer.set(history.entries[entry])
  }

  /// Ctrl-R: looks for what is typed in older entries; again: in still older ones.
  /// - Returns: the key that ended the search, to be done; nil if the search was given up or the input ended.
  func search() -> Key? {
    let before = buffer
    var query = ""
    var found = history.entries.count
    var hasFailed = false
    func find(before index: Int) {
      guard let entry = history.last(before: index, where: { $0.contains(query) }) else {
        hasFailed = true
        return
      }
      (found, hasFailed) = (entry, false)
      buffer.set(history.entries[entry])
    }
    while true {
      draw(notice: "(\(hasFailed ? "nothing for" : "search") \(style.printable(query))) ")
      guard let key = nextKey() else { return nil }
      switch key {
      case .text(let text), .paste(let text):
        query += text
        find(before: min(found + 1, history.entries.count))
      case .backspace, .control("h"):
        if !query.isEmpty { query.removeLast() }
        find(before: history.entries.count)
      case .control("r"): find(before: found)
      case .control("g"), .control("c"), .escape:
        buffer = before
        return nil
      default:
        shownEntry = found < history.entries.count ? found : nil
        draft = ""
        return key
      }
    }
  }
}
