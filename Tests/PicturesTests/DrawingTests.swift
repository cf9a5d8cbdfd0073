import Foundation
import FoundationXML
import Pictures
import Storage
import TestSupport
import Testing

/// Elements and texts of an XML document.
private final class Reader: NSObject, XMLParserDelegate {
  var elements: [(name: String, attributes: [String: String])] = []
  var texts: [String: String] = [:]
  private var open: [String] = []

  init(_ text: String) throws {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.append((name, attributes))
    open.append(name)
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { texts[open.last ?? "", default: ""] += text }
}

@Suite struct DrawingTests {
  private let red = RGB(200, 0, 0)

  @Test func svgShowsTextsAsTheyAreWhateverTheyHold() throws {
    let text = "</text><script>alert(\"1\")</script> & 'x' \u{1B}[31m \u{202E}back \u{0} ü"
    var drawing = Drawing(width: 100, height: 50, title: text)
    drawing.text(text, at: Point(10, 20))
    let svg = try drawing.svg()
    let reader = try Reader(svg)
    let expected = "</text><script>alert(\"1\")</script> & 'x' \u{FFFD}[31m \u{FFFD}back \u{FFFD} ü"
    #expect(reader.texts["text"] == expected)
    #expect(reader.texts["title"]?.hasPrefix(expected) == true)
    #expect(!reader.elements.contains { $0.name == "script" })
  }

  @Test func svgCarriesItsPicturesInside() throws {
    let image = Image8(width: 2, height: 1, channels: 3, pixels: [1, 2, 3, 250, 251, 252])
    var drawing = Drawing(width: 20, height: 10)
    drawing.add(.picture(image, x: 0, y: 0, width: 20, height: 10))
    let reader = try Reader(try drawing.svg())
    let link = try #require(reader.elements.first { $0.name == "image" }?.attributes["xlink:href"])
    let data = try #require(Data(base64Encoded: String(link.dropFirst("data:image/png;base64,".count))))
    let folder = try TemporaryFolder()
    try data.write(to: URL(fileURLWithPath: folder.file("a.png")))
    #expect(try ImageFile.read(folder.file("a.png")) == image)
  }

  @Test func linesCoverThePixelsBetweenTheirEnds() {
    var drawing = Drawing(width: 20, height: 10)
    drawing.line([Point(2, 5), Point(18, 5)], Drawing.Stroke(red, width: 2))
    let image = drawing.rendered(scale: 1)
    #expect((image.width, image.height) == (20, 10))
    for x in 3..<17 {
      #expect([image[x, 4, 0], image[x, 4, 1], image[x, 5, 1]] == [200, 0, 0])
      #expect(image[x, 1, 1] == 255 && image[x, 8, 1] == 255)
    }
    #expect(image[19, 5, 1] == 255)
  }

  @Test func aLineThatCrossesItselfGetsNoDarker() {
    var drawing = Drawing(width: 20, height: 20)
    let stroke = Drawing.Stroke(RGB(0, 0, 0), width: 3, opacity: 0.5)
    drawing.line([Point(2, 10), Point(18, 10), Point(10, 10), Point(10, 2), Point(10, 18)], stroke)
    let image = drawing.rendered(scale: 1)
    #expect((127...128).contains(image[10, 10, 0]))
    #expect((127...128).contains(image[4, 10, 0]))
  }

  @Test func dashesLeaveGaps() {
    var drawing = Drawing(width: 40, height: 5)
    drawing.line([Point(0, 2.5), Point(40, 2.5)], Drawing.Stroke(red, width: 2, dashes: [8, 8]))
    let image = drawing.rendered(scale: 1)
    #expect(image[4, 2, 1] < 20 && image[20, 2, 1] < 20)
    #expect(image[12, 2, 1] == 255 && image[28, 2, 1] == 255)
  }

  @Test func whatCannotBeDrawnIsLeftOut() {
    var drawing = Drawing(width: 10, height: 10)
    drawing.line([Point(.nan, 1), Point(.infinity, 5), Point(1e300, 3)], Drawing.Stroke(red))
    drawing.rectangle(x: .nan, y: 0, width: 5, height: 5, red)
    drawing.rectangle(x: -1e9, y: -1e9, width: 1, height: 1, red)
    #expect(drawing.rendered(scale: 1).pixels.allSatisfy { $0 == 255 })
  }

  @Test func placedDrawingsMove() {
    var inner = Drawing(width: 4, height: 4, background: RGB(0, 0, 250))
    inner.rectangle(x: 1, y: 1, width: 2, height: 2, red)
    var outer = Drawing(width: 12, height: 8)
    outer.place(inner, at: Point(6, 3))
    let image = outer.rendered(scale: 1)
    #expect([image[6, 3, 2], image[7, 4, 0], image[8, 5, 0], image[9, 6, 2]] == [250, 200, 200, 250])
    #expect(image[5, 3, 0] == 255 && image[10, 3, 0] == 255)
  }

  @Test func filesAreWrittenAsTheirNamesSay() throws {
    let folder = try TemporaryFolder()
    let picture = Picture.pixels(Image8(width: 3, height: 2, channels: 3, filling: 7))
    try picture.write(to: folder.file("a.png"))
    #expect(try ImageFile.read(folder.file("a.png")) == picture.image)
    try picture.write(to: folder.file("a.svg"))
    _ = try Reader(try String(contentsOfFile: folder.file("a.svg"), encoding: .utf8))
    #expect(throws: PictureError.ending(path: "a.gif")) { try picture.write(to: "a.gif") }
  }
}
