import Foundation
import Testing

/// Someone types at a terminal.
@Suite(.serialized) struct PromptAtATerminal {
  private func withPrompt(
    _ arguments: [String] = [], environment: [String: String] = [:], _ body: (PseudoTerminal, URL) throws -> Void
  ) throws {
    try withFolder { folder in
      let terminal = try PseudoTerminal(arguments, in: folder, environment: environment)
      try terminal.prompt(1)
      try body(terminal, folder)
    }
  }

  @Test func valuesAreShownAndRecalled() throws {
    try withPrompt { terminal, _ in
      terminal.type("6 * 7")
      try terminal.expect("\n42")
      try terminal.prompt(2)
      terminal.type("_ + 1")
      try terminal.expect("\n43")
      try terminal.prompt(3)
      terminal.type("_1 .. '!'")
      try terminal.expect("\n\"42!\"")
      try terminal.prompt(4)
      terminal.type("local kept = 5;")
      try terminal.prompt(5)
      terminal.type("kept * 2")
      try terminal.expect("\n10")
      try terminal.prompt(6)
      terminal.send("\u{4}")
      #expect(try terminal.end() == 0)
    }
  }

  @Test func unfinishedInputGoesOn() throws {
    try withPrompt { terminal, _ in
      terminal.type("for i = 1, 2 do")
      try terminal.expect(".. ")
      terminal.type("print('row ' .. i * 11)")
      terminal.type("end")
      try terminal.expect("\nrow 11")
      try terminal.expect("\nrow 22")
      try terminal.prompt(2)
    }
  }

  @Test func aPastedBlockIsOneCell() throws {
    try withPrompt { terminal, _ in
      terminal.send(
        "\u{1b}[200~local function double(x)\n  return 2 * x\nend\nprint(double(21))\nlocal p = 1\u{1b}[201~")
      terminal.send("\r")
      try terminal.expect("\n42")
      try terminal.prompt(2)
      terminal.type("p + double(4)")
      try terminal.expect("\n9")
    }
  }

