/// Where the characters of a text that is being edited stand on a terminal.
struct EditLayout {
  /// One string a row, prompts included; no row is wider than the terminal.
  private(set) var rows: [String] = []
  private(set) var cursorRow = 0
  private(set) var cursorColumn = 0

  /// - Parameters:
  ///   - prompt: stands before the first line, and takes `promptWidth` columns.
  ///   - continuation: stands before the others, as wide.
  init(_ buffer: EditBuffer, prompt: String, continuation: String, promptWidth: Int, columns: Int) {
    let columns = max(columns, promptWidth + 4)
    var row = prompt
    var column = promptWidth
    func breakRow(_ start: String, _ width: Int) {
      rows.append(row)
      (row, column) = (start, width)
    }
    for (i, character) in buffer.characters.enumerated() {
      if i == buffer.cursor { (cursorRow, cursorColumn) = (rows.count, column) }
      if character == "\n" {
        breakRow(continuation, promptWidth)
        continue
      }
      let (text, width) = character.cell
      if column + width > columns {
        // What was at the cursor moves to the next row with its character.
        let moves = i == buffer.cursor
        breakRow("", 0)
        if moves { (cursorRow, cursorColumn) = (rows.count, 0) }
      }
      row += text
      column += width
      // The cursor must not wait behind the last column, where terminals differ.
      if column == columns { breakRow("", 0) }
    }
    if buffer.cursor == buffer.characters.count { (cursorRow, cursorColumn) = (rows.count, column) }
    rows.append(row)
  }
}
