import Foundation
import Scripting
import Storage
import Tensors
import Testing

/// A state with two constructors of configurations of the kind that recipes are made of.
private func configurationState() -> LuaState {
  let state = LuaState(seed: 1)
  state.registerNamespaces()
  state.register(
    ConfigurationSchema(
      "tel.part", .loss,
      [
        Field("weight", .nonnegative, default: 1), Field("name", .string), Field("flag", .boolean),
        Field("levels", .list(.choice(["low", "high"]))), Field("count", .count),
      ], staysOpen: true), help: "{…} -> a part")
  let whole = ConfigurationSchema(
    "tel.whole", .model,
    [
      Field("size", .either([.count, .list(.count)])), Field("parts", .list(.configuration(.loss))),
      Field("part", .configuration(.loss)),
      Field("data", .record([Field("train", .string), Field("nested", .record([Field("deep", .integer)]))])),
      Field("params", .table), Field("made", .anything),
    ])
  whole.methods["double"] = { whole, call in try call.argument(1, as: Int.self) * 2 }
  whole.call = { whole, _ in
    _ = try whole.use { NSObject() }
    return try whole.value("size", as: Int.self)
  }
  state.register(whole, help: "{…} -> a whole")
  return state
}

/// The configuration that a script returns.
private func configuration(_ text: String, in state: LuaState) throws -> Configuration {
  guard case .object(let object as Configuration)? = try state.run(text, name: "test.lua").first else {
    throw NotAConfiguration()
  }
  return object
}

private struct NotAConfiguration: Error {}

extension AllScripting {
  @Suite struct Configurations {
    private func result(_ text: String) throws -> [String] { try results(text, in: configurationState()) }
    private func error(_ text: String) -> String { failure(text, in: configurationState()) }

