extension NotebookCell {
  /// The lines of a Lua file that say this cell, as tel writes them, without the blank line to the next.
  var usualText: String {
    let plain = text(counting: false)
    var reader = CellsFileReader(plain)
    let blocks = reader.blocks()
    if blocks.count == 1, blocks[0].cell.map({ saysTheSame($0) }) == true { return plain }
    return text(counting: true)
  }

  /// Whether another cell is this one, wherever it stands and whatever it came to.
  func saysTheSame(_ other: NotebookCell) -> Bool {
    (kind, source, id, metadata, attachments)
      == (other.kind, other.source, other.id, other.metadata, other.attachments)
  }

  /// - Parameter counting: say how many lines it has, for text that would be taken for another cell, or for an end.
  private func text(counting: Bool) -> String {
    var header = CellHeader(kind: .cell(kind))
    var lines =
      source.isEmpty
      ? [] : source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String($0)! }
    if kind == .code, let first = lines.first, let titled = CellHeader(first), titled.text == first,
      titled == CellHeader(kind: .cell(.code), title: titled.title), !titled.title.isEmpty
    {
      header.title = titled.title
      lines.removeFirst()
    }
    if kind != .code { lines = lines.map { $0.isEmpty ? "--" : "-- " + $0 } }
    if let id { header.extras["id"] = .string(id) }
    if metadata != [:] { header.extras["metadata"] = metadata }
    if let attachments { header.extras["attachments"] = attachments }
    if counting { header.extras["lines"] = .integer(lines.count) }
    return ([header.text] + lines).joined(separator: "\n") + "\n"
  }
}

extension NotebookDocument {
  /// The line that says what Jupyter keeps of the notebook as a whole; empty if that is nothing.
  var headText: String {
    metadata == [:] ? "" : CellHeader(kind: .notebook, extras: ["metadata": metadata]).text + "\n"
  }

  /// The text of a Lua file.
  package var cellsText: String {
    let usual = headText
    var parts = [head ?? (usual.isEmpty || cells.isEmpty ? usual : usual + "\n")]
    for (i, cell) in cells.enumerated() {
      let isLast = i + 1 == cells.count
      if let verbatim = cell.verbatim {
        parts.append(isLast || verbatim.utf8.last == UInt8(ascii: "\n") ? verbatim : verbatim + "\n")
      } else {
        parts.append(cell.usualText + (isLast ? "" : "\n"))
      }
    }
    return parts.joined()
  }
}
