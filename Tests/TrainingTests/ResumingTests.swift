import Foundation
import Storage
import Tensors
import TestSupport
import Testing
import Training

/// Continuing a run: only as the run that it is.
@Suite(.serialized) struct ResumingTests {
  private let folder: TemporaryFolder
  private let recorder = Recorder()

  init() throws { folder = try TemporaryFolder() }

  private func trainer(_ experiment: Experiment, resume: Bool = false, accepting: Bool = false) throws -> Trainer {
    try Trainer(
      experiment, RunOptions(out: folder.path, resume: resume, acceptsChanges: accepting),
      console: recorder.console(isTerminal: false))
  }

  /// A run that was stopped after three of six iterations.
  private func make(_ name: String, stops: Bool = false) -> Experiment {
    let experiment = PixelExperiment.make(name, iterations: 6)
    experiment.record = RecipeRecord(
      sources: [RecipeSource(name: "recipes/a.lua", text: "return tel.recipe {\n  lr = 0.1,\n}\n")], seed: 7,
      resolved: [
        "name": .string(name), "iterations": 6, "loss": [["weight": 0.4, "levels": ["low", "high"]]],
        "on_step": "function at recipes/a.lua:12",
      ])
    experiment.environment = ["tel": "0.1.0"]
    experiment.saveEvery = .iterations(1)
    (experiment.validateEvery, experiment.keep) = (2, 2)
    if stops { experiment.hooks.onStep = { run in if run.iteration == 3 { run.stop(reason: "half way") } } }
    return experiment
  }

  private var latest: String { folder.file("runs/half/checkpoints/latest.h5") }

  @Test func anotherRecipeIsShownAndRefused() throws {
    _ = try trainer(make("half", stops: true)).run()
    let other = make("half")
    other.record.resolved = [
      "name": "renamed", "iterations": 8, "loss": [["weight": 0.0, "levels": ["low"]]],
      "on_step": "function at recipes/a.lua:13",
    ]
    other.record.sources[0] = RecipeSource(name: "/elsewhere/a.lua", text: "return tel.recipe {\n  lr = 0.2,\n}\n")
    other.record.seed = 8
    other.training.dataset = PixelExperiment.data(count: 11)
    let before = try FileBytes(path: latest).array
    let error = #expect(throws: RunError.self) { try trainer(other, resume: true) }
    guard case .recipeChanged(_, let changes)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(
      changes == [
        "seed: 7 -> 8", "iterations: 6 -> 8", "loss[1].levels[2]: \"high\" -> (none)", "loss[1].weight: 0.4 -> 0.0",
        "/elsewhere/a.lua:2: -   lr = 0.1,", "/elsewhere/a.lua:2: +   lr = 0.2,",
        "data.train: 10 -> 11 samples, picture10 is new",
      ])
    #expect(try FileBytes(path: latest).array == before)
    do {
      let accepted = try trainer(other, resume: true, accepting: true)
      #expect(accepted.iteration == 3)
      #expect(recorder.texts.joined().contains("changed: iterations: 6 -> 8"))
      _ = try accepted.run()
    }
    let results = try RunFile(contentsOf: folder.file("runs/half/results.h5"))
    #expect(results.history.count == 1 && results.history[0].contains("loss[1].weight: 0.4 -> 0.0"))
    #expect(results.recipe == other.record)
    // What it was continued with is what it is from now on.
    #expect(try trainer(other, resume: true).iteration == 6)
  }

  @Test func theSameRecipeFromElsewhereIsTheSame() throws {
    _ = try trainer(make("half", stops: true)).run()
    let moved = make("half")
    moved.record.sources[0].name = "/elsewhere/b.lua"
    moved.record.resolved = [
      "name": "half", "iterations": 6, "loss": [["weight": 0.4, "levels": ["low", "high"]]],
      "on_step": "function at /elsewhere/b.lua:12",
    ]
    let rest = try trainer(moved, resume: true)
    #expect(rest.iteration == 3)
    #expect(!recorder.texts.joined().contains("warning"))
    // What was measured before stays with how it was measured.
    try rest.save(waiting: true)
    #expect(try RunFile(contentsOf: folder.file("runs/half/results.h5")).protocols["val"]?["images"] == .integer(5))
  }

