import Notebook
import Testing

@Suite struct JSONTests {
  private func read(_ text: String) throws -> JSON { try JSON(Array(text.utf8)) }

  @Test func valuesAreReadAndWrittenAsTheyAre() throws {
    for text in [
      "null", "true", "[]", "{}", "-17", "9007199254740993", "0.25", "1e+300", "\"é\\n\\\"\\\\\"",
      "{\"b\":1,\"a\":[1,{\"c\":null}]}", "\"\\u0001\"",
    ] { #expect(try read(text).compact == text) }
    #expect(try read(" [ 1 , 2.5e1 ]\n") == [1, .number(25)])
    #expect(try read("{\"a\":{\"b\":[1]}}").indented == "{\n \"a\": {\n  \"b\": [\n   1\n  ]\n }\n}")
  }

  @Test func escapesBecomeCharacters() throws {
    #expect(try read("\"\\u00e9\\ud83d\\ude00\\/\\b\"") == .string("é😀/\u{8}"))
    // Half of a pair, alone and before something else.
    #expect(try read("\"\\ud83d\"") == .string("\u{FFFD}"))
    #expect(try read("\"\\ud83d\\u0041\"") == .string("\u{FFFD}A"))
  }

  @Test func whatIsNoJSONIsRefused() {
    for text in [
      "", "nul", "[1,]", "{\"a\"}", "{a:1}", "01", "+1", "1.", ".5", "--1", "\"a", "\"\\x\"", "\"\\u12\"", "1 2", "inf",
      "nan", "\"\n\"", "[1", "{\"a\":1",
    ] { #expect(throws: JSONError.self, "\(text)") { try read(text) } }
  }

  @Test func depthIsBounded() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try read(nested(512))
    #expect(throws: JSONError.self) { try read(nested(513)) }
    #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 1_000_000)) }
  }

  @Test func objectsAreEqualInAnyOrder() throws {
    #expect(try read("{\"a\":1,\"b\":2}") == read("{\"b\":2,\"a\":1}"))
    #expect(try read("{\"a\":1}") != read("{\"a\":1,\"b\":2}"))
    var object: JSON = [:]
    object["x"] = 1
    object["x"] = 2
    #expect(object == ["x": 2])
    object["x"] = nil
    #expect(object == [:])
  }
}
