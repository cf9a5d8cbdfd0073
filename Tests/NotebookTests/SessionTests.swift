import Foundation
import Notebook
import Scripting
import Testing

/// A session that knows everything below `tel`, and prints nowhere.
func makeSession(memoryLimit: Int = LuaState.defaultMemoryLimit) -> Session {
  let state = LuaState(seed: 1, memoryLimit: memoryLimit)
  state.registerNamespaces()
  state.output = LuaOutput { _ in }
  return Session(state)
}

/// What cells show: values, or the first line of what went wrong.
func shown(_ cells: String..., in session: Session = makeSession()) -> [String] {
  cells.map { cell in
    let outcome = session.run(cell)
    if let error = outcome.error {
      return String(ErrorText.text(of: error).split(separator: "\n").first ?? "")
    }
    return outcome.value ?? ""
  }
}

@Suite(.serialized) struct Cells {
  @Test func theLastExpressionIsShown() {
    #expect(
      shown("1 + 1", "x = 2", "x = 3\nx * 2", "x;", "'a', nil", "return x", "print(x)") == [
        "2", "", "6", "", "\"a\"\tnil", "3", "",
      ])
    #expect(shown("y = 1\n{y, 2}", "for i = 1, 2 do end\ny") == ["{1, 2}", "1"])
    // What Lua takes for one statement stays one.
    #expect(shown("f = function(x) return x end\ny = f\n(4)", "y") == ["", "4"])
  }

  @Test func localsLast() {
    #expect(
      shown(
        "local a, b <const> = 1, 2", "a + b", "local c", "c", "local function f() return a end", "f()",
        "do local hidden = 1 end", "hidden") == ["", "3", "", "nil", "", "1", "", "input 8:1: hidden is not defined"])
    #expect(shown("local s = 'local x'\nlocal t = s", "t") == ["", "\"local x\""])
  }

  @Test func resultsAreRecalled() {
    #expect(shown("20", "_ + 1", "_1 + _2", "nil", "_") == ["20", "21", "41", "nil", "41"])
  }

  @Test func undefinedGlobalsAreErrorsButInFiles() throws {
    let session = makeSession()
    #expect(shown("lengthh = 1", "lengh", in: session)[1].contains("lengh is not defined"))
    #expect(ErrorText.text(of: session.run("lengh").error!).contains("did you mean lengthh?"))
    #expect(ErrorText.text(of: session.run("zeros(2)").error!).contains("did you mean tel.zeros?"))
    #expect(shown("rawget(_G, 'lengh')", in: session) == ["nil"])
  }

  @Test func completenessIsWhatLuaSays() {
    let session = makeSession()
    func state(_ text: String) -> Session.Completeness { session.completeness(of: text) }
    for text in ["1", "x = 1", "for i = 1, 2 do end", "x = = 1", "?print", "x = 1\nx", "-- note", "#t"] {
      if case .incomplete = state(text) { Issue.record("\(text) is complete") }
    }
    #expect(state("for i = 1, 2 do") == .incomplete(indentation: 2))
    #expect(state("f{\n  a = {") == .incomplete(indentation: 4))
    #expect(state("x = 1\nf(") == .incomplete(indentation: 2))
    #expect(state("[[text") == .incomplete(indentation: 0))
    #expect(state("x y") == .invalid)
  }

  @Test func whoListsWhatWasMade() {
    let session = makeSession()
    var printed = ""
    session.state.output = LuaOutput { printed += String(decoding: $0, as: UTF8.self) }
    _ = session.run("images = tel.zeros(2, 3, 10, 10)")
    _ = session.run("1")
    _ = session.run("who()")
    #expect(printed.contains("images") && printed.contains("2.4 kB") && printed.contains("float32 2×3×10×10"))
    #expect(!printed.contains("_2") && !printed.contains("print"))
  }

  @Test func errorsOfFilesAndCellsNameTheirLines() {
    #expect(shown("local x = 1\nerror('boo')") == ["input 1:2: boo"])
  }
}

