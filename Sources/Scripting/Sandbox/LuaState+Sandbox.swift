import CLuaHost
import Tensors

extension LuaState {
  /// Replaces what stock Lua does differently from run to run, and what needs Swift.
  func registerSandbox() {
    registerRequire()
    registerPrint()
    registerRandomNumbers()
  }

  /// Writes a line where `print` does.
  public func printLine(_ line: String) throws {
    try print(line + "\n")
  }

  /// Writes text where `print` does.
  func print(_ text: String) throws {
    var text = text
    try text.withUTF8 { try output.write(UnsafeRawBufferPointer($0)) }
  }

  private func registerPrint() {
    register("print", help: "(…): writes its arguments, as tostring shows them, with tabs between") { call in
      var line: [UInt8] = []
      for n in 0..<call.count {
        if n > 0 { line.append(UInt8(ascii: "\t")) }
        let text = try call.state.textBytes(of: Int32(n + 1))
        line += text
      }
      line.append(UInt8(ascii: "\n"))
      try line.withUnsafeBytes { try call.state.output.write($0) }
      return nil
    }
  }

  /// The bytes that `tostring` makes of the value at `index`.
  private func textBytes(of index: Int32) throws -> [UInt8] {
    if let bytes = bytes(index) { return [UInt8](bytes) }
    return Array(try text(of: index).utf8)
  }

  /// `math.random` and `math.randomseed` on a stream of ours: the same numbers in every process, and they can be continued.
  private func registerRandomNumbers() {
    register("math.random", help: "() -> [0, 1); (m) -> 1…m; (m, n) -> m…n; (0) -> any integer") { call in
      try call.draw(from: &call.state.random)
    }
    register("math.randomseed", help: "(seed?): starts math.random anew; without a seed, from the run's") { call in
      let given = try call.optional(1, "seed", as: Double.self)
      call.state.random = RandomStream(seed: given.map(\.bitPattern) ?? call.state.seed, purpose: "lua")
      return nil
    }
  }
}
