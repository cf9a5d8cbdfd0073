import Foundation
import Storage
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

/// What a run leaves on the disk, and what becomes of it where the disk doesn't do.
@Suite(.serialized) struct SavingTests {
  private let folder: TemporaryFolder
  private let recorder = Recorder()

  init() throws { folder = try TemporaryFolder() }

  private func trainer(_ experiment: Experiment, _ change: (inout RunOptions) -> Void = { _ in }) throws -> Trainer {
    var options = RunOptions(out: folder.path)
    change(&options)
    return try Trainer(experiment, options, console: recorder.console(isTerminal: false))
  }

  /// Runs to the end with so much memory to be had.
  @discardableResult private func run(_ experiment: Experiment, availableMemory: Int) throws -> Trainer {
    let trainer = try trainer(experiment) { $0.availableMemory = { availableMemory } }
    #expect(try trainer.run() == .finished)
    return trainer
  }

  private func experiment(_ name: String, iterations: Int = 10) -> Experiment {
    let experiment = PixelExperiment.make(name, iterations: iterations)
    (experiment.saveEvery, experiment.validateEvery) = (.iterations(1), 4)
    return experiment
  }

  private func latest(_ name: String) -> String { folder.file("runs/\(name)/checkpoints/latest.h5") }

  private func bits(_ path: String) throws -> [String: [UInt32]] {
    let checkpoint = try Checkpoint(contentsOf: path)
    var all = checkpoint.state
    for (slot, tensors) in checkpoint.optimizer { for (name, tensor) in tensors { all["\(slot)/\(name)"] = tensor } }
    return all.mapValues { $0.array(of: Float.self).map(\.bitPattern) }
  }

