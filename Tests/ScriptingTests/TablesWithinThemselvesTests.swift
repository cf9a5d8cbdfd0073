import Foundation
import Scripting
import Testing

extension AllScripting {
  /// Tables without an end, which once ended the host, or kept it busy for ever.
  @Suite struct TablesWithinThemselves {
    private static let makers = [
      "local t = {}; t[1] = t; t[2] = t", "local t = {1}; for i = 1, 100000 do t = {t} end",
      "local t = {}; t.t = t; t.u = t", "local t = {}; t.list = {t, t}",
    ]

    private func state() -> LuaState {
      let state = LuaState(seed: 1)
      state.registerNamespaces()
      return state
    }

    @Test(arguments: makers) func areNoTensors(_ maker: String) {
      #expect(failure(maker + "; tel.tensor(t)", in: state()).contains("expected: "))
    }

    @Test(arguments: makers) func areNoFiles(_ maker: String) throws {
      try withFolder { folder in
        let state = state()
        state.writePolicy.allow(folder.path)
        let text = failure("local f = tel.hdf5.open('\(folder.path)/t.h5', 'w'); \(maker); f:write('/x', t)", in: state)
        #expect(text.contains("expected: "), "\(text)")
      }
    }

    @Test(arguments: makers) func areRecordedInWords(_ maker: String) throws {
      let state = state()
      let script = """
        \(maker)
        return tel.recipe{
          name = 'r', iterations = 1, batch = 1, model = tel.models.hrnet{classes = 2},
          data = {train = tel.data.scenes{count = 1, size = {64, 32}}}, loss = {tel.loss.cross_entropy{}},
          optimizer = tel.optim.sgd{lr = 0.1}, params = t,
        }
        """
      let values = try state.run(script, name: "test.lua")
      let recipe = try #require(try Recipe(values, file: "r.lua", changes: [], arguments: [], in: state))
      let text = "\(try recipe.experiment().record.resolved)"
      #expect(text.contains("a table within itself, or nested too deep"), "\(text)")
    }
  }

  @Suite struct WhatCanBeReadAgain {
    private func failure(writing code: String) throws -> String {
      try withFolder { folder in
        let state = LuaState(seed: 1)
        state.registerNamespaces()
        state.writePolicy.allow(folder.path)
        return ScriptingTests.failure(
          "local f = tel.hdf5.open('\(folder.path)/f.h5', 'w'); \(code); f:close(); tel.hdf5.open('\(folder.path)/f.h5')",
          in: state)
      }
    }

    @Test(arguments: ["f:write(('/a'):rep(31), 1)", "f:write('/' .. ('a'):rep(1022), 1)"])
    func isWritten(_ code: String) throws {
      #expect(try failure(writing: code) == "(no error)")
    }

    @Test(arguments: [
      "f:write(('/a'):rep(32), 1)", "f:write('/' .. ('a'):rep(1023), 1)", "f:write('/a\\0b', 1)",
      "f:write('/x', 1); f:write('/x/y', 1)", "f:write(('/a'):rep(31), {b = 1})",
    ])
    func andNothingElse(_ code: String) throws {
      #expect(try failure(writing: code).contains("can't be stored"))
    }

    @Test func unlabelledPixelsAre255() throws {
      try withFolder { folder in
        let state = LuaState(seed: 1)
        state.registerNamespaces()
        state.writePolicy.allow(folder.path)
        let file = folder.path + "/l.png"
        let script = """
          tel.image.write('\(file)', tel.tensor({{-1, 0}, {7, 255}}, 'int32'))
          local l = tel.image.read_labels('\(file)')
          return l[{1, 1}]:item(), l[{1, 2}]:item(), l[{2, 1}]:item(), l[{2, 2}]:item()
          """
        let read = try results(script, in: state)
        #expect(read == ["255", "0", "7", "255"])
        for value in [-2, 256, 300] {
          let text = ScriptingTests.failure("tel.image.write('\(file)', tel.tensor({{\(value)}}, 'int32'))", in: state)
          #expect(text.contains("values from 0 to 255, and -1"), "\(text)")
        }
        #expect(
          ScriptingTests.failure("tel.image.write('\(file)', tel.full({3, 2, 2}, -1):to('int32'))", in: state)
            .contains("expected: "))
      }
    }

    @Test func aByteOrderMarkIsSkipped() throws {
      #expect(try results("\u{FEFF}return 1 + 1") == ["2"])
      #expect(try results("\u{FEFF}#!/usr/bin/env tel\nreturn 3") == ["3"])
    }
  }
}
