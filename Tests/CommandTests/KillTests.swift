import Foundation
import Storage
import Tensors
import Testing

/// Runs that end before they should: killed at random moments, or on a disk that is full.
///
/// Ten kills; `TEL_KILLS=200` in the environment asks for more.
@Suite(.serialized) struct KillTests {
  private let text = recipe(
    """
    save_every = 2, keep = 2, milestone_every = 20, validate_at_start = true, state = {seen = 0},
    on_step = function(run) run.recipe.state.seen = run.recipe.state.seen + math.random(100) end,
    """)
  private let options = ["run", "recipe.lua", "--set", "iterations=60", "--set", "validate_every=25"]

  private func path(_ folder: URL, _ name: String) -> String {
    folder.appendingPathComponent("runs/tiny/" + name).path
  }

  private func bits(_ path: String) throws -> [String: [UInt32]] {
    let checkpoint = try Checkpoint(contentsOf: path)
    var all = checkpoint.state
    for (slot, tensors) in checkpoint.optimizer { for (name, tensor) in tensors { all["\(slot)/\(name)"] = tensor } }
    return all.filter { $0.value.type == .float32 }.mapValues { $0.array(of: Float.self).map(\.bitPattern) }
  }

  private func finished(_ folder: URL) throws -> (weights: [String: [UInt32]], state: StoredValue, results: RunFile) {
    let latest = path(folder, "checkpoints/latest.h5")
    return (
      try bits(latest), try Checkpoint(contentsOf: latest).recipeState,
      try RunFile(contentsOf: path(folder, "results.h5"))
    )
  }

  private func expectSame(_ folder: URL, _ whole: (weights: [String: [UInt32]], state: StoredValue, results: RunFile))
    throws
  {
    let found = try finished(folder)
    #expect(found.weights == whole.weights && found.state == whole.state)
    #expect(found.results.metrics["train"]?.iterations == Array(1...60))
    #expect(found.results.metrics["train"]?.columns["loss"] == whole.results.metrics["train"]?.columns["loss"])
    #expect(found.results.metrics["val"]?.iterations == whole.results.metrics["val"]?.iterations)
    #expect(found.results.metrics["val"]?.columns["miou"] == whole.results.metrics["val"]?.columns["miou"])
    let best = try Checkpoint.progress(of: path(folder, "checkpoints/best.h5"))
    #expect(best["best"] == (try Checkpoint.progress(of: path(folder, "checkpoints/latest.h5")))["best"])
  }

  /// The run without any disturbance, and how long it took.
  private func whole() throws -> (
    result: (weights: [String: [UInt32]], state: StoredValue, results: RunFile), seconds: Double
  ) {
    try withFolder { folder in
      try folder.write("recipe.lua", text)
      let start = Date()
      let run = try Command.run(options, in: folder)
      try #require(run.status == 0, "\(run.errors)")
      return (try finished(folder), Date().timeIntervalSince(start))
    }
  }

  @Test func aKilledRunResumesToTheSameBits() throws {
    let kills = Int(ProcessInfo.processInfo.environment["TEL_KILLS"] ?? "") ?? 10
    let (whole, seconds) = try whole()
    var random = RandomStream(seed: 1, purpose: "kills")
    try withFolder { folder in
      try folder.write("recipe.lua", text)
      var (killed, ended) = (0, 0)
      while killed < kills {
        let resumes = FileManager.default.fileExists(atPath: path(folder, "checkpoints/latest.h5"))
        // Before the first checkpoint there is nothing to continue.
        if !resumes { try? FileManager.default.removeItem(at: folder.appendingPathComponent("runs")) }
        let run = try Command.run(
          options + (resumes ? ["--resume"] : []), in: folder, interruptAfter: random.uniform() * seconds * 0.8,
          signal: SIGKILL)
        if run.status == SIGKILL {
          killed += 1
          for name in ["checkpoints/latest.h5", "checkpoints/best.h5"]
          where FileManager.default.fileExists(atPath: path(folder, name)) {
            _ = try Checkpoint(contentsOf: path(folder, name))
          }
          if FileManager.default.fileExists(atPath: path(folder, "results.h5")) {
            _ = try RunFile(contentsOf: path(folder, "results.h5"))
          }
        } else {
          try #require(run.status == 0, "after \(killed) kills: \(run.errors)")
          ended += 1
          try expectSame(folder, whole)
          try FileManager.default.removeItem(at: folder.appendingPathComponent("runs"))
        }
      }
      let resumes = FileManager.default.fileExists(atPath: path(folder, "checkpoints/latest.h5"))
      if !resumes { try? FileManager.default.removeItem(at: folder.appendingPathComponent("runs")) }
      let last = try Command.run(options + (resumes ? ["--resume"] : []), in: folder)
      try #require(last.status == 0, "\(last.errors)")
      try expectSame(folder, whole)
      let names = try FileManager.default.contentsOfDirectory(atPath: path(folder, "checkpoints"))
      #expect(
        names.sorted() == [
          "best.h5", "iteration-00000058.h5", "latest.h5", "milestone-00000020.h5", "milestone-00000040.h5",
          "milestone-00000060.h5",
        ])
      print("\(killed) kills, \(ended + 1) runs that came to their end")
    }
  }

  /// A small file system where the test may mount one, else a limit to the size of files.
  @Test func aFullDiskIsToldAndTrainingGoesOn() throws {
    let whole = try whole().result
    try withFolder { folder in
      let disk = folder.appendingPathComponent("disk")
      try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
      let isMounted = run("/bin/mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk.path) == 0
      defer { if isMounted { _ = run("/bin/umount", disk.path) } }
      // From iteration 11 to 30 nothing more can be written.
      let fill =
        isMounted
        ? """
        local file = io.open('disk/filler', 'w'); file:setvbuf('no')
        while file:write(string.rep('x', 4096)) do end; file:close()
        """
        : "os.execute('prlimit --pid $PPID --fsize=8192:')"
      let empty = isMounted ? "os.remove('disk/filler')" : "os.execute('prlimit --pid $PPID --fsize=unlimited:')"
      let text = self.text.replacingOccurrences(
        of: "on_step = function(run)",
        with:
          "on_step = function(run) if run.iteration == 11 then \(fill) end; if run.iteration == END then \(empty) end; "
      )
      // Once there is room again before the end, and once not.
      for end in ["30", "1000"] {
        try folder.write("recipe.lua", text.replacingOccurrences(of: "END", with: end))
        let command = try Command.run(options + ["--trust", "--out", "disk"], in: folder)
        #expect(command.output.contains("iteration 12 was not saved"), "\(command.output) \(command.errors)")
        #expect(command.output.contains(isMounted ? "No space left on device" : "File too large"))
        if end == "30" {
          #expect(command.status == 0, "\(command.errors)")
        } else {
          #expect(command.status == 1)
          // The save of iteration 10 may have been under way.
          for said in ["iteration 60 was not saved", "this file still holds iteration"] {
            #expect(command.errors.contains(said), "\(command.errors)")
          }
          try? FileManager.default.removeItem(at: disk.appendingPathComponent("filler"))
          try folder.write("recipe.lua", self.text)
          let rest = try Command.run(options + ["--resume", "--accept-changes", "--out", "disk"], in: folder)
          #expect(rest.status == 0 && rest.output.contains("resumed after iteration"), "\(rest.errors)")
        }
        try expectSame(disk, whole)
        try FileManager.default.removeItem(at: disk.appendingPathComponent("runs"))
      }
    }
  }

  private func run(_ command: String, _ arguments: String...) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