  @Test func anotherMachineIsAllowedAndTold() throws {
    _ = try trainer(make("half", stops: true)).run()
    let other = make("half")
    other.environment = ["tel": "0.2.0", "threads": 63, "system": "another"]
    _ = try trainer(other, resume: true).run()
    let warning = try #require(recorder.texts.first { $0.hasPrefix("warning") })
    #expect(warning.contains("tel 0.2.0, was 0.1.0; threads 63, was \(Kernel.threads)"))
    #expect(warning.contains("last bits") && !warning.contains("another"))
    let history = try RunFile(contentsOf: folder.file("runs/half/results.h5")).history
    #expect(history == ["resumed after iteration 3; tel 0.2.0, was 0.1.0; threads 63, was \(Kernel.threads)"])
  }

  @Test func aDamagedCheckpointTellsOfWholeOnes() throws {
    _ = try trainer(make("half", stops: true)).run()
    var bytes = try FileBytes(path: latest).array
    let weights = try Checkpoint.weights(of: latest)["head.weight"]!.array(of: Float.self)
    let pattern = weights.withUnsafeBytes { Array($0) }
    let start = try #require(
      (0..<bytes.count - pattern.count).first { Array(bytes[$0..<$0 + pattern.count]) == pattern })
    bytes[start] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: latest))
    let earlier = folder.file("runs/half/checkpoints/iteration-00000002.h5")
    #expect {
      try trainer(make("half"), resume: true)
    } throws: {
      "\($0)".contains("/state/head.weight") && "\($0)".contains(latest) && "\($0)".contains("\(earlier) (iteration 2)")
    }
    try FileManager.default.removeItem(atPath: latest)
    try FileManager.default.copyItem(atPath: earlier, toPath: latest)
    let rest = try trainer(make("half"), resume: true)
    #expect(rest.iteration == 2)
    _ = try rest.run()
    #expect(rest.trainingMetrics.iterations == Array(1...6))
  }

  @Test func whatOthersChangedIsTakenAndToldAndWhatIsLeftOverIsRemoved() throws {
    _ = try trainer(make("half", stops: true)).run()
    // As other programs leave it: without what stands behind the HDF5 file.
    let bytes = try FileBytes(path: latest).array
    let content = bytes[(bytes.count - 24)...].prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    try Data(bytes[..<content]).write(to: URL(fileURLWithPath: latest))
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: latest + ".part"))
    let rest = try trainer(make("half"), resume: true)
    #expect(recorder.texts.contains { $0.hasPrefix("warning") && $0.contains("no checksums") })
    #expect(recorder.texts.contains { $0.contains("removed \(latest).part") })
    #expect(rest.iteration == 3)
    #expect(FileBytes.count(of: latest + ".part") == nil)
  }

  @Test func missingMeasurementsAreTold() throws {
    _ = try trainer(make("half", stops: true)).run()
    try FileManager.default.removeItem(atPath: folder.file("runs/half/results.h5"))
    let rest = try trainer(make("half"), resume: true)
    #expect(recorder.texts.contains { $0.contains("lacks what was measured up to iteration 3") })
    _ = try rest.run()
    #expect(rest.trainingMetrics.iterations == [4, 5, 6])
  }

  @Test func theRunFileNamesItsData() throws {
    _ = try trainer(make("half")).run()
    let data = try RunFile(contentsOf: folder.file("runs/half/results.h5")).data
    #expect(data["train"]?.names == (0..<10).map { "picture\($0)" })
    #expect(data["val"]?.names.count == 5 && data["val"]?.classes == ["red", "green", "blue"])
    var other = try #require(data["train"])
    let fingerprint = other.fingerprint
    #expect(fingerprint.count == 16)
    other.bytes[3] += 1
    #expect(other.fingerprint != fingerprint)
    other.bytes[3] -= 1
    other.names.swapAt(0, 1)
    #expect(other.fingerprint != fingerprint)
  }
}
