import Foundation

/// Splits a Lua file into cells.
///
/// A line that begins with `--%%`, outside of strings and comments, begins a cell. What stands before the first one is a cell by
/// itself: text if it is comments alone. A text cell ends with its last comment line; other lines below it are a code cell, since
/// that is what Lua makes of them.
struct CellsFileReader {
  private let lines: [String]
  /// Whether each line from `topStart` on begins outside of strings and comments.
  private var tops: [Bool] = []
  private var topStart = 0

  /// A cell, or what is said of the notebook, and the lines that say so.
  struct Block {
    var cell: NotebookCell?
    var notebook: JSON?
    var range: Range<Int>
  }

  init(_ text: String) {
    // Not by characters, of which a carriage return and a line feed make one.
    lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String($0)! }
  }

  /// The text of some lines.
  func text(_ range: Range<Int>) -> String {
    lines[range].joined(separator: "\n") + (range.upperBound < lines.count ? "\n" : "")
  }

  mutating func blocks() -> [Block] {
    var blocks: [Block] = []
    look(from: 0)
    var start = 0
    while start < lines.count {
      // Blank lines at the top belong to what follows.
      var at = start
      if start == 0 { while at < lines.count, isBlank(at) { at += 1 } }
      if at == lines.count { break }
      if isTop(at), let header = CellHeader(lines[at]) {
        let end = end(of: header, at)
        blocks += read(header, at + 1..<end, from: start)
        start = end
      } else {
        let end = next(at)
        let isText = (at..<end).allSatisfy { isBlank($0) || isComment($0) }
        blocks.append(block(isText ? .markdown : .code, nil, at..<end, from: start))
        start = end
      }
    }
    return blocks
  }

  private mutating func look(from start: Int) {
    (tops, topStart) = (LuaSpans.areTop(lines[start...]), start)
  }

  private func isTop(_ line: Int) -> Bool { tops[line - topStart] }
  private func isBlank(_ line: Int) -> Bool { lines[line].allSatisfy(\.isWhitespace) }

  /// Whether a line is a comment and no more begins in it.
  private func isComment(_ line: Int) -> Bool {
    lines[line].hasPrefix("--") && isTop(line) && (line + 1 >= lines.count || isTop(line + 1))
  }

  /// The next line that begins a cell, or the end.
  private func next(_ line: Int) -> Int {
    (line..<lines.count).first { isTop($0) && lines[$0].hasPrefix(CellHeader.mark) } ?? lines.count
  }

  private mutating func end(of header: CellHeader, _ line: Int) -> Int {
    guard let count = header.extras["lines"]?.integer, count >= 0, count <= lines.count - line - 1 else {
      return next(line + 1)
    }
    var end = line + 1 + count
    look(from: end)
    // The line behind it is blank, as between all cells.
    while end < lines.count, !(isTop(end) && lines[end].hasPrefix(CellHeader.mark)), isBlank(end) { end += 1 }
    return end
  }

  private mutating func read(_ header: CellHeader, _ body: Range<Int>, from start: Int) -> [Block] {
    guard case .cell(let kind) = header.kind else {
      var blocks = [Block(cell: nil, notebook: header.extras, range: start..<body.lowerBound)]
      var end = body.lowerBound
      while end < body.upperBound, isBlank(end) { end += 1 }
      blocks[0].range = start..<end
      if end < body.upperBound { blocks.append(block(.code, nil, end..<body.upperBound, from: end)) }
      return blocks
    }
    if kind == .code { return [block(.code, header, body, from: start)] }
    if header.extras["lines"] != nil { return [block(kind, header, body, from: start)] }
    var textEnd = body.lowerBound
    for line in body {
      if isComment(line) { textEnd = line + 1 } else if !isBlank(line) { break }
    }
    var rest = textEnd
    while rest < body.upperBound, isBlank(rest) { rest += 1 }
    let text = block(kind, header, body.lowerBound..<rest, from: start)
    return rest == body.upperBound ? [text] : [text, block(.code, nil, rest..<body.upperBound, from: rest)]
  }

  /// - Parameter start: the line that its text begins with, before the header.
  private func block(_ kind: NotebookCell.Kind, _ header: CellHeader?, _ body: Range<Int>, from start: Int) -> Block {
    var content = Array(lines[body])
    if let count = header?.extras["lines"]?.integer, count <= content.count, count >= 0 {
      content = Array(content[..<count])
    } else {
      while content.last?.allSatisfy(\.isWhitespace) == true { content.removeLast() }
    }
    if kind != .code { content = content.map(Self.uncommented) }
    var first = body.lowerBound
    if let title = header?.title, !title.isEmpty {
      // In text the title is a heading, in code the line that it stands on.
      content.insert(kind == .code ? CellHeader(kind: .cell(.code), title: title).text : "# " + title, at: 0)
      first -= 1
    }
    var cell = NotebookCell(kind, content.joined(separator: "\n"))
    cell.line = first
    cell.id = header?.extras["id"]?.text
    cell.metadata = header?.extras["metadata"] ?? [:]
    cell.attachments = header?.extras["attachments"]
    return Block(cell: cell, notebook: nil, range: start..<body.upperBound)
  }

  private static func uncommented(_ line: String) -> String {
    guard line.hasPrefix("--") else { return line.allSatisfy(\.isWhitespace) ? "" : line }
    let rest = line.dropFirst(2)
    return String(rest.hasPrefix(" ") ? rest.dropFirst() : rest)
  }
}

extension NotebookDocument {
  /// Reads the text of a Lua file.
  package init(cellsText text: String) {
    var reader = CellsFileReader(text)
    let blocks = reader.blocks()
    var ids: Set<String> = []
    for (i, block) in blocks.enumerated() {
      let own = reader.text(block.range)
      if let notebook = block.notebook {
        metadata = notebook["metadata"] ?? [:]
        head = own
      } else if var cell = block.cell {
        // What can't be a name in Jupyter is none; the text as it was tells it to Lua files.
        if let id = cell.id, !NotebookCell.isName(id) || !ids.insert(id).inserted { cell.id = nil }
        let usual = cell.usualText + (i + 1 < blocks.count ? "\n" : "")
        if own != usual { cell.verbatim = own }
        cells.append(cell)
      }
    }
    if head == headText + (blocks.count > 1 ? "\n" : "") { head = nil }
    // A file of blanks alone.
    if blocks.isEmpty, !text.isEmpty { head = text }
  }
}
