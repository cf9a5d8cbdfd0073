import Foundation
import Storage
import Tensors
import Testing

@Suite struct StoredValueTests {
  @Test func nestedValuesComeBack() throws {
    let value: StoredValue = [
      "integer": 3, "double": 3.0, "tenth": 0.1, "tiny": .number(.leastNonzeroMagnitude), "large": .integer(.max),
      "small": .integer(.min),
      "minus zero": .number(-0.0), "yes": true, "nothing": nil, "list": [1, 2.5, "x", [], [:]],
      "text": "quotes \" \\ / \n\t\r \u{0}\u{1f} ü 木 🌳",
    ]
    let back = try StoredValue(json: value.json)
    #expect(back == value)
    #expect(back["double"] == .number(3) && back["integer"] == .integer(3))
    #expect(back["minus zero"] == .number(-0.0))
    if case .number(let zero)? = back["minus zero"] { #expect(zero.sign == .minus) }
    #expect(back.json == value.json)
  }

  @Test func everyDoubleKeepsItsBits() throws {
    var random = RandomStream(seed: 7, purpose: "doubles")
    for _ in 0..<2000 {
      let double = Double(bitPattern: random.next())
      guard case .number(let back) = try StoredValue(json: StoredValue.number(double).json) else {
        Issue.record("\(double) became something else")
        continue
      }
      #expect(back.bitPattern == double.bitPattern || back.isNaN && double.isNaN)
    }
    #expect(try StoredValue(json: "[Infinity, -Infinity]") == [.number(.infinity), .number(-.infinity)])
  }

  @Test func otherWritersAreUnderstood() throws {
    let text = #" { "a" : [ 1 , -2e3 , true ] , "b\u00fc\ud83c\udf33" : "\/\b\f" } "#
    #expect(try StoredValue(json: text) == ["a": [1, -2000.0, true], "bü🌳": "/\u{8}\u{c}"])
  }

  @Test(arguments: [
    "", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "tru", "1 2", "\"open", "\"\\x\"", "\"\\u12\"", "\"\\ud800x\"", "--1",
    "{a:1}", String(repeating: "[", count: 5000),
  ])
  func brokenTextIsRefused(text: String) {
    #expect(throws: JSONError.self) { try StoredValue(json: text) }
  }
}
