import Storage

/// The scribbles on one image.
public struct Scribbles: Sendable, Equatable {
  /// A line that somebody drew on an object or the background.
  public struct Stroke: Sendable, Equatable {
    public let label: UInt8
    public let points: [StrokeCanvas.Point]
  }

  /// Size of the image they were drawn on.
  public let width: Int
  public let height: Int
  /// In the order in which they are drawn, later ones over earlier ones.
  public let strokes: [Stroke]

  /// The label map, `Sample.unlabelled` beside the strokes.
  public var labels: Image8 {
    var canvas = StrokeCanvas(width: width, height: height)
    for stroke in strokes { canvas.polyline(stroke.points, label: stroke.label) }
    return canvas.labels
  }
}

/// A zip archive with a file `NAME.xml` of scribbles for every image, read in place.
public struct ScribbleArchive: Sendable {
  private let archive: ZipArchive
  private let classes: [String: UInt8]
  private let names: Set<String>

  /// Larger files of one image are refused before memory is taken: the published ones have some kB.
  static let largestFile = 1 << 22

  /// - Parameter classes: the names that scribbles are tagged with, by label
  /// - Throws: `ZipError`, `FileError`
  public init(_ path: String, classes: ClassList) throws {
    archive = try ZipArchive(try FileBytes(path: path), allowsDeflated: true)
    names = Set(archive.names)
    self.classes = Dictionary(uniqueKeysWithValues: classes.names.enumerated().map { ($1, UInt8($0)) })
  }

  /// The file of the archive.
  public var path: String { archive.path }

  static func entry(_ name: String) -> String { "\(name).xml" }

  /// Where the scribbles on an image are, for errors.
  func place(_ name: String) -> String { "\(path), \(Self.entry(name))" }

  /// Whether there are scribbles on an image.
  public func contains(_ name: String) -> Bool { names.contains(Self.entry(name)) }

  /// The scribbles on an image.
  /// - Throws: `ZipError`, `AnnotationError.scribbles`
  public func scribbles(_ name: String) throws -> Scribbles {
    let entry = Self.entry(name)
    return try ScribbleParser.parse(
      try archive.content(entry, atMost: Self.largestFile), classes: classes, file: path, entry: entry)
  }
}
