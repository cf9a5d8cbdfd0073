import Foundation
import Notebook
import Testing

@Suite(.serialized) struct KernelTests {
  @Test func cellsRunAndTellWhatTheyDo() throws {
    let client = try KernelClient()
    let info = try client.reply(to: client.ask("kernel_info_request"))
    #expect(info.content["protocol_version"] == "5.4")
    #expect(info.content["language_info"]?["name"] == "lua")
    #expect(try client.reply(to: client.ask("kernel_info_request", [:], .control)).content["status"] == "ok")
    #expect(try client.isAlive())

    let first = try client.execute("print('é') x = 41\nx + 1")
    var outputs = try client.outputs(of: first)
    #expect(outputs.map(\.type) == ["status", "execute_input", "stream", "execute_result", "status"])
    #expect(outputs.printed == "é\n")
    #expect(outputs[3].content["data"]?["text/plain"] == "42")
    #expect(outputs[3].content["execution_count"] == 1)
    let reply = try client.reply(to: first)
    #expect(reply.content["status"] == "ok")
    #expect(reply.content["execution_count"] == 1)

    let second = try client.execute("local function f() error('boo') end\nlocal function g() f() end\ng() x = 0")
    outputs = try client.outputs(of: second)
    let error = try #require(outputs.of("error").first).content
    #expect(error["evalue"] == "input 2:1: boo")
    let traceback = (error["traceback"]?.elements ?? []).compactMap(\.text).joined(separator: "\n")
    #expect(traceback.contains("input 2:2:") && traceback.contains("input 2:3:"))
    #expect(try client.reply(to: second).content["status"] == "error")

    let silent = try client.execute("print('unheard') x", ["silent": true])
    #expect(try client.outputs(of: silent).map(\.type) == ["status", "status"])
    #expect(try client.reply(to: silent).content["execution_count"] == 3)
    let expressions = try client.reply(
      to: client.execute("", ["user_expressions": ["a": "x", "b": "error('no')"]])
    ).content["user_expressions"]
    #expect(expressions?["a"]?["data"]?["text/plain"] == "41")
    #expect(expressions?["b"]?["status"] == "error")
    #expect(try client.reply(to: client.execute("x")).content["execution_count"] == 3)
  }