@Suite(.serialized) struct Completion {
  private func candidates(_ text: String, after cells: String...) -> [String] {
    let session = makeSession()
    for cell in cells { _ = session.run(cell) }
    return session.complete(text, cursor: text.utf8.count).candidates
  }

  @Test func namesFieldsAndMethods() {
    #expect(candidates("tel.tree.") == ["filter", "mst"])
    #expect(candidates("pri") == ["print"])
    #expect(candidates("x = fun") == ["function"])
    #expect(candidates("network.na", after: "network = {name = 1, nation = 2}") == ["name", "nation"])
    #expect(candidates("t[1].a", after: "t = {{apple = 1}}") == ["apple"])
    #expect(candidates("x:rel", after: "x = tel.zeros(2)") == ["relu"])
    #expect(candidates("('a'):upp") == ["upper"])
    #expect(
      candidates(
        "p:gre", after: "Person = {greet = function() end}; Person.__index = Person; p = setmetatable({}, Person)")
        == ["greet"])
    #expect(candidates("net:zero", after: "net = tel.models.hrnet_w18{classes = 2}") == ["zero_grad"])
    #expect(candidates("-- tel.").isEmpty)
    #expect(candidates("nothing.here").isEmpty)
  }

  @Test func keysOfConstructors() {
    #expect(candidates("tel.recipe{name = 'x', iter") == ["iterations"])
    #expect(candidates("tel.recipe{data = {tr") == ["train"])
    #expect(candidates("tel.recipe{test = {protocol = 'sound', sc") == ["scales"])
    #expect(candidates("tel.recipe{loss = {tel.loss.tree_energy{si") == ["sigma"])
    #expect(candidates("tel.optim.sgd{groups = {{ma") == ["match"])
    #expect(!candidates("tel.optim.sgd{lr = 1, ").contains("lr"))
    #expect(candidates("tel.nn.conv2d(x, w, nil, {str") == ["stride"])
    #expect(candidates("tel.recipe{storage = 'bf") == ["bfloat16"])
    #expect(candidates("tel.loss.tree_energy{levels = {'lo") == ["low"])
    #expect(candidates("tel.models.deeplabv3plus{backbone = \"") == ["resnet101", "resnet50"])
  }

  @Test func pathsInFilesAndOfFiles() throws {
    try withFolder { folder in
      let session = makeSession()
      session.state.writePolicy.allow(folder.path)
      _ = session.run(
        "f = tel.hdf5.open('\(folder.path)/a.h5', 'w'); f:write('/state/conv.weight', tel.zeros(2)); f:write('/stem', 1)"
      )
      func complete(_ text: String) -> Session.Completion { session.complete(text, cursor: text.utf8.count) }
      #expect(complete("f:read('/st").candidates == ["state/", "stem"])
      #expect(complete("f:read('/state/").candidates == ["conv.weight"])
      _ = session.run("f:close()")
      let text = "tel.hdf5.open('\(folder.path)/"
      let completion = complete(text)
      #expect(completion.candidates == ["a.h5"])
      #expect(completion.range == text.utf8.count..<text.utf8.count)
    }
  }

  @Test func inspectionFindsWhatIsMeant() throws {
    let session = makeSession()
    _ = session.run("x = tel.zeros(2); local function mine(a) return a end")
    for (text, expected) in [
      ("tel.tree.mst", "tel.tree.mst(guide"), ("x:sum", "tensor:sum("), ("tel.loss.tree_energy{", "keys:"),
      ("tel.nn.resize(x, ", "tel.nn.resize("), ("string.format", "string.format("), ("mine", "local function mine"),
      ("x", "tensor"), ("print", "print("),
    ] {
      let help = try session.inspect(text, cursor: text.utf8.count)
      #expect(help?.contains(expected) ?? false, "\(text): \(help ?? "nothing")")
    }
    #expect(try session.inspect("unknown_thing", cursor: 3) == nil)
  }
}
