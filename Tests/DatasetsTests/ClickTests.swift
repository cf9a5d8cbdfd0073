import Datasets
import Storage
import TestSupport
import Testing

@Suite struct ClickTests {
  private static func read(_ texts: String...) throws -> ClickLabels {
    let folder = try TemporaryFolder()
    let paths = texts.indices.map { folder.file("clicks\($0).json") }
    for (text, path) in zip(texts, paths) { try Miniature.write(text, to: path) }
    return try ClickLabels(paths, classes: 21)
  }

  @Test func laterFilesAreDrawnOverEarlierOnes() throws {
    let clicks = try Self.read(
      """
      {"a": [{"cls": 3, "x": 2, "y": 2, "rank": 1.5e3, "more": {"b": [null, true, "\\u00e4]}"]}}, {"y":-1,"x":4,"cls":20}],
       "b" : [ ] }
      """, "{\"a\": [{\"cls\": 0, \"x\": 3, \"y\": 2}], \"c\": [{\"cls\": 20, \"x\": 0, \"y\": 0}]}")
    #expect(clicks["a"]?.map(\.label) == [3, 20, 0])
    #expect(clicks["a"]?[1].point == .init(x: 4, y: -1))
    #expect(clicks["b"] == [] && clicks["c"]?.count == 1 && clicks["d"] == nil)
    var canvas = StrokeCanvas(width: 7, height: 6)
    canvas.disc(.init(x: 2, y: 2), label: 3)
    canvas.disc(.init(x: 4, y: -1), label: 20)
    canvas.disc(.init(x: 3, y: 2), label: 0)
    #expect(clicks.labels("a", width: 7, height: 6) == canvas.labels)
    #expect(clicks.labels("b", width: 2, height: 1).pixels == [255, 255])
  }

  /// What is wrong, the byte it is at, the image if it has one, and what the error says of it.
  @Test(arguments: [
    ("", 0, "", "an opening brace expected"),
    ("[]", 0, "", "an opening brace expected"),
    ("{\"a\": 1}", 6, " of a", "a list expected"),
    ("{\"a\": [{\"cls\": 21, \"x\": 1, \"y\": 1}]}", 14, " of a", "a class from 0 to 20 expected"),
    ("{\"a\": [{\"cls\": -1, \"x\": 1, \"y\": 1}]}", 14, " of a", "a class from 0 to 20 expected"),
    ("{\"a\": [], \"b\": [{\"cls\": 1, \"x\": 1.5, \"y\": 1}]}", 31, " of b", "a whole number expected"),
    ("{\"a\": [{\"cls\": 1, \"x\": \"1\", \"y\": 1}]}", 23, " of a", "a natural number expected"),
    ("{\"a\": [{\"cls\": 1, \"x\": 1}]}", 25, " of a", "cls, x and y before this expected"),
    ("{\"a\": [{\"cls\": 1, \"x\": 1, \"y\": 9999999}]}", 30, " of a", "a row of an image expected"),
    ("{\"a\": [{\"cls\": 1, \"x\": 99999999999999999999", 41, " of a", "a smaller number expected"),
    ("{\"a\": [{\"cls\": 1, \"x\": 1, \"y\": 1}", 33, " of a", "a comma or ] expected"),
    ("{\"a\": []} {", 10, "", "the end expected"),
    ("{\"a\": [{\"b\": " + String(repeating: "[", count: 50), 45, " of a", "less nesting expected"),
  ])
  func mistakesAreNamedWithImageAndPlace(text: String, offset: Int, image: String, cause: String) {
    let error = #expect(throws: AnnotationError.self) { try Self.read("{}", text) }
    let message = error?.description ?? ""
    #expect(message.contains("clicks1.json, byte \(offset): the clicks\(image) can't be read: \(cause)"), "\(message)")
  }

  @Test func aMissingFileIsNamed() {
    #expect(throws: FileError.missing(path: "/nowhere.json")) { try ClickLabels(["/nowhere.json"], classes: 21) }
  }
}
