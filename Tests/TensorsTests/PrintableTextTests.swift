import Tensors
import Testing

@Suite struct PrintableTextTests {
  @Test func nothingReachesTheTerminalAsACommand() {
    #expect("a\u{1B}[2Jb\u{7}\r\u{202E}c\u{9B}31m\u{2028}\u{7F}".printable == "a�[2Jb���c�31m��")
    #expect("one\ttwo\nthree\r".printable == "one�two�three�")
    #expect("one\ttwo\nthree\r".printableLines == "one\ttwo\nthree�")
    #expect("Straße, 通り, 🙂".printable == "Straße, 通り, 🙂")
  }
}
