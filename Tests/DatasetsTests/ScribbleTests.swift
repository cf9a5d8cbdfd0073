import Datasets
import Storage
import TestSupport
import Testing

@Suite struct ScribbleTests {
  private static let head = "<annotation>\n<size><width>6</width><height>5</height></size>\n"

  /// The scribbles of an archive with this one file `a.xml`.
  private static func read(_ text: String) throws -> Scribbles {
    let folder = try TemporaryFolder()
    let entry = ZipBuilder.Entry(name: "a.xml", content: Array(text.utf8))
    try Miniature.write(ZipBuilder([entry]).bytes(), to: folder.file("voc_scribbles.zip"))
    return try ScribbleArchive(folder.file("voc_scribbles.zip"), classes: .voc2012).scribbles("a")
  }

  @Test func polygonsAreReadInOrder() throws {
    let scribbles = try Self.read(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      \(Self.head)<!-- by hand --><segmented>1</segmented>
      <polygon><tag> person </tag><point><X>1</X><Y>3</Y></point><point>
        <X>\n -2 </X><Y>0</Y></point></polygon>
      <polygon><tag>background</tag></polygon><object><polygon><tag>none</tag></polygon></object>
      </annotation>
      """)
    #expect(scribbles.width == 6 && scribbles.height == 5)
    #expect(scribbles.strokes.map(\.label) == [15, 0])
    #expect(scribbles.strokes[0].points == [.init(x: 1, y: 3), .init(x: -2, y: 0)])
    #expect(scribbles.strokes[1].points.isEmpty)
    var canvas = StrokeCanvas(width: 6, height: 5)
    canvas.polyline([.init(x: 1, y: 3), .init(x: -2, y: 0)], label: 15)
    #expect(scribbles.labels == canvas.labels)
  }

  /// What is wrong, the line it is on, and what the error says of it.
  @Test(arguments: [
    ("", 1, "cut off"),
    ("no XML", 1, "well-formed"),
    ("<boxes/>", 1, "the root is boxes instead of annotation"),
    (head + "<folder>VOC", 3, "cut off"),
    (head + "<folder></annotation>", 3, "well-formed"),
    ("<annotation>\n<size><width>6</width></size></annotation>", 2, "the size of the image is missing"),
    ("<annotation><size>\n<width>wide</width></size></annotation>", 2, "width is \"wide\" instead of a whole number"),
    ("<annotation><size>\n<width>0</width></size></annotation>", 2, "from 1 to 32768"),
    (
      head + "\n<polygon><tag>unicorn</tag></polygon></annotation>", 4,
      "\"unicorn\" is none of the classes background, bike"
    ),
    (head + "<polygon>\n</polygon></annotation>", 4, "a polygon without a tag"),
    (head + "<polygon><tag>cat</tag>\n<point><X>1</X></point></polygon></annotation>", 4, "a point without X and Y"),
    (head + "<polygon><tag>cat</tag><point><X>1.5</X>", 3, "X is \"1.5\" instead of a whole number"),
    (head + "<polygon><tag>cat</tag><point><Y>99999999999999999999</Y>", 3, "Y is"),
    (head + "<polygon><tag>cat</tag><point><Y>9999999</Y>", 3, "to 1048576"),
    (head + String(repeating: "<a>", count: 30), 3, "nested more than 16 deep"),
    ("<!DOCTYPE a [<!ENTITY b SYSTEM \"/etc/passwd\">]>\n<annotation>&b;</annotation>", 1, "document type"),
    (head + "&undefined;</annotation>", 3, "well-formed"),
    (head + "\u{0}</annotation>", 1, "UTF-8"),
  ])
  func mistakesAreNamedWithTheirLine(text: String, line: Int, cause: String) {
    let error = #expect(throws: AnnotationError.self) { try Self.read(text) }
    let message = error?.description ?? ""
    #expect(message.contains("voc_scribbles.zip, a.xml, line \(line): ") && message.contains(cause), "\(message)")
  }

  @Test func hugeFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let entry = ZipBuilder.Entry(name: "a.xml", content: [UInt8](repeating: 0x20, count: 5 << 20))
    try Miniature.write(ZipBuilder([entry]).bytes(), to: folder.file("s.zip"))
    let archive = try ScribbleArchive(folder.file("s.zip"), classes: .voc2012)
    #expect(archive.contains("a") && !archive.contains("b"))
    #expect { try archive.scribbles("a") } throws: { "\($0)".contains("a.xml") && "\($0)".contains("5.2 MB") }
    #expect(throws: ZipError.noEntry(file: folder.file("s.zip"), entry: "b.xml")) { try archive.scribbles("b") }
  }
}
