import Storage

extension Drawing {
  /// The drawing as pixels.
  /// - Parameter scale: pixels to a unit; 2 keeps letters legible.
  public func rendered(scale: Int = 2) -> Image8 {
    let factor = Double(scale)
    var canvas = Raster(
      width: max(1, Int((width * factor).rounded(.up))), height: max(1, Int((height * factor).rounded(.up))),
      background: background ?? .paper)
    let scaled = { (p: Point) in Point(p.x * factor, p.y * factor) }
    for element in elements {
      switch element {
      case .line(let points, let stroke): canvas.line(points.map(scaled), stroke.scaled(factor))
      case .segments(let list, let stroke):
        let stroke = stroke.scaled(factor)
        for (a, b) in list { canvas.line([scaled(a), scaled(b)], stroke) }
      case .rectangle(let x, let y, let width, let height, let colour, let opacity):
        canvas.rectangle(x * factor, y * factor, width * factor, height * factor, colour, opacity)
      case .circle(let centre, let radius, let colour):
        canvas.line([scaled(centre)], Stroke(colour, width: 2 * radius * factor))
      case .text(let text, let at, let size, let anchor, let colour, let isBold, let turned):
        canvas.text(text, at: scaled(at), size: size * factor, anchor, colour, isBold: isBold, turned: turned)
      case .picture(let image, let x, let y, let width, let height):
        canvas.picture(image, x * factor, y * factor, width * factor, height * factor)
      }
    }
    return canvas.image
  }
}

extension Drawing.Stroke {
  fileprivate func scaled(_ factor: Double) -> Drawing.Stroke {
    Drawing.Stroke(colour, width: width * factor, opacity: opacity, dashes: dashes.map { $0 * factor })
  }
}

/// Pixels that lines and letters are drawn on, with soft edges.
struct Raster {
  private(set) var image: Image8

  init(width: Int, height: Int, background: RGB) {
    image = Image8(width: width, height: height, channels: 3)
    for index in 0..<width * height {
      image.pixels[3 * index] = background.red
      image.pixels[3 * index + 1] = background.green
      image.pixels[3 * index + 2] = background.blue
    }
  }

  /// Whole pixels that touch a stretch, of those that there are.
  private static func span(_ low: Double, _ high: Double, _ limit: Int) -> Range<Int> {
    guard low < high else { return 0..<0 }
    let clamped = { (value: Double) in max(0, min(Double(limit), value)) }
    return Int(clamped(low))..<Int(clamped(high).rounded(.up))
  }

  private mutating func blend(_ x: Int, _ y: Int, _ colour: RGB, _ share: Double) {
    guard share > 0, x >= 0, y >= 0, x < image.width, y < image.height else { return }
    let start = (y * image.width + x) * 3
    for (channel, value) in [colour.red, colour.green, colour.blue].enumerated() {
      let below = Double(image.pixels[start + channel])
      image.pixels[start + channel] = UInt8((below + (Double(value) - below) * min(1, share)).rounded())
    }
  }

  /// A line through points with round ends; of a single point, a disc. Where it crosses itself it gets no darker.
  mutating func line(_ points: [Point], _ stroke: Drawing.Stroke) {
    let finite = points.filter { $0.x.isFinite && $0.y.isFinite && abs($0.x) < 1e6 && abs($0.y) < 1e6 }
    guard let first = finite.first else { return }
    let pieces = stroke.dashes.isEmpty ? [finite] : Self.dashed(finite, stroke.dashes)
    if finite.count < 3, pieces.count == 1 {
      return segment(first, finite.last ?? first, stroke) { blend($0, $1, stroke.colour, $2 * stroke.opacity) }
    }
    var coverage: [Int: Double] = [:]
    for piece in pieces {
      for (a, b) in zip(piece, piece.dropFirst()) {
        segment(a, b, stroke) { x, y, share in
          guard x >= 0, x < image.width, y >= 0, y < image.height else { return }
          coverage[y * image.width + x] = max(coverage[y * image.width + x] ?? 0, share)
        }
      }
    }
    for (index, share) in coverage {
      blend(index % image.width, index / image.width, stroke.colour, share * stroke.opacity)
    }
  }

