import Foundation
import Testing

/// `tel bench` and `tel run --profile`, as small as they can be.
@Suite struct BenchTests {
  private func json(_ arguments: [String]) throws -> [String: Any] {
    let result = try Command.run(["bench"] + arguments + ["--repeats", "2", "--json"])
    #expect(result.status == 0, "\(result.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  @Test func treesAsJSON() throws {
    let report = try json(["tree", "--size", "9x13", "--channels", "3", "--embedding", "4", "--threads", "1"])
    #expect(report["threads"] as? Int == 1)
    let stages = try #require(report["stages"] as? [[String: Any]])
    #expect(stages.compactMap { $0["name"] as? String }.contains("minimum spanning tree"))
    for stage in stages {
      let time = try #require(stage["time"] as? [String: Any])
      #expect((time["seconds"] as? [Double])?.count == 2)
      let perNode = try #require(stage["ns_per_node"] as? Double)
      #expect(abs(perNode - 1e9 * (try #require(time["median"] as? Double)) / (9 * 13)) < 1e-6 * perNode)
    }
  }

  @Test func savingLeavesNothing() throws {
    try withFolder { folder in
      let report = try json(["saving", "--megabytes", "5", "--out", folder.path])
      #expect((report["bytes"] as? Int ?? 0) > 5_000_000)
      for name in ["copy", "image", "write", "plain"] {
        let time = try #require(report[name] as? [String: Any])
        #expect((time["seconds"] as? [Double])?.count == 2 && (time["median"] as? Double ?? 0) > 0)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test func aModelsStepHasItsPhases() throws {
    let report = try json(["model", "hrnet_w18", "--size", "32x48", "--classes", "2", "--threads", "2"])
    #expect((report["seconds"] as? [Double])?.count == 2)
    #expect((report["peak_resident_bytes"] as? Int ?? 0) > 1 << 20)
    let phases = try #require(report["phases"] as? [[String: Any]])
    #expect(phases.compactMap { $0["name"] as? String } == ["forward", "loss", "backward", "optimizer"])
    let shares = phases.compactMap { $0["share"] as? Double }.reduce(0, +)
    #expect(shares > 0.9 && shares <= 1)
    // Seconds of a phase are those of one step, however often it was entered.
    let seconds = phases.compactMap { $0["seconds"] as? Double }.reduce(0, +)
    let steps = try #require(report["seconds"] as? [Double])
    let mean = (steps[0] + steps[1]) / 2
    #expect(seconds > 0.5 * mean && seconds <= 1.001 * mean)
    for phase in phases {
      let (all, kernels) = (phase["seconds"] as? Double ?? 0, try #require(phase["kernel_seconds"] as? Double))
      let alone = try #require(phase["alone_seconds"] as? Double)
      #expect(kernels <= all && alone >= all - kernels - 1e-9 && alone <= all)
    }
  }

  @Test func aRecipesStepsIncludeItsLoaderAndLeaveNothing() throws {
    try withFolder { folder in
      try folder.write("recipe.lua", recipe())
      let arguments = ["bench", "recipe", "recipe.lua", "--set", "batch=1", "--repeats", "2", "--json"]
      let run = try Command.run(arguments, in: folder)
      let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let phases = try #require(report["phases"] as? [[String: Any]])
      #expect(
        phases.compactMap { $0["name"] as? String } == ["loading", "forward", "loss", "backward", "optimizer"])
      let host = try #require(report["host_share"] as? Double)
      #expect(host > 0 && host < 1)
      #expect(try #require(report["loading_seconds"] as? Double) > 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["recipe.lua"])
    }
  }

  @Test(arguments: ["1x1", "1x2", "3x1"]) func theSmallestTreesAreMeasured(_ size: String) throws {
    let run = try Command.run(["bench", "tree", "--size", size, "--channels", "1", "--repeats", "1"])
    #expect(run.status == 0 && run.output.contains("tree energy loss"), "\(run.errors)")
  }

  /// Memory is asked for only where there is enough.
  @Test(arguments: [
    "model hrnet_w48 --size 16384x16384 --batch 1024", "model hrnet_w48 --size 16384x16384 --batch 16 --forward",
    "tree --size 16384x16384 --embedding 4096",
  ]) func whatMemoryCannotHoldIsRefused(_ line: String) throws {
    let run = try Command.run(["bench"] + line.split(separator: " ").map(String.init))
    #expect(run.status == 1 && run.output == "")
    #expect(run.errors.contains("GB of memory") && run.errors.contains("a smaller --size"), "\(run.errors)")
  }

  @Test func layersForPeople() throws {
    let result = try Command.run(["bench", "convolution", "--only", "384->384", "--repeats", "1"])
    #expect(result.status == 0 && result.output.contains("3x3 384->384 @16") && result.output.contains("GF/s"))
  }

  @Test(arguments: [
    (["model", "hrnet"], "hrnet_w18, hrnet_w32, hrnet_w48"), (["model", "hrnet_w48", "--size", "512"], "512x1024"),
    (["model", "hrnet_w48", "--repeats", "0"], "from 1 to 10000"), (["convolution", "--only", "9x9"], "3x3 48->48"),
    (["recipe", "nowhere.lua"], "nowhere.lua"),
  ]) func wrongArgumentsAreExplained(_ arguments: [String], _ expected: String) throws {
    let result = try Command.run(["bench"] + arguments)
    #expect(result.status != 0)
    #expect(result.errors.contains(expected), "\(result.errors)")
  }

  @Test func aRunTellsWhereTimeWent() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = """
      local x = tel.randn({1, 3, 16, 16})
      local w = tel.randn({4, 3, 3, 3}):requires_grad_()
      for i = 1, 3 do tel.nn.conv2d(x, w, {padding = 1}):sum():backward() end
      """
    try script.write(to: folder.appendingPathComponent("s.lua"), atomically: true, encoding: .utf8)
    let result = try Command.run(["run", "s.lua", "--profile"], in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("profile of"))
    #expect(result.output.contains("conv2d [1, 3, 16, 16] [4, 3, 3, 3]"), "\(result.output)")
  }

  @Test func aProfiledTrainingHasAllItsPhases() throws {
    try withFolder { folder in
      let run = try Command.train(recipe(), "--profile", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n").map(String.init)
      let start = try #require(lines.lastIndex { $0.hasPrefix("profile of ") })
      let names = lines[start...].compactMap { $0.split(separator: " ").first.map(String.init) }
      for phase in ["loading", "forward", "loss", "backward", "optimizer", "saving", "validation"] {
        #expect(names.contains(phase), "\(phase)")
      }
      // A heading, and ten.
      let operations = try #require(lines.lastIndex(of: "the costliest operations"))
      #expect(lines.count == operations + 12)
    }
  }
}
