import Foundation
import Testing

@Suite(.serialized) struct Scripts {
  @Test func codePrintsItsValues() throws {
    let run = try Command.run(["-e", "1 + 1, 'a'"])
    #expect((run.status, run.output, run.errors) == (0, "2\ta\n", ""))
    #expect(try Command.run(["-e", "print 'x' print 'y'"]).output == "x\ny\n")
  }

  @Test func filesSeeTheirArguments() throws {
    try withFolder { folder in
      try folder.write("a.lua", "print(#arg, arg[0], arg[2], ...)")
      let run = try Command.run(["run", "a.lua", "one", "--seed", "3", "two"], in: folder)
      #expect((run.status, run.output) == (0, "2\ta.lua\ttwo\tone\ttwo\n"))
      #expect(try Command.run(["run", "a.lua", "--", "--x", "-y"], in: folder).output == "2\ta.lua\t-y\t--x\t-y\n")
    }
  }

  @Test func errorsGoToTheStandardErrorWithFileAndLine() throws {
    try withFolder { folder in
      try folder.write("a.lua", "\nlocal function f() error('boo') end\nf()\n")
      let run = try Command.run(["run", "a.lua"], in: folder)
      #expect(run.status == 1)
      #expect(run.output == "")
      #expect(run.errors.hasPrefix("a.lua:2: boo\n"))
      #expect(run.errors.contains("a.lua:3: in main chunk"))
      let missing = try Command.run(["run", "nowhere.lua"], in: folder)
      #expect(missing.status == 1)
      #expect(missing.errors.contains("there is no file nowhere.lua"))
      try folder.write("b.lua", "x = = 1")
      #expect(try Command.run(["run", "b.lua"], in: folder).errors.hasPrefix("b.lua:1: "))
    }
  }

  @Test func statusesAreThoseOfTheShell() throws {
    #expect(try Command.run(["--version"]).status == 0)
    #expect(try Command.run(["--help"]).status == 0)
    #expect(try Command.run(["run"]).status == 64)
    #expect(try Command.run(["run", "a.lua", "--sed", "1"]).status == 64)
    #expect(
      try Command.run(["-e", "while true do pcall(function() while true do end end) end"], interruptAfter: 0.5).status
        == 130)
  }

  @Test func aPatternThatBacktracksForEverIsInterrupted() throws {
    let code = "string.find(('a'):rep(60), ('a*'):rep(40) .. 'b')"
    #expect(try Command.run(["-e", code], interruptAfter: 0.5).status == 130)
  }

  @Test func aReaderThatGoesAwayEndsTheScriptQuietly() throws {
    let path = try Command.executable().path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "'\(path)' -e 'while true do print(1) end' 2>&1 | head -n 2"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    #expect(String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == "1\n1\n")
    process.waitUntilExit()
  }

  @Test func aReaderThatGoesAwayDoesNotEndATraining() throws {
    try withFolder { folder in
      try folder.write("recipe.lua", recipe())
      let path = try Command.executable().path
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "'\(path)' run recipe.lua | head -n 1"]
      process.currentDirectoryURL = folder
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      #expect(String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).contains("runs/tiny"))
      process.waitUntilExit()
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs/tiny/checkpoints/latest.h5").path))
    }
  }

  @Test func twoProcessesAgree() throws {
    let code = """
      local t, out = {}, {}
      for i = 1, 200 do t['key' .. i * 7919 % 1000] = i; t[{}] = i; t[function() return i end] = i; t[i * 0.5] = i end
      for k, v in pairs(t) do out[#out + 1] = v end
      for i = 1, 10 do out[#out + 1] = math.random(1000) end
      print(table.concat(out, ' '))
      """
    let first = try Command.run(["-e", code])
    #expect(first.status == 0 && first.output.count > 1000)
    #expect(try Command.run(["-e", code]).output == first.output)
    #expect(try Command.run(["-e", code, "--seed", "1"]).output != first.output)
  }
}

@Suite(.serialized) struct PromptInput {
  @Test func linesRunAndShowTheirValues() throws {
    let run = try Command.run([], input: "x = 20\nx + 1\nfor i = 1, 2 do\nprint(i)\nend\n\nreturn x, nil\n")
    #expect((run.status, run.output, run.errors) == (0, "21\n1\n2\n20\tnil\n", ""))
  }

  @Test func errorsAreToldAndTheRestGoesOn() throws {
    let run = try Command.run(["repl"], input: "error('boo')\ntell.y\n1 + 1\n")
    #expect(run.status == 1)
    #expect(run.output == "2\n")
    #expect(run.errors.contains("input 1:1: boo") && run.errors.contains("input 2:1: tell is not defined"))
    #expect(run.errors.contains("did you mean tel?"))
  }

  @Test func unfinishedInputIsAnError() throws {
    let run = try Command.run([], input: "for i = 1, 2 do\n")
    #expect(run.status == 1)
    #expect(run.errors.contains("<eof>"))
  }

  @Test func anInterruptEndsPipedInput() throws {
    let run = try Command.run([], input: "while true do end\nprint('after')\n", interruptAfter: 0.5)
    #expect(run.status == 1)
    #expect(run.output == "")
  }
}

@Suite(.serialized) struct Doctor {
  @Test func theSelfTestHolds() throws {
    let run = try Command.run(["doctor"])
    #expect(run.status == 0, "\(run.output)")
    for name in ["Lua", "OpenBLAS", "HDF5", "libpng", "threads", "CPU", "self-test"] {
      #expect(run.output.contains(name), "\(name)")
    }
    #expect(!run.output.contains("WRONG") && !run.output.contains("FAILED"))
  }
}

@Suite(.serialized) struct SceneFolders {
  @Test func scenesAreDrawnInTheCityscapesLayout() throws {
    try withFolder { folder in
      let run = try Command.run(
        ["data", "scenes", "made", "--count", "2", "--val", "1", "--size", "96x48", "--seed", "4"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let made = folder.appendingPathComponent("made").path
      for (part, count) in [
        ("train/image", 2), ("train/label", 2), ("val/image", 1), ("val/label", 1), ("train/sparse_label/block50", 2),
      ] {
        #expect(try FileManager.default.contentsOfDirectory(atPath: made + "/" + part).count == count, "\(part)")
      }
      #expect(try Command.run(["data", "scenes", "made", "--size", "96"], in: folder).status == 64)
    }
  }
}
