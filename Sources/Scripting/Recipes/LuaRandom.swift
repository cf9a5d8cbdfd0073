import Tensors

/// A stream of random numbers that Lua draws from: what `tel.data.custom` and augmentations are given.
final class LuaRandom: LuaObject {
  static let luaClass = LuaClass("random stream")
  var stream: RandomStream

  init(_ stream: RandomStream) { self.stream = stream }
}

extension LuaState {
  func registerRandomStreams() {
    register(LuaRandom.self) { methods in
      methods.add("normal", help: "() -> a number from the standard normal distribution") { random, _ in
        random.stream.normal()
      }
      methods.add("uniform", help: "(low, high) -> a number in [low, high)") { random, call in
        random.stream.uniform(try call.argument(1, "low"), try call.argument(2, "high"))
      }
      methods.addCall { random, call in try call.draw(from: &random.stream) }
    }
  }
}

extension LuaCall {
  /// What `math.random` does with the call's arguments: () in [0, 1), (m) in 1…m, (m, n) in m…n, (0) any integer.
  func draw(from stream: inout RandomStream) throws -> any LuaWritable {
    if count == 0 { return stream.uniform() }
    let first: Int = try argument(1)
    if count == 1 && first == 0 { return Int(bitPattern: UInt(stream.next())) }
    let (low, high) = count == 1 ? (1, first) : (first, try argument(2))
    guard low <= high else { throw wrong(count == 1 ? 1 : 2, expected: "an integer of at least \(low)") }
    return stream.integer(in: low...high)
  }
}
