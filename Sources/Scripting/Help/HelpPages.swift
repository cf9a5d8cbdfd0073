/// What help says beside the line that a function is registered with: the keys of constructors, and examples that a test
/// runs.
///
/// Each page begins with `# name`. `- key  text` explains a key, `> code` and `. more code` are a cell, and other lines are what
/// the cells show. Pages named after a kind of configuration (`data`, `loss`, …) hold the keys that its constructors share.
struct HelpPages {
  struct Page {
    var keys: [(name: String, text: String)] = []
    var example = HelpExample()
  }

  private(set) var pages: [String: Page] = [:]

  /// All pages, read at the first question.
  static let all = HelpPages([creation, tensors, networks, files, recipes])

  init(_ texts: [String]) {
    var name = ""
    for line in texts.flatMap({ $0.split(separator: "\n", omittingEmptySubsequences: false) }) {
      if line.hasPrefix("# ") {
        name = String(line.dropFirst(2))
        pages[name] = Page()
      } else if line.hasPrefix("- ") {
        let parts = line.dropFirst(2).split(separator: " ", maxSplits: 1)
        pages[name]?.keys.append((String(parts[0]), parts.count > 1 ? parts[1].trimmingStart : ""))
      } else {
        pages[name]?.example.lines.append(String(line))
      }
    }
    // The blank line that parts two texts is in no example.
    for key in pages.keys { while pages[key]?.example.lines.last == "" { pages[key]?.example.lines.removeLast() } }
  }

  /// The text of a key of a constructor.
  func text(of key: String, in schema: ConfigurationSchema) -> String? {
    for page in [schema.name, schema.kind.rawValue] {
      if let found = pages[page]?.keys.first(where: { $0.name == key }) { return found.text }
    }
    return nil
  }
}

/// Cells and what they show, as at the prompt.
public struct HelpExample: Sendable {
  /// As they are written: cells behind `> ` and `. `, and what is shown.
  public internal(set) var lines: [String] = []

  public var isEmpty: Bool { lines.isEmpty }

  /// The cells, each with what it shows.
  public var cells: [(text: String, shown: String)] {
    var cells: [(text: [String], shown: [String])] = []
    for line in lines {
      if line.hasPrefix("> ") {
        cells.append(([String(line.dropFirst(2))], []))
      } else if !cells.isEmpty, line.hasPrefix(". ") {
        cells[cells.count - 1].text.append(String(line.dropFirst(2)))
      } else if !cells.isEmpty {
        cells[cells.count - 1].shown.append(line)
      }
    }
    return cells.map { ($0.text.joined(separator: "\n"), $0.shown.joined(separator: "\n")) }
  }
}

extension Substring {
  fileprivate var trimmingStart: String { String(drop { $0 == " " }) }
}
