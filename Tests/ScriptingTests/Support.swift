import Foundation
import Scripting
import Tensors
import Testing

/// Runs a script and returns what it returns as texts; what it prints is dropped.
func results(_ text: String, in state: LuaState = LuaState(seed: 1)) throws -> [String] {
  state.output = LuaOutput { _ in }
  return try state.run(text, name: "test.lua").map(shown)
}

/// The text of the error that a script ends with.
func failure(_ text: String, in state: LuaState = LuaState(seed: 1)) -> String {
  do {
    _ = try results(text, in: state)
    return "(no error)"
  } catch let error as any ExplainedError {
    return error.explanation.text
  } catch { return "\(error)" }
}

/// A plain value as text.
func shown(_ value: LuaValue) -> String {
  switch value {
  case .nil: "nil"
  case .boolean(let value): "\(value)"
  case .integer(let value): "\(value)"
  case .number(let value): "\(value)"
  case .string(let value): value
  case .bytes(let value): "\(value)"
  default: "(a reference)"
  }
}

/// A fresh folder that is removed when `body` is done.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tel-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// A class for tests: it counts how many are alive, and claims memory outside of Lua.
final class Counter: LuaObject {
  nonisolated(unsafe) static var alive = 0
  static let luaClass = LuaClass("counter")
  var value: Int
  let bytes: Int
  var luaByteCount: Int { bytes }

  init(_ value: Int, bytes: Int = 0) {
    (self.value, self.bytes) = (value, bytes)
    Counter.alive += 1
  }

  deinit { Counter.alive -= 1 }

  static func register(in state: LuaState) {
    state.register(Counter.self) { methods in
      methods.add("value") { counter, _ in counter.value }
      methods.add("plus") { counter, call in Counter(counter.value + (try call.argument(1, "amount", as: Int.self))) }
      methods.add("each") { counter, call in
        let function: LuaFunction = try call.argument(1, "function")
        for i in 0..<counter.value { try function.call(i) }
        return nil
      }
      methods.add("free") { _, call in
        call.free(0)
        return nil
      }
      methods.add(.add) { call in
        Counter(try call.argument(1, as: Counter.self).value + call.argument(2, as: Counter.self).value)
      }
      methods.add(.eq) { call in
        try call.argument(1, as: Counter.self).value == call.argument(2, as: Counter.self).value
      }
      methods.addLength { $0.value }
      methods.addText { "counter \($0.value)" }
      methods.addCall { counter, call in LuaResults(counter.value, call.count) }
    }
    state.register("tel.counter") { call in
      Counter(try call.argument(1, "value"), bytes: try call.optional(2, "bytes") ?? 0)
    }
  }
}

/// A state that knows counters.
func counterState(memoryLimit: Int = LuaState.defaultMemoryLimit) -> LuaState {
  let state = LuaState(seed: 1, memoryLimit: memoryLimit)
  Counter.register(in: state)
  return state
}
