import Foundation
import Scripting
import Tensors
import Testing

/// Everything about the state that is shared by the process (interruption, live counters) runs one after the other.
@Suite(.serialized) struct AllScripting {}

extension AllScripting {
  @Suite struct Values {
    @Test func valuesComeBackAsTheyWere() throws {
      #expect(
        try results("return nil, true, 3, 2^53 | 0, 0.5, 'abc', '\\255'") == [
          "nil", "true", "3", "9007199254740992", "0.5", "abc", "[255]",
        ])
      #expect(try results("return ...", in: LuaState()) == [])
    }

    @Test func referencesSeeChangesAndOutliveLuaVariables() throws {
      let state = LuaState()
      _ = try results("t = {a = 1}; function f() return t.a end", in: state)
      guard case .table(let table) = state.get("t"), case .function(let function) = state.get("f") else {
        Issue.record("t and f are missing")
        return
      }
      table.set("a", 7)
      #expect(try function.call(as: Int.self, name: "f") == 7)
      _ = try results("t = nil; f = nil", in: state)
      #expect(table.value("a", as: Int.self) == 7)
    }

    @Test func releasedReferencesAreReused() throws {
      let state = LuaState()
      for i in 0..<10_000 { LuaTable(in: state).set("i", i) }
      #expect(state.memory < 4 << 20)
    }
  }

  @Suite struct Objects {
    @Test func methodsOperatorsAndText() throws {
      let state = counterState()
      #expect(
        try results(
          "local c = tel.counter(3); return c:value(), (c + c):value(), #c, tostring(c), c == tel.counter(3), c(1, 2)",
          in: state) == ["3", "6", "3", "counter 3", "true", "3", "2"])
    }

    @Test func objectsAreReleasedWithTheStateAndByTheCollector() throws {
      let before = Counter.alive
      do {
        let state = counterState()
        _ = try results("kept = tel.counter(1); for i = 1, 1000 do tel.counter(i, 1 << 20) end", in: state)
        #expect(Counter.alive - before < 200, "external bytes must drive the collector")
        #expect(state.externalMemory < 200 << 20)
      }
      #expect(Counter.alive == before)
    }

    @Test func closedAndFreedObjectsAreGoneAndSaySo() throws {
      let state = counterState()
      let before = Counter.alive
      _ = try results("do local c <close> = tel.counter(1) end", in: state)
      #expect(Counter.alive == before)
      let message = failure("local c = tel.counter(1); c:free(); c:free(); return c:value()", in: state)
      #expect(message.contains("freed already"))
      #expect(Counter.alive == before)
    }

    @Test func anObjectOfAnotherClassIsNoCounter() {
      let state = counterState()
      #expect(failure("tel.counter(1).value(7)", in: state).contains("what it is called on is 7"))
      #expect(failure("return tel.counter(1):valeu()", in: state).contains("did you mean value?"))
      #expect(failure("return getmetatable(tel.counter(1)).__gc", in: state).contains("index a boolean value"))
      #expect(failure("setmetatable(tel.counter(1), {})", in: state) != "(no error)")
    }
  }

  @Suite struct Errors {
    @Test func argumentsAreNamed() {
      let state = counterState()
      #expect(
        failure("\n\nlocal c = tel.counter(1)\nc:plus('x')", in: state)
          == "test.lua:4: counter:plus: argument 1 (amount) is \"x\"\n  expected: an integer")
      #expect(failure("tel.counter()", in: state).contains("argument 1 (value) is missing"))
      #expect(
        failure("pcall(error); local ok, e = pcall(tel.counter, {}); error(e, 0)", in: state).contains("is a table"))
    }

    @Test func swiftErrorsSurviveLayersOfLua() throws {
      struct Broken: ExplainedError {
        var explanation: Explanation { Explanation("broken", place: "image.png") }
      }
      let state = counterState()
      state.register("tel.broken") { _ in throw Broken() }
      let script = "\ntel.counter(1):each(function() tel.counter(1):each(tel.broken) end)"
      #expect(failure(script, in: state) == "test.lua:2: image.png: broken")
      #expect(throws: ScriptError.self) { try results(script, in: state) }
      do { _ = try results(script, in: state) } catch let error as ScriptError {
        #expect(error.cause is Broken)
        #expect(error.traceback?.contains("test.lua:2:") == true)
      }
    }

    @Test func luaErrorsInsideCallbacksMetamethodsAndCoroutinesCrossNothing() throws {
      let state = counterState()
      let script = """
        local out = {}
        local function try(f, ...) local ok, e = pcall(f, ...) out[#out + 1] = tostring(ok) .. ' ' .. tostring(e) end
        local c = tel.counter(2)
        try(function() c:each(function() error('one', 0) end) end)
        try(function() c:each(function() c:each(function() error({}) end) end) end)
        local t = setmetatable({}, {__tostring = function() error('two', 0) end})
        try(function() print(t) end)
        try(coroutine.wrap(function() c:each(function() coroutine.yield() end) end))
        try(coroutine.wrap(function() coroutine.yield(1) end))
        try(function() return c + 1 end)
        local co = coroutine.create(function() c:each(function() error('three', 0) end) end)
        local ok, e = coroutine.resume(co)
        out[#out + 1] = tostring(ok) .. ' ' .. e
        try(function() local function deep() c:each(deep) end deep() end)
        try(function() local function deep() return 1 + deep() end deep() end)
        return table.unpack(out)
        """
      let out = try results(script, in: state)
      #expect(out[0] == "false one")
      #expect(out[1].hasPrefix("false table"))
      #expect(out[2] == "false two")
      #expect(out[3].contains("attempt to yield across a C-call boundary"))
      #expect(out[4] == "true 1")
      #expect(out[5].contains("expected: a counter"))
      #expect(out[6] == "false three")
      #expect(out[7].contains("C stack overflow"))
      #expect(out[8].contains("stack overflow"))
    }

    @Test func aFullStackIsAnError() throws {
      let script = """
        local t = {} for i = 1, 999990 do t[i] = i end
        local worked, refused = 0, 0
        for n = 998900, 999980, 20 do
          local ok, e = pcall(function() return (tel.counter(table.unpack(t, 1, n))) end)
          if ok then worked = worked + 1 else refused = refused + 1; assert(tostring(e):find('overflow') or tostring(e):find('too many')) end
        end
        return worked > 0, refused > 0
        """
      #expect(try results(script, in: counterState()) == ["true", "true"])
    }

    @Test func errorValuesThatAreNoStringsArriveWhole() throws {
      let script = """
        local ok, e = pcall(function() tel.counter(1):each(function() error({code = 7}) end) end)
        return e.code
        """
      #expect(try results(script, in: counterState()) == ["7"])
    }

    @Test func syntaxErrorsNameTheLine() {
      #expect(failure("x = = 1").hasPrefix("test.lua:1:"))
    }
  }

  @Suite struct Memory {
    @Test(arguments: [
      "local t = {} for i = 1, 1e9 do t[i] = {i} end", "return ('x'):rep(1 << 30)",
      "local s = 'x' while true do s = s .. s end", "local t = {} while true do t[#t + 1] = tel.counter(1) end",
    ])
    func theLimitIsAnErrorAndTheStateSurvives(_ script: String) throws {
      let state = counterState(memoryLimit: 32 << 20)
      #expect(failure(script, in: state).contains("more memory than its limit"))
      #expect(state.memory < 40 << 20)
      #expect(try results("return 1 + 1", in: state) == ["2"])
    }

    /// Memory runs out at every point in turn: in Lua, in callbacks, in metamethods, in our own C functions.
    @Test func whereverMemoryRunsOutTheStateSurvives() throws {
      let script = """
        local t = {}
        for i = 1, 20 do t['key' .. i] = {tel.counter(i), function() return i end} end
        for k, v in pairs(t) do v[1]:each(function(j) return k .. j end) end
        table.sort(t); next(t); tostring(tel.counter(1) + tel.counter(2))
        local co = coroutine.wrap(function() for k in pairs(t) do coroutine.yield(k) end end)
        for _ = 1, 20 do co() end
        return load('return #... ' .. ('x'):rep(10):gsub('x', ' '))('done')
        """
      var (refused, done) = (0, 0)
      for step in 0..<400 {
        let state = counterState()
        state.memoryLimit = state.memory + step * 251
        do {
          #expect(try results(script, in: state) == ["4"])
          done += 1
        } catch let error as ScriptError {
          let text = error.explanation.text
          #expect(text.contains("more memory") || text.contains("not enough memory"), "\(text)")
          refused += 1
        }
        state.memoryLimit = LuaState.defaultMemoryLimit
        #expect(try results(script, in: state) == ["4"])
      }
      #expect(refused > 100 && done > 10, "\(refused) refused, \(done) done")
    }

    @Test func scriptsMayCatchIt() throws {
      let state = counterState(memoryLimit: 32 << 20)
      #expect(try results("return pcall(string.rep, 'x', 1 << 30)", in: state) == ["false", "not enough memory"])
    }
  }

  @Suite struct Interrupts {
    @Test(arguments: [
      "while true do end", "while true do pcall(function() while true do end end) end",
      "while true do pcall(error) end", "coroutine.wrap(function() while true do end end)()",
      "while true do pcall(coroutine.wrap(function() while true do end end)) end",
      "tel.counter(1000000000):each(function() end)",
      "while true do pcall(function() tel.counter(10):each(function() while true do end end) end) end",
      "setmetatable({}, {__index = function() while true do end end}).x = nil; repeat until false",
      "while true do xpcall(error, function() while true do end end) end",
    ])
    func everyLoopStops(_ script: String) throws {
      let state = counterState()
      defer { Interruption.clear() }
      let started = Date()
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 0.05)
        Interruption.request()
      }
      #expect(throws: Interrupted.self) { try results(script, in: state) }
      #expect(Date().timeIntervalSince(started) < 5)
      Interruption.clear()
      #expect(try results("local n = 0 for i = 1, 100000 do n = n + 1 end return n", in: state) == ["100000"])
    }
  }
}
