extension NotebookDocument {
  /// Names that tel gives to cells that have none.
  static let ownIdPrefix = "tel-"

  /// Reads a Jupyter notebook of nbformat 4.
  /// - Throws: `DocumentError`.
  package init(jupyter json: JSON, path: String) throws {
    guard let format = json["nbformat"]?.integer else {
      throw DocumentError.malformed(path: path, what: "it has no nbformat")
    }
    guard format == 4 else { throw DocumentError.version(path: path, version: "\(format)") }
    guard let stored = json["cells"]?.elements else {
      throw DocumentError.malformed(path: path, what: "it has no cells")
    }
    metadata = json["metadata"] ?? [:]
    for usual in Self.usualMetadata.members ?? [] where metadata[usual.key] == usual.value {
      metadata[usual.key] = nil
    }
    head = metadata.luaText
    metadata.luaText = nil
    if let head, !isSaid(by: head) { self.head = nil }
    cells = try stored.enumerated().map { number, cell in
      try NotebookCell(jupyter: cell) { what in
        DocumentError.malformed(path: path, what: "cell \(number + 1) \(what)")
      }
    }
  }

  private func isSaid(by text: String) -> Bool {
    let other = NotebookDocument(cellsText: text)
    return other.cells.isEmpty && other.metadata == metadata
  }
}

extension NotebookCell {
  fileprivate init(jupyter json: JSON, wrong: (String) -> DocumentError) throws {
    guard let kind = json["cell_type"]?.text.flatMap(Kind.init) else { throw wrong("is of no known type") }
    guard let source = json["source"]?.joinedText else { throw wrong("has no source") }
    self.init(kind, source)
    id = json["id"]?.text.flatMap { Self.isName($0) ? $0 : nil }
    metadata = json["metadata"] ?? [:]
    // The times at which a client ran the cell go with its outputs.
    metadata["execution"] = nil
    verbatim = metadata.luaText
    metadata.luaText = nil
    attachments = json["attachments"]
    outputs = json["outputs"]?.elements ?? []
    executionCount = json["execution_count"]?.integer
    // Text that no longer says the cell was edited in Jupyter.
    if let verbatim {
      var other = NotebookDocument(cellsText: verbatim).cells
      if id == nil, !other.isEmpty { other[0].id = nil }
      if other.count != 1 || !saysTheSame(other[0]) { self.verbatim = nil }
    }
  }

  /// Whether Jupyter may call a cell so, and tel wouldn't by itself.
  static func isName(_ id: String) -> Bool {
    (1...64).contains(id.utf8.count) && !id.hasPrefix(NotebookDocument.ownIdPrefix)
      && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
  }
}

extension JSON {
  /// In Jupyter's metadata, how a Lua file says the same: `{"tel": {"text": …}}`.
  var luaText: String? {
    get { self["tel"]?["text"]?.text }
    set {
      if newValue == nil, self["tel"]?["text"] == nil { return }
      var own = self["tel"] ?? [:]
      own["text"] = newValue.map { .string($0) }
      self["tel"] = own == [:] ? nil : own
    }
  }

  /// Text that Jupyter keeps whole, or as a list of lines.
  var joinedText: String? {
    if let text { return text }
    guard let elements else { return nil }
    let lines = elements.compactMap(\.text)
    return lines.count == elements.count ? lines.joined() : nil
  }
}
