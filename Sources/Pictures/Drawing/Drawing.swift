import Storage

/// A place on a drawing: units from its left and upper edge.
public struct Point: Sendable, Equatable {
  public var x: Double
  public var y: Double
  public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// Lines, areas, letters and pictures at places: what becomes an SVG file, or pixels, and looks alike in both.
///
/// A unit is a pixel of an SVG at its own size. What comes later lies on top.
public struct Drawing: Sendable {
  /// Where text begins, seen from its place.
  public enum Anchor: Sendable { case start, middle, end }

  /// How a line looks.
  public struct Stroke: Sendable, Equatable {
    public var colour: RGB
    public var width: Double
    /// 0 can't be seen, 1 hides what lies below.
    public var opacity: Double
    /// Lengths of dashes and gaps in turn; none for a line without gaps.
    public var dashes: [Double]

    public init(_ colour: RGB, width: Double = 1, opacity: Double = 1, dashes: [Double] = []) {
      (self.colour, self.width, self.opacity, self.dashes) = (colour, width, opacity, dashes)
    }
  }

  /// One thing on the drawing.
  public enum Element: Sendable {
    case line([Point], Stroke)
    /// Single lines of one look, each from one point to another.
    case segments([(Point, Point)], Stroke)
    case rectangle(x: Double, y: Double, width: Double, height: Double, RGB, opacity: Double)
    case circle(Point, radius: Double, RGB)
    /// A line of text whose letters stand on `at`. `turned` reads from the bottom to the top.
    case text(String, at: Point, size: Double, Anchor, RGB, isBold: Bool, turned: Bool)
    /// A picture whose pixels become squares or, where it is shrunk, are averaged.
    case picture(Image8, x: Double, y: Double, width: Double, height: Double)
  }

  public var width: Double
  public var height: Double
  public var background: RGB?
  public private(set) var elements: [Element] = []
  /// Said to those who can't see the drawing.
  public var title: String

  public init(width: Double, height: Double, background: RGB? = RGB(255, 255, 255), title: String = "") {
    (self.width, self.height, self.background, self.title) = (width, height, background, title)
  }

  public mutating func add(_ element: Element) { elements.append(element) }

  public mutating func line(_ points: [Point], _ stroke: Stroke) { add(.line(points, stroke)) }

  public mutating func text(
    _ text: String, at point: Point, size: Double = 12, anchor: Anchor = .start, colour: RGB = .ink,
    isBold: Bool = false, turned: Bool = false
  ) {
    add(.text(text, at: point, size: size, anchor, colour, isBold: isBold, turned: turned))
  }

  public mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ colour: RGB, opacity: Double = 1
  ) {
    add(.rectangle(x: x, y: y, width: width, height: height, colour, opacity: opacity))
  }

  /// Puts another drawing here, its left upper corner at `point`.
  public mutating func place(_ other: Drawing, at point: Point) {
    if let background = other.background {
      rectangle(x: point.x, y: point.y, width: other.width, height: other.height, background)
    }
    let moved = { (p: Point) in Point(p.x + point.x, p.y + point.y) }
    for element in other.elements {
      switch element {
      case .line(let points, let stroke): add(.line(points.map(moved), stroke))
      case .segments(let list, let stroke): add(.segments(list.map { (moved($0.0), moved($0.1)) }, stroke))
      case .rectangle(let x, let y, let width, let height, let colour, let opacity):
        add(.rectangle(x: x + point.x, y: y + point.y, width: width, height: height, colour, opacity: opacity))
      case .circle(let centre, let radius, let colour): add(.circle(moved(centre), radius: radius, colour))
      case .text(let text, let at, let size, let anchor, let colour, let isBold, let turned):
        add(.text(text, at: moved(at), size: size, anchor, colour, isBold: isBold, turned: turned))
      case .picture(let image, let x, let y, let width, let height):
        add(.picture(image, x: x + point.x, y: y + point.y, width: width, height: height))
      }
    }
  }

  /// About how wide a line of text becomes: fonts differ from viewer to viewer.
  public static func width(of text: String, size: Double, isBold: Bool = false) -> Double {
    Double(text.count) * size * (isBold ? 0.6 : 0.56)
  }
}

extension RGB {
  /// Text and axes.
  public static let ink = RGB(34, 34, 34)
  /// What should be seen second: ticks, remarks.
  public static let faint = RGB(102, 102, 102)
  /// Grid lines.
  public static let hair = RGB(222, 222, 222)
  public static let paper = RGB(255, 255, 255)

  /// As SVG and HTML write it: #0072b2.
  public var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
