import Scripting
import Testing

extension AllScripting {
  @Suite struct ExtremeNumbers {
    /// The absolute value of the smallest integer is none, and once ended the host.
    @Test(arguments: [
      "tel.zeros(2):sum(math.mininteger)", "tel.zeros(2):flip(math.mininteger)",
      "tel.zeros(2):transpose(math.mininteger, 1)", "tel.zeros(2):topk(1, math.mininteger)",
      "tel.concat({tel.zeros(2)}, math.mininteger)", "tel.zeros(2, 2):permute(math.mininteger, 1)",
      "tel.zeros(2, 3)[math.mininteger]", "tel.zeros(2, 3)[{math.mininteger, {1, 2}}]",
      "tel.tensor({0}, 'int64'):one_hot(math.maxinteger)", "tel.tensor({0}, 'int64'):one_hot(1 << 40)",
    ])
    func areErrors(_ call: String) {
      let state = LuaState(seed: 1)
      state.registerNamespaces()
      #expect(failure("return " + call, in: state).contains("expected: "), "\(call)")
    }
  }
}
