extension NotebookDocument {
  /// What all notebooks of tel say of themselves.
  static let usualMetadata: JSON = [
    "kernelspec": ["display_name": "tel", "language": "lua", "name": "tel"],
    "language_info": KernelDescription.language,
  ]

  /// As a Jupyter notebook of nbformat 4.5.
  package var jupyter: JSON {
    var all = metadata
    for usual in Self.usualMetadata.members ?? [] where all[usual.key] == nil {
      all[usual.key] = usual.value
    }
    if let head { all.luaText = head }
    var ids: Set<String> = []
    let json = cells.enumerated().map { number, cell in
      var id = cell.id ?? "\(Self.ownIdPrefix)\(number + 1)"
      while !ids.insert(id).inserted { id += "-" }
      return cell.jupyter(id: id)
    }
    return ["cells": .array(json), "metadata": all, "nbformat": 4, "nbformat_minor": 5]
  }
}

extension NotebookCell {
  fileprivate func jupyter(id: String) -> JSON {
    var all = metadata
    if let verbatim { all.luaText = verbatim }
    // Keys in the order that Jupyter writes them.
    var json: JSON = [:]
    if let attachments { json["attachments"] = attachments }
    json["cell_type"] = .string(kind.rawValue)
    if kind == .code { json["execution_count"] = executionCount.map { .integer($0) } ?? .null }
    json["id"] = .string(id)
    json["metadata"] = all
    if kind == .code { json["outputs"] = .array(outputs) }
    json["source"] = .lines(source)
    return json
  }
}

extension JSON {
  /// Text as the list of lines that Jupyter keeps it as.
  static func lines(_ text: String) -> JSON {
    var lines: [String] = []
    var line = ""
    for scalar in text.unicodeScalars {
      line.unicodeScalars.append(scalar)
      if scalar == "\n" {
        lines.append(line)
        line = ""
      }
    }
    if !line.isEmpty { lines.append(line) }
    return .array(lines.map { .string($0) })
  }
}