    @Test func fieldsCanBeReadAndChanged() throws {
      #expect(try result("local p = tel.part{name = 'a'} return p.name, p.weight, p.flag") == ["a", "1", "nil"])
      #expect(
        try result("local p = tel.part{} p.weight = 0.5 p.name = 'b' p.name = nil return p.weight, p.name") == [
          "0.5", "nil",
        ])
      #expect(
        try result("return tostring(tel.whole{size = 2, parts = {tel.part{weight = 0}}})")
          == ["tel.whole{parts = {tel.part{weight = 0}}, size = 2}"])
      #expect(try result("local t = {weight = 2} local p = tel.part(t) t.weight = 3 return p.weight") == ["2"])
      #expect(
        try result("local s = '' for k, v in pairs(tel.part{name = 'n', count = 2}) do s = s .. k .. v end return s")
          == ["count2namen"])
    }

    @Test func methodsAndCalls() throws {
      #expect(try result("local w = tel.whole{size = 4} return w:double(21), w()") == ["42", "4"])
      #expect(error("tel.part{}()").contains("tel.part: it can't be called"))
      #expect(error("tel.whole.double(1)").contains("attempt to index"))
      #expect(error("local w = tel.whole{} w.double(3)").contains("call it with a colon"))
    }

    @Test func wrongKeysNameTheirLineAndTheNearestKnownOne() {
      let message = error("\n\nreturn tel.part{\n  name = 'a',\n  wieght = 2,\n}")
      #expect(message.hasPrefix("test.lua:5: tel.part: there is no key wieght"))
      #expect(message.contains("did you mean weight?"))
      let nested = error("return tel.whole{\n  data = {\n    nested = {\n      depe = 1}}}")
      #expect(nested.hasPrefix("test.lua:4: tel.whole, data.nested: there is no key depe"))
      #expect(nested.contains("did you mean deep?"))
      #expect(error("local p = tel.part{}\np.wieght = 2").hasPrefix("test.lua:2: tel.part: there is no key wieght"))
      #expect(error("return tel.part{}.wieght").contains("did you mean weight?"))
      #expect(error("return tel.part{1}").contains("there is no key [1]"))
    }

    @Test func wrongTypesNameTheirLineAndWhatWasExpected() {
      #expect(
        error("return tel.part{\n  weight = 'much'}")
          == "test.lua:2: tel.part: weight is \"much\"\n  expected: a number of at least 0")
      #expect(error("return tel.part{weight = -1}").contains("weight is -1"))
      #expect(error("return tel.part{count = 1.5}").contains("expected: an integer of at least 1"))
      #expect(
        error("return tel.part{\n  levels = {'low',\n    'hgih'}}")
          == "test.lua:3: tel.part: levels[2] is \"hgih\"\n  expected: \"low\" or \"high\"")
      #expect(error("return tel.whole{part = tel.whole{}}").contains("part is a tel.whole"))
      #expect(error("return tel.whole{size = {1, 'x'}}").contains("size[2] is \"x\""))
      #expect(error("return tel.whole{data = {train = 5}}").contains("data.train is 5"))
      #expect(error("return tel.whole{parts = {a = 1}}").contains("parts.a is in a list"))
    }

    @Test func onceInUseItIsFixed() {
      #expect(error("local w = tel.whole{size = 1} w() w.size = 2").contains("size can't be changed any more"))
      #expect(error("local w = tel.whole{size = 1} w() return tel.extend(w, {size = 2})()") == "(no error)")
    }

    @Test func extendIsDeepAndLeavesItsBaseAlone() throws {
      let script = """
        local base = tel.whole{size = 1, parts = {tel.part{}, tel.part{}}, part = tel.part{name = 'n', weight = 2},
          data = {train = 'a', nested = {deep = 1}}, params = {x = 1, y = {1, 2, 3}}}
        local new = tel.extend(base, {size = 2, part = {weight = 3}, data = {nested = {deep = 9}}, params = {y = {7}, z = 1}})
        """
      #expect(
        try result(script + "return tostring(new)") == [
          "tel.whole{data = {nested = {deep = 9}, train = \"a\"}, params = {x = 1, y = {7}, z = 1}, "
            + "part = tel.part{name = \"n\", weight = 3}, parts = {tel.part{}, tel.part{}}, size = 2}"
        ])
      #expect(
        try result(script + "return base.size, base.part.weight, base.params.y[2], base.data.nested.deep") == [
          "1", "2", "2", "1",
        ])
      #expect(try result(script + "new.parts[1].weight = 5 return base.parts[1].weight") == ["1"])
      #expect(
        try result(script + "return tel.extend(base, {part = tel.none, parts = {[2] = {weight = 0}}}).part") == ["nil"])
      #expect(
        try result(
          script
            + "local n = tel.extend(base, {parts = {[2] = {weight = 0}}}) return n.parts[1].weight, n.parts[2].weight")
          == ["1", "0"])
      #expect(try result("local t = tel.extend({a = {1, 2}, b = 1}, {a = {3}}) return #t.a, t.b") == ["1", "1"])
    }

    @Test func extendChecksWhatItChanges() {
      let message = error(
        "local base = tel.whole{part = tel.part{}}\nreturn tel.extend(base, {\n  part = {\n    wieght = 1}})")
      #expect(message.hasPrefix("test.lua:4: tel.part: there is no key wieght"))
      #expect(error("local t = {} t.t = t return tel.extend(t, {})").contains("contains itself"))
      #expect(error("return tel.extend(1, {})").contains("expected: a configuration or a table"))
    }
  }

  @Suite struct Changes {
    private let recipe = """
      return tel.whole{size = 1, parts = {tel.part{}, tel.part{name = 'second'}}, params = {alpha = 1}, data = {train = 'a'}}
      """

    private func changed(_ changes: String...) throws -> Configuration {
      let result = try configuration(recipe, in: kept)
      for change in changes { try Change(change).apply(to: result) }
      return result
    }

    /// Configurations don't keep their state alive.
    private let kept = configurationState()

    @Test func valuesAreLiteralsElseStrings() throws {
      for (text, expected) in [
        ("1", "1"), ("-2.5e-1", "-0.25"), ("true", "true"), ("abc", "abc"), ("10min", "10min"),
        ("2024-05-06", "2024-05-06"),
        ("'q'", "q"), ("a/b", "a/b"), ("", ""), ("os.exit()", "os.exit()"), ("{x = {1, 2}}", "(a reference)"),
        ("1e3", "1000.0"),
        ("0x10", "16"),
      ] {
        #expect(shown(try changed("made=\(text)")["made"]) == expected, "\(text)")
      }
    }

    @Test func pathsLeadIntoConfigurationsListsAndTables() throws {
      let result = try changed("parts[2].weight=0", "params.alpha=3", "data.nested.deep=4", "size=7", "data.train=x")
      kept.set("r", result)
      #expect(
        try results(
          "return r.parts[2].weight, r.parts[1].weight, r.params.alpha, r.data.nested.deep, r.size, r.data.train",
          in: kept)
          == ["0", "1", "3", "4", "7", "x"])
    }

    @Test(arguments: [
      ("parts[2].wieght=0", "parts[2] has no wieght", "did you mean weight?"),
      ("szie=1", "the recipe has no szie", "did you mean size?"),
      ("parts[3].weight=0", "parts has no entry 3", "1 to 2"),
      ("size=big", "size would be \"big\"", "an integer of at least 1"),
      ("params.alhpa=1", "params has no alhpa", "did you mean alpha?"),
      ("size.x=1", "size is 1, which has no parts", ""),
      ("parts[1].count=0", "parts[1].count would be 0", "at least 1"),
      ("data.nested.deep=x", "data.nested.deep would be \"x\"", "an integer"),
      ("size", "this is no change", "--set name=value"), ("=1", "this is no change", ""),
      ("parts[x]=1", "this is no change", ""),
      ("part.weight=1", "part is not set", ""),
    ])
    func whatDoesNotFitIsRefused(_ change: String, _ what: String, _ more: String) throws {
      do {
        _ = try changed(change)
        Issue.record("\(change) was taken")
      } catch let error as ChangeError {
        #expect(error.explanation.text.contains(what), "\(error.explanation.text)")
        #expect(more.isEmpty || error.explanation.text.contains(more), "\(error.explanation.text)")
        #expect(error.explanation.place == "--set \(change)")
      }
    }
  }

  @Suite struct KeyLines {
    private func line(_ path: [String], _ function: String, _ text: String, from: Int = 1) -> Int {
      let state = LuaState()
      _ = try? state.run(text, name: "keys.lua")
      return state.sources.site(ofKey: path, function: function, from: SourceSite(name: "keys.lua", line: from)).line
    }

    @Test func keysAreFoundAmongStringsCommentsAndNestedTables() {
      let text = """
        local f, g = print, print
        f{
          -- key = 1
          other = "key = 1", [[
          key = 1]],
          inner = {key = 2},
          g(function() local key = 3 end),
          ["key"] =
            4,
        }
        """
      #expect(line(["key"], "tel.f", text, from: 2) == 8)
      #expect(line(["inner", "key"], "tel.f", text, from: 2) == 6)
      #expect(line(["inner", "nothing"], "tel.f", text, from: 2) == 6)
      #expect(line(["nothing"], "tel.f", text, from: 2) == 2)
    }

    @Test func entriesAreCounted() {
      let text = "f{\n  a = {\n    {x = 1},\n    {x = 2,\n     y = {1, 2}},\n  }\n}"
      #expect(line(["a", "[2]", "x"], "f", text) == 4)
      #expect(line(["a", "[2]", "y"], "f", text) == 5)
      #expect(line(["a", "[1]"], "f", text) == 3)
    }

    @Test func theCallsOwnTableIsMeant() {
      let text = "local t = {\n key = 0}\nreturn f(x, {\n  a = 1,\n  key = 2}), g{\n  key = 3}"
      #expect(line(["key"], "f", text, from: 3) == 5)
      #expect(line(["key"], "g", text, from: 3) == 6)
    }

    @Test func nearestNames() {
      #expect(nearestName(to: "wieght", in: ["weight", "height"]) == "weight")
      #expect(nearestName(to: "Sigma", in: ["sigma"]) == "sigma")
      #expect(nearestName(to: "xyz", in: ["weight", "sigma"]) == nil)
      #expect(nearestName(to: "a", in: []) == nil)
    }
  }
}
