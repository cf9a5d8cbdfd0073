import Storage

/// Clicks on objects and background of many images, from files in which each image's name leads to a list of clicks.
public struct ClickLabels: Sendable {
  /// A labelled point.
  public struct Click: Sendable, Equatable {
    public let label: UInt8
    public let point: StrokeCanvas.Point
  }

  private var clicks: [String: [Click]] = [:]

  /// Larger files are refused: the published ones have 10 MB.
  static let largestFile = 1 << 28

  /// Reads the files in their order: the clicks of a later file are drawn over those of an earlier one.
  /// - Parameter classes: labels are 0..<classes
  /// - Throws: `AnnotationError.clicks`, `FileError`
  public init(_ paths: [String], classes: Int) throws {
    for path in paths {
      let file = try FileBytes(path: path, atMost: Self.largestFile + 1)
      guard file.count <= Self.largestFile else {
        throw AnnotationError.clicks(
          file: path, image: nil, offset: 0, reason: "the file has more than \(ByteText.of(Self.largestFile))")
      }
      try read(file, classes)
    }
  }

  private mutating func read(_ file: FileBytes, _ classes: Int) throws {
    var scanner = JSONScanner(file)
    var image: String?
    do {
      try scanner.object { scanner, name in
        image = name
        var list: [Click] = []
        try scanner.list { list.append(try Self.click(&$0, classes)) }
        clicks[name, default: []] += list
        image = nil
      }
      try scanner.finish()
    } catch let error as JSONError {
      throw AnnotationError.clicks(
        file: file.path, image: image, offset: error.offset, reason: "\(error.expected) expected")
    }
  }

  private static func click(_ scanner: inout JSONScanner, _ classes: Int) throws -> Click {
    var (label, x, y): (Int?, Int?, Int?)
    try scanner.object { scanner, key in
      switch key {
      case "cls": label = try integer(&scanner, 0...classes - 1, "a class from 0 to \(classes - 1)")
      case "x": x = try integer(&scanner, coordinates, "a column of an image")
      case "y": y = try integer(&scanner, coordinates, "a row of an image")
      default: try scanner.skipValue()
      }
    }
    guard let label, let x, let y else { throw scanner.error("cls, x and y before this") }
    return Click(label: UInt8(label), point: StrokeCanvas.Point(x: x, y: y))
  }

  private static let coordinates = -StrokeCanvas.Point.largest...StrokeCanvas.Point.largest

  private static func integer(_ scanner: inout JSONScanner, _ range: ClosedRange<Int>, _ expected: String) throws -> Int
  {
    let error = scanner.error(expected)
    let value = try scanner.integer()
    guard range.contains(value) else { throw error }
    return value
  }

  /// The clicks of an image, nil if no file knows it.
  public subscript(name: String) -> [Click]? { clicks[name] }

  /// The label map of an image of this size; an image without clicks is unlabelled.
  public func labels(_ name: String, width: Int, height: Int) -> Image8 {
    var canvas = StrokeCanvas(width: width, height: height)
    for click in clicks[name] ?? [] { canvas.disc(click.point, label: click.label) }
    return canvas.labels
  }
}
