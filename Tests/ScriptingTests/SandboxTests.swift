import Foundation
import Scripting
import Testing

extension AllScripting {
  @Suite struct Sandbox {
    @Test(arguments: [
      "dofile", "loadfile", "collectgarbage", "io", "package", "debug", "os.execute", "os.remove", "os.exit",
      "os.getenv",
      "string.dump",
    ])
    func isNotThere(_ name: String) throws {
      #expect(try results("return \(name)") == ["nil"])
    }

    @Test func theClockIsThere() throws {
      #expect(
        try results("return type(os.time()), type(os.clock()), type(os.date())") == ["number", "number", "string"])
    }

    @Test func escapesAreRefused() throws {
      #expect(failure("getmetatable('').__index = {}").contains("boolean"))
      #expect(failure("setmetatable({}, {__gc = function() end})").contains("__gc"))
      #expect(
        try results("local f, e = load('\\27Lua', 'x', 'b') return f, e:match('binary chunk')") == [
          "nil", "binary chunk",
        ])
      #expect(try results("return load('return ...', 'x', 'b', {})(5)") == ["5"])
      #expect(try results("return load('return x', 'x', 't', {x = 4})()") == ["4"])
    }

    @Test func trustOpensFilesAndSystem() throws {
      let state = LuaState()
      state.trust()
      #expect(
        try results("return type(io.open), type(os.getenv), type(string.dump)", in: state) == [
          "function", "function", "nil",
        ])
    }

    @Test func requireStaysInTheRecipesFolder() throws {
      try withFolder { folder in
        let recipes = folder.appendingPathComponent("recipes")
        try FileManager.default.createDirectory(
          at: recipes.appendingPathComponent("parts"), withIntermediateDirectories: true)
        try "return 'outside'".write(
          to: folder.appendingPathComponent("outside.lua"), atomically: true, encoding: .utf8)
        try "count = (count or 0) + 1; return {value = ...}".write(
          to: recipes.appendingPathComponent("parts/base.lua"), atomically: true, encoding: .utf8)
        try "return require 'loop'".write(
          to: recipes.appendingPathComponent("loop.lua"), atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
          at: recipes.appendingPathComponent("link.lua"),
          withDestinationURL: folder.appendingPathComponent("outside.lua"))
        func run(_ text: String) throws -> [String] {
          let file = recipes.appendingPathComponent("main.lua")
          try text.write(to: file, atomically: true, encoding: .utf8)
          return try LuaState().run(file: file.path).map(shown)
        }
        #expect(
          try run("local a, b = require 'parts.base', require 'parts.base' return a.value, a == b, count") == [
            "parts.base", "true", "1",
          ])
        for name in ["../outside", "..outside", folder.path + "/outside", "link", "missing", "loop", ""] {
          #expect(throws: ScriptError.self, "\(name)") { try run("return require '\(name)'") }
        }
      }
    }

    @Test func writesStayUnderTheAllowedFolders() throws {
      try withFolder { folder in
        let inside = folder.appendingPathComponent("in")
        try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(at: inside.appendingPathComponent("out"), withDestinationURL: folder)
        try FileManager.default.createSymbolicLink(
          atPath: inside.appendingPathComponent("ghost").path, withDestinationPath: "../ghost.h5")
        var policy = WritePolicy()
        policy.allow(inside.path)
        #expect(try policy.resolve(inside.path + "/new/deep/a.h5").hasSuffix("/in/new/deep/a.h5"))
        for path in ["/a.h5", "/out/a.h5", "/../a.h5", "/new/../../a.h5", "/ghost", "/.."] {
          let path = path == "/a.h5" ? folder.path + path : inside.path + path
          #expect(throws: ScriptError.self, "\(path)") { try policy.resolve(path) }
        }
        #expect(throws: ScriptError.self) { try policy.resolve(inside.path + "x/a.h5") }
        policy.isLifted = true
        #expect(try policy.resolve(folder.path + "/a.h5").hasSuffix("/a.h5"))
      }
    }
  }

  @Suite struct Reproducible {
    @Test func pairsVisitsContentsInOrder() throws {
      let script = """
        local t = {10, 20, 30, [5] = 50, [-1] = -10, [2.5] = 25, b = 1, a = 2, B = 3, [true] = 4, [false] = 5, aa = 6}
        local out = {}
        for k, v in pairs(t) do out[#out + 1] = tostring(k) .. '=' .. v end
        return table.concat(out, ' ')
        """
      let order = "1=10 2=20 3=30 -1=-10 2.5=25 5=50 B=3 a=2 aa=6 b=1 false=5 true=4"
      #expect(try results(script) == [order])
      #expect(try results(script.replacing("in pairs(t)", with: "in next, t")) == [order])
    }

    @Test func objectsAsKeysComeByAge() throws {
      let script = """
        local made, t, out = {}, {}, {}
        for i = 1, 40 do
          made[i] = i % 4 == 0 and {} or i % 4 == 1 and function() return i end or i % 4 == 2 and tel.counter(i)
            or coroutine.create(function() return i end)
        end
        for i = 40, 1, -1 do t[made[i]] = i end
        for _, v in pairs(t) do out[#out + 1] = v end
        return table.concat(out, ' ')
        """
      #expect(try results(script, in: counterState()) == [(1...40).map(String.init).joined(separator: " ")])
    }

    @Test func tablesMayBeChangedOnTheWay() throws {
      let script = """
        local t, seen = {a = 1, b = 2, c = 3, d = 4}, {}
        for k in pairs(t) do seen[#seen + 1] = k; t.c = nil; t[k] = nil end
        local u = {x = 1, y = 2}
        for k in next, u do u[k] = nil end
        return table.concat(seen), next(t), next(u), next({}), (next({7})), pcall(next, {}, 'nope')
        """
      let out = try results(script)
      #expect(out.dropLast() == ["abd", "nil", "nil", "nil", "1", "false"])
      #expect(out.last?.contains("invalid key") == true)
    }

    @Test func pairsHonoursItsMetamethod() throws {
      let script = """
        local t = setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 1, 2 end end, t, nil end})
        for k, v in pairs(t) do return k, v end
        """
      #expect(try results(script) == ["1", "2"])
    }

    @Test func nestedWalksWithNextDontDisturbEachOther() throws {
      let script = """
        local t, n = {a = 1, b = 2, c = 3}, 0
        for a in next, t do for b in next, t do n = n * 10 + t[a] * t[b] end end
        return n
        """
      #expect(try results(script) == ["123246369"])
    }

    @Test func sortIsStableAndAgreesWithComparison() throws {
      let script = """
        local t = {}
        for i = 1, 500 do t[i] = {key = i * 7919 % 10, i = i} end
        table.sort(t, function(a, b) return a.key < b.key end)
        for i = 2, 500 do
          if t[i - 1].key > t[i].key or t[i - 1].key == t[i].key and t[i - 1].i > t[i].i then return 'wrong' end
        end
        local u = {3, 1, 2} table.sort(u)
        local v = {} table.sort(v)
        local w = {1} table.sort(w, function() error('never called') end)
        return table.concat(u), pcall(table.sort, {1, 'x'})
        """
      let out = try results(script)
      #expect(out[0] == "123")
      #expect(out[1] == "false")
    }

    @Test func randomNumbersRepeatAndContinue() throws {
      let script =
        "local t = {} for i = 1, 5 do t[i] = math.random(1000) end return math.random(), table.concat(t, ' ')"
      let first = LuaState(seed: 5)
      let once = try results(script, in: first)
      #expect(try results(script, in: LuaState(seed: 5)) == once)
      #expect(try results(script, in: LuaState(seed: 6)) != once)
      let saved = first.random
      let next = try results(script, in: first)
      #expect(next != once)
      first.random = saved
      #expect(try results(script, in: first) == next)
      #expect(try results("math.randomseed() " + script, in: first) == once)
      #expect(try results("math.randomseed(3) " + script, in: first) == results("math.randomseed(3) " + script))
    }

    @Test func randomNumbersKeepTheirRange() throws {
      let script = """
        for i = 1, 1000 do
          local a, b, c = math.random(), math.random(6), math.random(-2, 2)
          assert(0 <= a and a < 1 and 1 <= b and b <= 6 and -2 <= c and c <= 2 and math.type(b) == 'integer')
        end
        return math.type(math.random(0)), pcall(math.random, 2, 1)
        """
      let out = try results(script)
      #expect(out[0] == "integer")
      #expect(out[2].contains("expected: an integer of at least 2"))
    }
  }
}
