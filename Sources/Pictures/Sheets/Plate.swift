import Storage

/// Drawings side by side in rows, each under a caption, with what explains them below.
public struct Plate: Sendable {
  /// A drawing and the line above it.
  public struct Cell: Sendable {
    public var drawing: Drawing
    public var caption: String

    public init(_ drawing: Drawing, caption: String) { (self.drawing, self.caption) = (drawing, caption) }

    /// A picture, magnified or shrunk to `width` units.
    public init(_ image: Image8, width: Double, caption: String) {
      let height = (width * Double(image.height) / Double(max(1, image.width))).rounded()
      var drawing = Drawing(width: width, height: height, background: nil, title: caption)
      // Twice as fine as shown is fine enough.
      let shown = image.reduced(by: max(1, Int(Double(image.width) / (2 * width))))
      drawing.add(.picture(shown, x: 0, y: 0, width: width, height: height))
      self.init(drawing, caption: caption)
    }
  }

  public var title: String
  public var rows: [[Cell]]
  /// Legends, one above the other.
  public var notes: [Drawing]

  public init(title: String, rows: [[Cell]], notes: [Drawing] = []) {
    (self.title, self.rows, self.notes) = (title, rows, notes)
  }

  /// Pictures are made so wide that a plate of so many columns fits a page.
  public static func width(columns: Int) -> Double { columns < 2 ? 640 : columns == 2 ? 460 : 360 }

  public func drawing() -> Drawing {
    let (gap, captionHeight) = (14.0, 20.0)
    let rowWidths = rows.map { row in row.reduce(gap) { $0 + $1.drawing.width + gap } }
    let width = max(rowWidths.max() ?? 0, (notes.map(\.width).max() ?? 0) + 2 * gap, 320)
    let heights = rows.map { row in (row.map(\.drawing.height).max() ?? 0) + captionHeight + gap }
    let head = title.isEmpty ? gap : 34
    var plate = Drawing(
      width: width, height: notes.reduce(heights.reduce(head, +)) { $0 + $1.height + gap }, title: title)
    if !title.isEmpty {
      plate.text(Self.fitted(title, size: 15, width: width - 2 * gap), at: Point(gap, 22), size: 15, isBold: true)
    }
    var y = head
    for (row, height) in zip(rows, heights) {
      var x = gap
      for cell in row {
        plate.text(Self.fitted(cell.caption, size: 12, width: cell.drawing.width), at: Point(x, y + 13))
        plate.place(cell.drawing, at: Point(x, y + captionHeight))
        x += cell.drawing.width + gap
      }
      y += height
    }
    for note in notes {
      plate.place(note, at: Point(gap, y))
      y += note.height + gap
    }
    return plate
  }

  /// As much of a text as fits, with three points where some is missing.
  static func fitted(_ text: String, size: Double, width: Double) -> String {
    if Drawing.width(of: text, size: size) <= width { return text }
    return text.prefix(max(1, Int(width / (size * 0.56)) - 1)) + "…"
  }
}