  @Test func historyLastsAcrossRunsAndIsSearched() throws {
    try withFolder { folder in
      for (i, text) in ["'first' .. 1", "'second' .. 2\r'third' .. 3"].enumerated() {
        let terminal = try PseudoTerminal(in: folder)
        try terminal.prompt(1)
        terminal.type(text)
        try terminal.prompt(2 + i)
        terminal.send("\u{4}")
        #expect(try terminal.end() == 0)
      }
      let path = folder.path + "/state/tel/history"
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect((attributes[.posixPermissions] as? Int) == 0o600)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "'first' .. 1\n'second' .. 2\n'third' .. 3\n")
      let terminal = try PseudoTerminal(in: folder)
      try terminal.prompt(1)
      // Up twice.
      terminal.send("\u{1b}[A\u{1b}[A\r")
      try terminal.expect("\n\"second2\"")
      try terminal.prompt(2)
      terminal.send("\u{12}fir")
      try terminal.expect("'first' .. 1")
      terminal.send("\r")
      try terminal.expect("\n\"first1\"")
    }
  }

  @Test func promptsSideBySideLoseNoHistory() throws {
    try withFolder { folder in
      let terminals = try (0..<3).map { _ in try PseudoTerminal(in: folder) }
      for terminal in terminals { try terminal.prompt(1) }
      for round in 1...4 {
        for (i, terminal) in terminals.enumerated() { terminal.type("local x = '\(i) \(round)'") }
      }
      for terminal in terminals {
        try terminal.prompt(5)
        terminal.send("\u{4}")
        #expect(try terminal.end() == 0)
      }
      let lines = try String(contentsOfFile: folder.path + "/state/tel/history", encoding: .utf8).split(separator: "\n")
      #expect(Set(lines).count == 12)
    }
  }

  @Test func tabCompletes() throws {
    try withPrompt { terminal, folder in
      try "".write(toFile: folder.path + "/picture of a street.png", atomically: true, encoding: .utf8)
      terminal.send("tel.tree.fi\t")
      try terminal.expect("tel.tree.filter")
      terminal.send("\u{15}tel.optim.sgd{lr = 1, mom\t")
      try terminal.expect("momentum")
      terminal.send("\u{15}#'pict\t")
      try terminal.expect("picture of a street.png")
      terminal.send("'\r")
      try terminal.expect("\n23")
      try terminal.prompt(2)
      terminal.send("tel.schedule.\t")
      try terminal.expect("constant")
      try terminal.expect("warmup")
    }
  }

  @Test func helpExplainsAndSuggests() throws {
    try withPrompt { terminal, _ in
      terminal.type("?tel.tree.filter")
      try terminal.expect("embedding [N, E, H, W]")
      try terminal.expect("example:")
      try terminal.prompt(2)
      terminal.type("?tel.tree.fliter")
      try terminal.expect("did you mean tel.tree.filter?")
      try terminal.prompt(3)
      terminal.type("tle.zeros(2)")
      try terminal.expect("tle is not defined")
      try terminal.expect("did you mean tel?")
      try terminal.prompt(4)
      terminal.type("tel.zeross(2)")
      try terminal.expect("did you mean zeros?")
    }
  }

  @Test(arguments: [
    "while true do end", "while true do pcall(function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()", "while true do pcall(error) end",
    "string.find(('a'):rep(60), ('a*'):rep(40) .. 'b')",
    "local m = tel.ones(2000, 2000); while true do m:matmul(m) end",
    "local x, w = tel.ones(4, 64, 256, 256), tel.ones(64, 64, 3, 3); while true do tel.nn.conv2d(x, w, nil, {padding = 1}) end",
  ])
  func ctrlCInterrupts(_ endless: String) throws {
    try withPrompt { terminal, _ in
      terminal.type("kept = 17; print('go' .. '!'); \(endless)")
      try terminal.expect("go!")
      Thread.sleep(forTimeInterval: 0.3)
      terminal.send("\u{3}")
      // Patient with a busy machine; alone it takes a fraction of this.
      #expect(try terminal.expect("\ninterrupted") < 10)
      try terminal.prompt(2)
      terminal.type("kept + 1")
      try terminal.expect("\n18")
    }
  }

  /// What is typed while a cell runs counts afterwards, Ctrl-D too.
  @Test func typedAheadIsKept() throws {
    try withPrompt { terminal, _ in
      terminal.type("print('go' .. '!'); local t = os.clock() while os.clock() - t < 0.5 do end")
      try terminal.expect("go!")
      terminal.send("1 + 41\n")
      terminal.send("\u{4}")
      try terminal.expect("\n42")
      #expect(try terminal.end() == 0)
    }
  }

  @Test(arguments: [SIGTERM, SIGHUP]) func aSignalLeavesTheTerminalAsItWas(_ signal: Int32) throws {
    try withPrompt { terminal, _ in
      terminal.send("unfinished")
      try terminal.expect("unfinished")
      #expect(!terminal.echoes)
      terminal.signal(signal)
      #expect(try terminal.end() == -signal)
      #expect(terminal.echoes)
    }
  }

  @Test func aSignalThatItWasToldToIgnoreStaysIgnored() throws {
    try withFolder { folder in
      let terminal = try PseudoTerminal(in: folder, ignoring: "HUP")
      try terminal.prompt(1)
      terminal.signal(SIGHUP)
      terminal.type("6 * 7")
      try terminal.expect("\n42")
      try terminal.prompt(2)
      terminal.signal(SIGHUP)
      terminal.type("6 * 8")
      try terminal.expect("\n48")
    }
  }

  @Test func ctrlCGivesUpALine() throws {
    try withPrompt { terminal, _ in
      terminal.send("for i = 1, 2 do\rprint(i)\u{3}")
      try terminal.prompt(1)
      terminal.type("'still ' .. 'here'")
      try terminal.expect("\n\"still here\"")
    }
  }

  @Test func charactersOfAnyWidthAreEdited() throws {
    try withPrompt { terminal, _ in
      // Typed, gone left over, and corrected: é as two code points, Chinese, a picture.
      terminal.send("'e\u{301}日本🌲x'\u{1b}[D\u{7f}y\r")
      try terminal.expect("\n\"e\u{301}日本🌲y\"")
    }
  }

  @Test func coloursAreLeftOutWhereTheyAreNotWanted() throws {
    try withPrompt { terminal, _ in
      terminal.type("nonsense")
      try terminal.expect("is not defined")
      try terminal.prompt(2)
      #expect(!terminal.transcript.contains("\u{1b}[31m") && !terminal.transcript.contains("\u{1b}[32m"))
    }
    try withPrompt(environment: ["NO_COLOR": ""]) { terminal, _ in
      terminal.type("nonsense")
      try terminal.expect("is not defined")
      try terminal.prompt(2)
      #expect(terminal.transcript.contains("\u{1b}[31m"))
    }
  }

  @Test func aFileIsRunFirst() throws {
    try withFolder { folder in
      try "local answer = undefined_here or 42".write(
        toFile: folder.path + "/a.lua", atomically: true, encoding: .utf8)
      let terminal = try PseudoTerminal(["repl", "a.lua"], in: folder)
      try terminal.prompt(1)
      terminal.type("answer + 1")
      try terminal.expect("\n43")
    }
  }
}