  /// Calls `draw` with the pixels near a segment, and how much of each it covers.
  private func segment(
    _ a: Point, _ b: Point, _ stroke: Drawing.Stroke, _ draw: (_ x: Int, _ y: Int, _ share: Double) -> Void
  ) {
    let reach = stroke.width / 2 + 1
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let squared = dx * dx + dy * dy
    let columns = Self.span(min(a.x, b.x) - reach, max(a.x, b.x) + reach, image.width)
    for y in Self.span(min(a.y, b.y) - reach, max(a.y, b.y) + reach, image.height) {
      for x in columns {
        let (px, py) = (Double(x) + 0.5 - a.x, Double(y) + 0.5 - a.y)
        let along = squared > 0 ? max(0, min(1, (px * dx + py * dy) / squared)) : 0
        let (ex, ey) = (px - along * dx, py - along * dy)
        let share = stroke.width / 2 + 0.5 - (ex * ex + ey * ey).squareRoot()
        if share > 0 { draw(x, y, min(1, min(share, stroke.width))) }
      }
    }
  }

  /// The parts of a line that dashes cover.
  private static func dashed(_ points: [Point], _ dashes: [Double]) -> [[Point]] {
    guard dashes.allSatisfy({ $0 > 0 }) else { return [points] }
    var (pieces, piece): ([[Point]], [Point]) = ([], [points[0]])
    var (index, left) = (0, dashes[0])
    for (a, b) in zip(points, points.dropFirst()) {
      let length = ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot()
      var done = 0.0
      while length - done > left {
        done += left
        let at = Point(a.x + (b.x - a.x) * done / length, a.y + (b.y - a.y) * done / length)
        if index % 2 == 0 { pieces.append(piece + [at]) }
        piece = [at]
        index += 1
        left = dashes[index % dashes.count]
      }
      left -= length - done
      piece.append(b)
    }
    if index % 2 == 0 { pieces.append(piece) }
    return pieces.filter { $0.count > 1 }
  }

  mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: RGB, _ opacity: Double)
  {
    for row in Self.span(y, y + height, image.height) {
      for column in Self.span(x, x + width, image.width) {
        let covered =
          (min(Double(column + 1), x + width) - max(Double(column), x))
          * (min(Double(row + 1), y + height) - max(Double(row), y))
        blend(column, row, colour, covered * opacity)
      }
    }
  }

  /// Letters of whole dots, as large as fit `size`, the height of a line.
  mutating func text(
    _ text: String, at point: Point, size: Double, _ anchor: Drawing.Anchor, _ colour: RGB, isBold: Bool, turned: Bool
  ) {
    let dot = max(1, Int((size / 11).rounded()))
    let text = Font.plain(text)
    let length = text.count * Font.advance * dot - dot
    let shift: Int =
      switch anchor {
      case .start: 0
      case .middle: length / 2
      case .end: length
      }
    // Letters stand on their seventh row of dots.
    let (left, top) = (Int(point.x.rounded()), Int(point.y.rounded()))
    Font.dots(of: text) { column, row in
      let (along, up) = (column * dot - shift, (7 - row) * dot)
      for dy in 0..<dot {
        for dx in 0..<dot + (isBold ? max(1, dot / 2) : 0) {
          if turned {
            blend(left - up + dy, top - along - dx, colour, 1)
          } else {
            blend(left + along + dx, top - up + dy, colour, 1)
          }
        }
      }
    }
  }

  mutating func picture(_ picture: Image8, _ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    guard picture.width > 0, picture.height > 0, width > 0, height > 0 else { return }
    // Shrunk pictures are averaged by whole factors first, so that no line of them gets lost.
    let factor = max(1, Int(min(Double(picture.width) / width, Double(picture.height) / height)))
    let colours = picture.rgb.reduced(by: factor)
    for row in Self.span(y.rounded(), (y + height).rounded(), image.height) {
      let sourceRow = min(colours.height - 1, max(0, Int((Double(row) + 0.5 - y) / height * Double(colours.height))))
      for column in Self.span(x.rounded(), (x + width).rounded(), image.width) {
        let sourceColumn = min(
          colours.width - 1, max(0, Int((Double(column) + 0.5 - x) / width * Double(colours.width))))
        let (to, from) = ((row * image.width + column) * 3, (sourceRow * colours.width + sourceColumn) * 3)
        for channel in 0..<3 { image.pixels[to + channel] = colours.pixels[from + channel] }
      }
    }
  }
}
