import Foundation

/// The line of a Lua file that begins a cell: `--%% title`, `--%% [markdown]`, with what else Jupyter keeps of it as JSON behind.
struct CellHeader: Equatable {
  static let mark = "--%%"

  enum Kind: Equatable {
    case cell(NotebookCell.Kind)
    /// Of the notebook as a whole.
    case notebook
  }

  var kind = Kind.cell(.code)
  var title = ""
  /// `id`, `metadata`, `attachments`, and `lines`: how many lines belong to a cell whose end can't be told in another way.
  var extras: JSON = [:]

  init(kind: Kind, title: String = "", extras: JSON = [:]) {
    (self.kind, self.title, self.extras) = (kind, title, extras)
  }

  /// What a line says; nil if it begins no cell.
  init?(_ line: String) {
    guard line.hasPrefix(Self.mark) else { return nil }
    var rest = line.dropFirst(Self.mark.count).trimmingCharacters(in: .whitespaces.union(.controlCharacters))
    for (tag, kind) in Self.tags where rest.hasPrefix(tag) {
      self.kind = kind
      rest = rest.dropFirst(tag.count).trimmingCharacters(in: .whitespaces)
    }
    // The first brace from which on it is an object.
    if rest.hasSuffix("}") {
      for start in rest.indices where rest[start] == "{" {
        guard let object = try? JSON(Array(rest[start...].utf8)), object.members != nil else { continue }
        extras = object
        rest = rest[..<start].trimmingCharacters(in: .whitespaces)
        break
      }
    }
    title = rest
  }

  private static let tags: [(String, Kind)] = [
    ("[markdown]", .cell(.markdown)), ("[raw]", .cell(.raw)), ("[notebook]", .notebook),
  ]

  /// As tel writes it.
  var text: String {
    let tag = Self.tags.first { $0.1 == kind }?.0
    let parts = [Self.mark, tag ?? "", title, extras == [:] ? "" : extras.compact]
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }
}
