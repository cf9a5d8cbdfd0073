import Foundation
import FoundationXML
import Storage

/// Reads the XML of one image's scribbles.
///
/// Of the document only `annotation/size/{width,height}` and `annotation/polygon/{tag,point/{X,Y}}` matter. Type declarations
/// are refused, and with them all entities.
final class ScribbleParser: NSObject, XMLParserDelegate {
  private let classes: [String: UInt8]
  /// Elements that are open, from the root.
  private var path: [Element] = []
  private var text = ""
  private var (width, height): (Int?, Int?)
  private var (x, y): (Int?, Int?)
  private var label: UInt8?
  private var points: [StrokeCanvas.Point] = []
  private var strokes: [Scribbles.Stroke] = []
  private var problem: (line: Int, reason: String)?
  /// Whether the root element has ended.
  private var isClosed = false

  /// What matters of a document, and anything else.
  private enum Element { case root, size, width, height, polygon, tag, point, x, y, other }

  /// The element of a name inside of another; nil outside of the root.
  private static func element(_ name: String, in parent: Element?) -> Element {
    switch (parent, name) {
    case (nil, "annotation"): .root
    case (.root, "size"): .size
    case (.size, "width"): .width
    case (.size, "height"): .height
    case (.root, "polygon"): .polygon
    case (.polygon, "tag"): .tag
    case (.polygon, "point"): .point
    case (.point, "X"): .x
    case (.point, "Y"): .y
    default: .other
    }
  }

  /// Elements inside of elements; the format needs 4.
  private static let deepest = 16
  private static let largestSide = 1 << 15

  private init(_ classes: [String: UInt8]) { self.classes = classes }

  /// - Throws: `AnnotationError.scribbles`
  static func parse(_ bytes: [UInt8], classes: [String: UInt8], file: String, entry: String) throws -> Scribbles {
    func error(_ line: Int, _ reason: String) -> AnnotationError {
      .scribbles(file: file, entry: entry, line: line, reason: reason)
    }
    // Encodings of more bytes per character could hide a declaration from the search for it.
    if bytes.contains(0) { throw error(1, "it is no text in UTF-8") }
    if let place = Data(bytes).range(of: Data("<!DOCTYPE".utf8)) {
      let line = bytes[..<place.lowerBound].count { $0 == 0x0a } + 1
      throw error(line, "it declares a document type, which could hide anything")
    }
    let reader = ScribbleParser(classes)
    let parser = XMLParser(data: Data(bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = reader
    let isWhole = parser.parse()
    if let problem = reader.problem { throw error(problem.line, problem.reason) }
    // The parser takes it for well-formed if the end is missing.
    guard isWhole, reader.isClosed else {
      throw error(max(1, parser.lineNumber), "it is no well-formed XML, or cut off")
    }
    guard let width = reader.width, let height = reader.height else {
      throw error(max(1, parser.lineNumber), "the size of the image is missing")
    }
    return Scribbles(width: width, height: height, strokes: reader.strokes)
  }

  private func fail(_ parser: XMLParser, _ reason: String) {
    if problem == nil { problem = (max(1, parser.lineNumber), reason) }
    parser.abortParsing()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    if path.isEmpty && name != "annotation" { return fail(parser, "the root is \(name) instead of annotation") }
    if path.count == Self.deepest { return fail(parser, "elements are nested more than \(Self.deepest) deep") }
    path.append(Self.element(name, in: path.last))
    text = ""
    switch path.last {
    case .polygon: (label, points) = (nil, [])
    case .point: (x, y) = (nil, nil)
    default: break
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
    fail(parser, "it declares the entity \(name)")
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    switch path.popLast() {
    case .root: isClosed = true
    case .width: width = number(parser, name, 1...Self.largestSide)
    case .height: height = number(parser, name, 1...Self.largestSide)
    case .tag:
      let tag = text.trimmingCharacters(in: .whitespacesAndNewlines)
      label = classes[tag]
      if label == nil {
        fail(parser, "\"\(tag)\" is none of the classes \(classes.keys.sorted().joined(separator: ", "))")
      }
    case .x: x = number(parser, name, Self.coordinates)
    case .y: y = number(parser, name, Self.coordinates)
    case .point:
      guard let x, let y else { return fail(parser, "a point without X and Y") }
      points.append(StrokeCanvas.Point(x: x, y: y))
    case .polygon:
      guard let label else { return fail(parser, "a polygon without a tag") }
      strokes.append(Scribbles.Stroke(label: label, points: points))
    default: break
    }
    text = ""
  }

  private static let coordinates = -StrokeCanvas.Point.largest...StrokeCanvas.Point.largest

  /// The number that an element's text is.
  private func number(_ parser: XMLParser, _ name: String, _ range: ClosedRange<Int>) -> Int? {
    if let value = Int(text) ?? Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), range.contains(value) {
      return value
    }
    fail(parser, "\(name) is \"\(text)\" instead of a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }
}
