import Storage

/// Pictures side by side, in rows, with captions: what a run leaves to be looked at.
public struct PictureSheet: Sendable {
  /// A picture and the line above it.
  public struct Cell: Sendable {
    public var picture: Image8
    public var caption: String

    public init(_ picture: Image8, caption: String = "") { (self.picture, self.caption) = (picture, caption) }
  }

  /// Rows from the top, each from the left; they may differ in length.
  public var rows: [[Cell]]
  /// Pixels between pictures and around the sheet.
  public var gap: Int
  public var background: RGB
  public var ink: RGB

  public init(
    rows: [[Cell]], gap: Int = 8, background: RGB = RGB(255, 255, 255), ink: RGB = RGB(0, 0, 0)
  ) {
    (self.rows, self.gap, self.background, self.ink) = (rows, gap, background, ink)
  }

  /// Dots of captions are squares of this many pixels, or single ones in captions that wouldn't fit.
  private static let largeDot = 2
  /// Between a caption and its picture.
  private static let captionGap = 4

  /// Draws the sheet: columns are as wide as their widest picture, rows as high as their highest; captions that are too
  /// wide for their column get small letters, and end in a point if those are too wide as well.
  public func drawn() -> Image8 {
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.compactMap { column < $0.count ? $0[column].picture.width : nil }.max() ?? 0
    }
    let captionHeights = rows.map { row in
      row.contains { !$0.caption.isEmpty } ? Font.height * Self.largeDot + Self.captionGap : 0
    }
    let heights = rows.map { row in row.map(\.picture.height).max() ?? 0 }
    var sheet = Image8(
      width: widths.reduce(gap) { $0 + $1 + gap },
      height: zip(heights, captionHeights).reduce(gap) { $0 + $1.0 + $1.1 + gap }, channels: 3)
    fill(&sheet)
    var y = gap
    for (index, row) in rows.enumerated() {
      var x = gap
      for (column, cell) in row.enumerated() {
        write(cell.caption, x: x, y: y, width: widths[column], on: &sheet)
        place(cell.picture, x: x, y: y + captionHeights[index], on: &sheet)
        x += widths[column] + gap
      }
      y += captionHeights[index] + heights[index] + gap
    }
    return sheet
  }

  private func fill(_ sheet: inout Image8) {
    for index in 0..<sheet.width * sheet.height {
      sheet.pixels[index * 3] = background.red
      sheet.pixels[index * 3 + 1] = background.green
      sheet.pixels[index * 3 + 2] = background.blue
    }
  }

  private func place(_ picture: Image8, x: Int, y: Int, on sheet: inout Image8) {
    let picture = picture.rgb
    for row in 0..<picture.height {
      let start = ((y + row) * sheet.width + x) * 3
      let source = row * picture.width * 3
      sheet.pixels.replaceSubrange(
        start..<start + picture.width * 3, with: picture.pixels[source..<source + picture.width * 3])
    }
  }

  private func write(_ caption: String, x: Int, y: Int, width: Int, on sheet: inout Image8) {
    let dot = caption.count * Font.advance * Self.largeDot <= width ? Self.largeDot : 1
    let room = width / (Font.advance * dot)
    let text = caption.count <= room ? caption : String(caption.prefix(max(0, room - 1))) + (room > 0 ? "." : "")
    // Small letters stand on the line of large ones.
    let top = y + Font.height * (Self.largeDot - dot)
    Font.dots(of: text) { column, row in
      for dy in 0..<dot {
        for dx in 0..<dot {
          let at = (x + column * dot + dx, top + row * dot + dy)
          (sheet[at.0, at.1, 0], sheet[at.0, at.1, 1], sheet[at.0, at.1, 2]) = (ink.red, ink.green, ink.blue)
        }
      }
    }
  }
}
