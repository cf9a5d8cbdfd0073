import Notebook
import Scripting
import Testing

@Suite(.serialized) struct Printing {
  @Test func tensorsLineUp() {
    #expect(shown("tel.tensor{{1, -20}, {300, 4}}") == ["  1  -20\n300    4\n[float32 2×2]"])
    #expect(shown("tel.tensor{0.5, 12.25}") == [" 0.500  12.250\n[float32 2]"])
    #expect(shown("tel.tensor{1e-7, 2e-7}") == ["1e-7 ×\n1.0000  2.0000\n[float32 2]"])
    #expect(shown("tel.tensor{1, 1e-9}") == ["1.0000e+00  1.0000e-09\n[float32 2]"])
    #expect(shown("tel.tensor{0, 1}:log()") == ["-inf     0\n[float32 2]"])
    #expect(shown("tel.zeros(2, 0)") == ["[float32 2×0]"])
    #expect(shown("tel.ones(2):sum()") == ["2  [float32 scalar]"])
  }

  @Test func whatIsLargerThanAScreenIsSummarised() {
    let text = shown("tel.rand(5, 4, 300, 400)")[0]
    let lines = text.split(separator: "\n")
    #expect(lines.count < 80 && lines.allSatisfy { $0.count <= 80 })
    #expect(text.contains("…") && text.contains("[1, 1, :, :]") && text.contains("[5, 4, :, :]"))
    #expect(text.hasSuffix("[float32 5×4×300×400]"))
  }

  @Test func tablesNestAndEnd() {
    #expect(shown("{1, 2, a = 'x\\n'}") == ["{1, 2, a = \"x\\n\"}"])
    let session = makeSession()
    _ = session.run("t = {1}; t.self = t; t.deep = {{{{{}}}}}; t.inner = {t}")
    #expect(
      shown("t", in: session) == ["{1, deep = {{{{…}}}}, inner = {{the table 1 up}}, self = {itself}}"])
    _ = session.run("long = {}; for i = 1, 1000 do long[i] = i end")
    let long = shown("long", in: session)[0]
    #expect(long.contains("… 940 more") && long.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func networksAreTrees() {
    let session = makeSession()
    _ = session.run(
      """
      net = tel.module{
        children = {head = tel.nn.Conv{inputs = 3, outputs = 8, kernel = 3}, tel.nn.Dropout{}},
        forward = function(self, x) return self.head(x) end,
      }
      """)
    #expect(shown("net", in: session)[0].contains("not made yet"))
    _ = session.run("net:parameters();")
    let tree = shown("net", in: session)[0]
    #expect(tree.contains("head  conv 3 → 8, 3×3, norm, relu") && tree.contains("dropout 0.5") && tree.contains("232"))
  }

  @Test func recipesAreTables() {
    let text = shown("tel.recipe{name = 'x', loss = {tel.loss.cross_entropy{ignore = 3}}}")[0]
    #expect(text.contains("tel.recipe\n") && text.contains("loss[1].ignore") && text.contains("(default)"))
  }

  @Test func nothingMovesTheCursor() {
    #expect(shown("'\\27[2J'") == ["\"\\u{1b}[2J\""])
  }
}
