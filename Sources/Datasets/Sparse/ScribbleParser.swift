import Foundation
import FoundationXML
import Storage

/// Reads the XML of one image's scribbles.
///
/// Of the document only `annotation/size/{width,height}` and `annotation/polygon/{tag,point/{X,Y}}` matter. Type declarations
/// are refused, and with them all entities.
final class ScribbleParser: NSObject, XMLParserDelegate {
  private let classes: [String: UInt8]
  /// Names of the elements that are open, from the root.
  private var path: [String] = []
  private var text = ""
  private var (width, height): (Int?, Int?)
  private var (x, y): (Int?, Int?)
  private var label: UInt8?
  private var points: [StrokeCanvas.Point] = []
  private var strokes: [Scribbles.Stroke] = []
  private var problem: (line: Int, reason: String)?

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
    guard isWhole else { throw error(max(1, parser.lineNumber), "it is no well-formed XML, or cut off") }
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
    path.append(name)
    text = ""
    switch path.dropFirst() {
    case ["polygon"]: (label, points) = (nil, [])
    case ["polygon", "point"]: (x, y) = (nil, nil)
    default: break
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
    fail(parser, "it declares the entity \(name)")
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    defer { path.removeLast() }
    let content = text.trimmingCharacters(in: .whitespacesAndNewlines)
    text = ""
    func number(_ range: ClosedRange<Int>) -> Int? {
      if let value = Int(content), range.contains(value) { return value }
      fail(
        parser, "\(name) is \"\(content)\" instead of a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    let coordinates = -StrokeCanvas.Point.largest...StrokeCanvas.Point.largest
    switch path.dropFirst() {
    case ["size", "width"]: width = number(1...Self.largestSide)
    case ["size", "height"]: height = number(1...Self.largestSide)
    case ["polygon", "tag"]:
      label = classes[content]
      if label == nil {
        fail(parser, "\"\(content)\" is none of the classes \(classes.keys.sorted().joined(separator: ", "))")
      }
    case ["polygon", "point", "X"]: x = number(coordinates)
    case ["polygon", "point", "Y"]: y = number(coordinates)
    case ["polygon", "point"]:
      guard let x, let y else { return fail(parser, "a point without X and Y") }
      points.append(StrokeCanvas.Point(x: x, y: y))
    case ["polygon"]:
      guard let label else { return fail(parser, "a polygon without a tag") }
      strokes.append(Scribbles.Stroke(label: label, points: points))
    default: break
    }
  }
}