  @Test func questionsAreAnswered() throws {
    let client = try KernelClient()
    let completion = try client.reply(
      to: client.ask("complete_request", ["code": "s = 'é' tel.tree.m", "cursor_pos": 18])
    ).content
    #expect(completion["matches"] == ["mst"])
    #expect(completion["cursor_start"] == 17)
    #expect(completion["cursor_end"] == 18)
    let help = try client.reply(to: client.ask("inspect_request", ["code": "tel.tree.mst(", "cursor_pos": 13])).content
    #expect(help["found"] == true)
    #expect(help["data"]?["text/plain"]?.text?.contains("minimum spanning tree") == true)
    #expect(
      try client.reply(to: client.ask("inspect_request", ["code": "q", "cursor_pos": 1])).content["found"] == false)
    for (code, status) in [("x = 1", "complete"), ("for i = 1, 2 do", "incomplete"), ("x = = 1", "invalid")] {
      let answer = try client.reply(to: client.ask("is_complete_request", ["code": .string(code)]))
      #expect(answer.content["status"] == .string(status))
    }
    for code in ["a = 1", "b = 2\nc = 3"] { _ = try client.reply(to: client.execute(code)) }
    func history(_ content: JSON) throws -> [String?] {
      try client.reply(to: client.ask("history_request", content)).content["history"]?.elements?
        .map { $0.elements?[2].text } ?? []
    }
    #expect(try history(["hist_access_type": "tail", "n": 1]) == ["b = 2\nc = 3"])
    #expect(try history(["hist_access_type": "range", "session": 0, "start": 1, "stop": 2]) == ["a = 1"])
    #expect(try history(["hist_access_type": "search", "pattern": "a*", "n": 5, "unique": true]) == ["a = 1"])
    #expect(try client.reply(to: client.ask("comm_info_request")).content["comms"] == [:])
    let comm = try client.ask("comm_open", ["comm_id": "c1", "target_name": "t", "data": [:]])
    #expect(try client.outputs(of: comm).of("comm_close").first?.content["comm_id"] == "c1")
  }

  @Test func picturesAreShownAndReplaced() throws {
    let client = try KernelClient()
    let cell = try client.execute(
      "tel.show(tel.zeros(3, 2, 2)) for i = 1, 3 do tel.show({1, i}, {id = 'curve'}) end tel.show({1, 2}, {id = 'other'})"
    )
    let shown = try client.outputs(of: cell).filter { $0.type.contains("display_data") }
    #expect(
      shown.map(\.type) == [
        "display_data", "display_data", "update_display_data", "update_display_data", "display_data",
      ])
    let png = try #require(shown[0].content["data"]?["image/png"]?.text.flatMap { Data(base64Encoded: $0) })
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(shown[1].content["data"]?["image/svg+xml"]?.text?.hasPrefix("<svg") == true)
    let ids = shown.map { $0.content["transient"]?["display_id"]?.text }
    #expect(ids[0] == nil && ids[1] != nil && ids[1] == ids[2] && ids[2] == ids[3] && ids[3] != ids[4])
    // Another cell begins anew.
    let next = try client.outputs(of: client.execute("tel.show({1, 2}, {id = 'curve'})")).of("display_data")
    #expect(next.count == 1 && next[0].content["transient"]?["display_id"]?.text != ids[1])
  }

  @Test func cellsThatWaitAreAbortedAfterAnError() throws {
    let client = try KernelClient()
    let ids = try ["error('no')", "print('a')", "print('b')"].map { try client.execute($0) }
    #expect(try ids.map { try client.reply(to: $0).content["status"]?.text } == ["error", "aborted", "aborted"])
    // What is sent after the answer runs, and so does everything where errors don't matter.
    #expect(try client.reply(to: client.execute("print('c')")).content["status"] == "ok")
    let free = try ["error('no')", "print('a')"].map { try client.execute($0, ["stop_on_error": false]) }
    #expect(try free.map { try client.reply(to: $0).content["status"]?.text } == ["error", "ok"])
  }

  @Test func aCellIsInterruptedWhileItRuns() throws {
    let client = try KernelClient()
    for way in ["message", "signal"] {
      let cell = try client.execute("print('begun') while true do pcall(function() while true do end end) end")
      _ = try client.message("its first output") { $0.type == "stream" }
      // It is busy, and alive.
      #expect(try client.isAlive())
      let start = Date()
      if way == "message" {
        #expect(try client.reply(to: client.ask("interrupt_request", [:], .control)).content["status"] == "ok")
      } else {
        kill(client.process.processIdentifier, SIGINT)
      }
      let reply = try client.reply(to: cell)
      #expect(reply.content["ename"] == "Interrupted")
      #expect(Date().timeIntervalSince(start) < 0.5)
    }
    // Between cells an interrupt means nothing.
    kill(client.process.processIdentifier, SIGINT)
    _ = try client.reply(to: client.ask("interrupt_request", [:], .control))
    #expect(try client.reply(to: client.execute("1 + 1")).content["status"] == "ok")
  }

  @Test func whatIsNotSignedRightIsIgnored() throws {
    let client = try KernelClient()
    let request = JupyterMessage(header: MessageHeaders().header("execute_request"), content: ["code": "x = 1"])
    var forged = client.codec.encoded(request)
    forged[1][5] = forged[1][5] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
    let code: JSON = ["code": "y = (rawget(_G, 'y') or 0) + 1"]
    let genuine = client.codec.encoded(
      JupyterMessage(header: MessageHeaders().header("execute_request"), content: code))
    for parts in [forged, [[]], [[1], [2]], [Array("<IDS|MSG>".utf8)], genuine, genuine, Array(genuine.dropLast())] {
      try client.send(parts)
    }
    let check = try client.execute("return x", ["stop_on_error": false])
    #expect(try client.reply(to: check).content["evalue"]?.text?.contains("x is not defined") == true)
    #expect(try client.outputs(of: client.execute("y")).of("execute_result")[0].content["data"]?["text/plain"] == "1")
  }

  @Test func itEndsWhenAskedTo() throws {
    let client = try KernelClient()
    let id = try client.ask("shutdown_request", ["restart": true], .control)
    #expect(try client.reply(to: id).content["restart"] == true)
    #expect(client.hasEnded(within: 3))
    #expect(client.process.terminationStatus == 0)
    // Also in the middle of a cell.
    let busy = try KernelClient()
    try busy.execute("print(1) while true do end")
    _ = try busy.message("its output") { $0.type == "stream" }
    _ = try busy.reply(to: busy.ask("shutdown_request", ["restart": false], .control))
    #expect(busy.hasEnded(within: 3))
  }

  @Test func itEndsWithWhoeverStartedIt() throws {
    let client = try KernelClient(startedByShell: true)
    let text = try String(contentsOf: client.folder.appendingPathComponent("pid"), encoding: .utf8)
    let kernel = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    kill(client.process.processIdentifier, SIGKILL)
    func isRunning() -> Bool {
      guard let status = try? String(contentsOfFile: "/proc/\(kernel)/stat", encoding: .utf8) else { return false }
      return !status.contains(") Z ")
    }
    #expect(isRunning())
    let end = Date().addingTimeInterval(4)
    while isRunning(), Date() < end { Thread.sleep(forTimeInterval: 0.05) }
    #expect(!isRunning())
    if isRunning() { kill(kernel, SIGKILL) }
  }

  @Test func aTrainingShowsOneLineAndItsCurve() throws {
    let client = try KernelClient()
    let cell = try client.execute(
      """
      local data = tel.data.scenes{size = {64, 64}, count = 2, labels = "block10"}
      tel.train(tel.recipe{name = "t", iterations = 3, batch = 1, data = {train = data},
        model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
        loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01}});
      """)
    let outputs = try client.outputs(of: cell, within: 30)
    #expect(outputs.of("error").isEmpty, "\(outputs.of("error").map(\.content))")
    let texts = outputs.filter { $0.type.contains("display_data") }.filter {
      $0.content["data"]?["image/svg+xml"] == nil
    }
    #expect(texts.of("display_data").count == 1)
    #expect(Set(texts.map { $0.content["transient"]?["display_id"]?.text }).count == 1)
    #expect(texts.last?.content["data"]?["text/plain"]?.text?.hasPrefix("train 3/3  loss ") == true)
    let curves = outputs.filter { $0.content["data"]?["image/svg+xml"] != nil }
    #expect(curves.of("display_data").count == 1)
  }

  @Test func installingTellsJupyterWhereItIs() throws {
    try withFolder { folder in
      let run = try Command.run(
        ["kernel", "install", "--prefix", "p", "--threads", "2", "--display-name", "mine"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let file = folder.appendingPathComponent("p/share/jupyter/kernels/tel/kernel.json")
      let json = try JSON([UInt8](Data(contentsOf: file)))
      let executable = try Command.executable().resolvingSymlinksInPath().path
      #expect(json["argv"] == [.string(executable), "kernel", "--threads", "2", "{connection_file}"])
      #expect(json["interrupt_mode"] == "message")
      #expect(json["display_name"] == "mine")
      #expect(run.output.contains("p/share/jupyter/kernels/tel"))
      let user = try Command.run(
        ["kernel", "install", "--user"], in: folder, environment: ["JUPYTER_DATA_DIR": folder.path + "/u"])
      #expect(user.status == 0)
      #expect(FileManager.default.fileExists(atPath: folder.path + "/u/kernels/tel/kernel.json"))
      #expect(try Command.run(["kernel", "install", "--user", "--prefix", "p"], in: folder).status != 0)
      let missing = try Command.run(["kernel", "nowhere.json"], in: folder)
      #expect(missing.status == 1 && missing.errors.contains("connection file"))
    }
  }
}