  private func checkpoints(_ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file("runs/\(name)/checkpoints")).sorted()
  }

  @Test func theLastOnesAndMilestonesStay() throws {
    let experiment = experiment("keep")
    (experiment.keep, experiment.milestoneEvery) = (3, 4)
    _ = try trainer(experiment).run()
    let files = ["best.h5", "iteration-00000008.h5", "iteration-00000009.h5", "latest.h5"]
    let milestones = ["milestone-00000004.h5", "milestone-00000008.h5"]
    #expect(try checkpoints("keep") == files + milestones)
    for name in files.dropFirst() + milestones {
      let expected = Int(name.dropFirst(10).dropLast(3)) ?? 10
      let path = folder.file("runs/keep/checkpoints/\(name)")
      #expect(try Checkpoint(contentsOf: path).progress["iteration"] == .integer(expected), "\(name)")
    }
    #expect(throws: TrainingError.self) {
      experiment.keep = 0
      _ = try trainer(experiment)
    }
  }

  @Test func trainingGoesOnWhileBytesAreWritten() throws {
    let steps = Atomic(0)
    let waited = Atomic(false)
    let experiment = PixelExperiment.make("background", iterations: 30)
    (experiment.validation, experiment.saveEvery) = (nil, .iterations(20))
    experiment.hooks.onStep = { _ in steps.wrappingAdd(1, ordering: .relaxed) }
    // The first flush takes until five more steps were made.
    @Sendable func faults(_ call: FileSystem.Call) -> FileSystem.Fault? {
      guard call == .flush, !waited.exchange(true, ordering: .relaxed) else { return nil }
      let start = Date()
      while steps.load(ordering: .relaxed) < 25 && Date().timeIntervalSince(start) < 20 { usleep(1000) }
      return steps.load(ordering: .relaxed) < 25 ? .error(EIO) : nil
    }
    _ = try FileSystem.with(faults) { try run(experiment, availableMemory: .max) }
    #expect(!recorder.texts.joined().contains("warning"))
    #expect(try Checkpoint.progress(of: latest("background"))["iteration"] == .integer(30))
  }

  @Test func withoutMemoryForACopyItWaitsAndNoBitChanges() throws {
    for (name, available) in [("short", 0), ("ample", Int.max)] {
      let threads = Mutex<Set<Bool>>([])
      let own = pthread_self()
      @Sendable func faults(_: FileSystem.Call) -> FileSystem.Fault? {
        threads.withLock { _ = $0.insert(pthread_self() == own) }
        return nil
      }
      _ = try FileSystem.with(faults) { try run(experiment(name), availableMemory: available) }
      // The last save waits in either case.
      #expect(threads.withLock { $0 } == (available == 0 ? [true] : [true, false]))
    }
    #expect(try bits(latest("short")) == bits(latest("ample")))
  }

  @Test func aFullDiskIsToldAndTheNextSaveTriesAgain() throws {
    let isFull = Atomic(false)
    let experiment = experiment("full")
    experiment.hooks.onStep = { run in isFull.store((3...6).contains(run.iteration), ordering: .relaxed) }
    @Sendable func faults(_ call: FileSystem.Call) -> FileSystem.Fault? {
      call == .write && isFull.load(ordering: .relaxed) ? .error(ENOSPC) : nil
    }
    _ = try FileSystem.with(faults) { try run(experiment, availableMemory: 0) }
    let text = recorder.texts.joined()
    for iteration in 3...6 {
      #expect(text.contains("warning: \(latest("full")): iteration \(iteration) was not saved"))
    }
    #expect(text.contains("No space left on device") && text.contains("this file still holds iteration 2"))
    _ = try trainer(self.experiment("whole")).run()
    #expect(try bits(latest("full")) == bits(latest("whole")))
    // The validation at iteration 4 could not be saved: what is best is what lies in best.h5.
    let best = try Checkpoint(contentsOf: folder.file("runs/full/checkpoints/best.h5")).progress
    #expect(best["iteration"] == .integer(8) || best["iteration"] == .integer(10))
    #expect(try Checkpoint.progress(of: latest("full"))["best"] == best["best"])
  }

  @Test func aRunWhoseLastStateIsNotSafeFails() throws {
    let experiment = experiment("lost")
    let isFull = Atomic(false)
    experiment.hooks.onStep = { run in isFull.store(run.iteration > 5, ordering: .relaxed) }
    @Sendable func faults(_: FileSystem.Call) -> FileSystem.Fault? {
      isFull.load(ordering: .relaxed) ? .error(ENOSPC) : nil
    }
    #expect {
      _ = try FileSystem.with(faults) { try run(experiment, availableMemory: 0) }
    } throws: {
      "\($0)".contains("iteration 10 was not saved") && "\($0)".contains("this file still holds iteration 5")
    }
    let rest = try trainer(self.experiment("lost")) { $0.resume = true }
    #expect(rest.iteration == 5)
    #expect(try rest.run() == .finished)
    _ = try trainer(self.experiment("whole")).run()
    #expect(try bits(latest("lost")) == bits(latest("whole")))
    #expect(rest.trainingMetrics.iterations == Array(1...10))
    #expect(try RunFile(contentsOf: folder.file("runs/lost/results.h5")).history == ["resumed after iteration 5"])
  }

  /// The disk fails for good at any call, as if the process had been killed there: the rest of the run ends in the same bits.
  @Test func whereverARunIsCutOffItResumesToTheSameBits() throws {
    func make(_ name: String) -> Experiment {
      let experiment = experiment(name, iterations: 4)
      (experiment.keep, experiment.milestoneEvery, experiment.validateEvery) = (2, 2, 3)
      return experiment
    }
    let total = Atomic(0)
    @Sendable func count(_: FileSystem.Call) -> FileSystem.Fault? {
      total.wrappingAdd(1, ordering: .relaxed)
      return nil
    }
    let whole = try FileSystem.with(count) { try run(make("whole"), availableMemory: 0) }
    let expected = try bits(latest("whole"))
    let calls = total.load(ordering: .relaxed)
    #expect(calls > 80)
    for last in stride(from: 5, to: calls, by: 7) {
      let name = "cut\(last)"
      let done = Atomic(0)
      @Sendable func faults(_: FileSystem.Call) -> FileSystem.Fault? {
        done.wrappingAdd(1, ordering: .relaxed).newValue > last ? .error(EIO) : nil
      }
      _ = try? FileSystem.with(faults) { try run(make(name), availableMemory: 0) }
      if FileBytes.count(of: latest(name)) == nil { continue }
      let rest = try trainer(make(name)) { $0.resume = true }
      #expect(try rest.run() == .finished)
      #expect(try bits(latest(name)) == expected, "cut off after \(last) calls")
      #expect(rest.trainingMetrics.iterations == [1, 2, 3, 4])
      #expect(rest.trainingMetrics.columns["loss"] == whole.trainingMetrics.columns["loss"])
      #expect(rest.validationMetrics.columns["miou"] == whole.validationMetrics.columns["miou"])
      #expect(rest.best == whole.best)
      #expect(try checkpoints(name) == checkpoints("whole"), "cut off after \(last) calls")
    }
  }

  @Test func manySavesTakeNoMemoryAndTheSizesArePredicted() throws {
    let experiment = PixelExperiment.make("many", iterations: 600)
    (experiment.saveEvery, experiment.validation) = (.iterations(2), nil)
    var (resident, sizes) = ([Int](), Set<Int>())
    let checkpoint = latest("many")
    experiment.hooks.onStep = { run in
      if run.iteration % 100 == 50 {
        resident.append(MachineMemory.resident)
        sizes.insert(FileBytes.count(of: checkpoint) ?? 0)
      }
    }
    _ = try trainer(experiment).run()
    #expect(sizes.count == 1)
    #expect(resident.last! - resident[1] < 16 << 20, "\(resident)")
    // Five columns of eight bytes and the iterations, before compression.
    #expect(try #require(FileBytes.count(of: folder.file("runs/many/results.h5"))) < 600 * 6 * 8 + 40_000)
  }
}
