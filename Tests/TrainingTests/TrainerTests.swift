import Autograd
import Datasets
import Foundation
import Storage
import Tensors
import TestSupport
import Testing
import Training

@Suite(.serialized) struct TrainerTests {
  private let folder: TemporaryFolder
  private let recorder = Recorder()

  init() throws { folder = try TemporaryFolder() }

  private func trainer(_ experiment: Experiment, resume: Bool = false) throws -> Trainer {
    try Trainer(experiment, RunOptions(out: folder.path, resume: resume), console: recorder.console(isTerminal: false))
  }

  private func bits(_ path: String) throws -> [String: [UInt32]] {
    let checkpoint = try Checkpoint(contentsOf: path)
    var all = checkpoint.state
    for (slot, tensors) in checkpoint.optimizer { for (name, tensor) in tensors { all["\(slot)/\(name)"] = tensor } }
    for (name, tensor) in checkpoint.average { all["average/\(name)"] = tensor }
    return all.mapValues { $0.array(of: Float.self).map(\.bitPattern) }
  }

  @Test func trainingLowersTheLossAndLeavesItsFiles() throws {
    let experiment = PixelExperiment.make("learns", iterations: 60)
    (experiment.validateEvery, experiment.validateAtStart, experiment.logEvery) = (25, true, 20)
    let trainer = try trainer(experiment)
    #expect(try trainer.run() == .finished)
    let results = try RunFile(contentsOf: folder.file("runs/learns/results.h5"))
    let losses = try #require(results.metrics["train"]?.columns["loss"])
    #expect(losses.count == 60)
    #expect(losses.last! < 0.5 * losses.first!)
    #expect(results.metrics["train"]?.columns["squares"] == losses)
    // At the start, at 25 and 50, and once more at the end.
    #expect(results.metrics["val"]?.iterations == [0, 25, 50, 60])
    let scores = try #require(results.metrics["val"]?.columns["miou"])
    #expect(scores.last! > 0.9)
    #expect(results.metrics["val"]?.vectors["iou_per_class"]?.map(\.count) == [3, 3, 3, 3])
    let latest = try Checkpoint(contentsOf: folder.file("runs/learns/checkpoints/latest.h5"))
    #expect(latest.progress["iteration"] == .integer(60))
    #expect(latest.progress["best_miou"] == .double(scores.max()!))
    let best = try Checkpoint(contentsOf: folder.file("runs/learns/checkpoints/best.h5"))
    #expect(
      best.progress["iteration"] == .integer(results.metrics["val"]!.iterations[scores.firstIndex(of: scores.max()!)!]))
    let lines = recorder.texts.joined()
    #expect(lines.hasPrefix("run \(folder.path)/runs/learns\n"))
    // Every printed mIoU is followed by its protocol.
    let printed = lines.split(separator: "\n")
    for (index, line) in printed.enumerated() where line.contains("mIoU") {
      #expect(printed[index + 1].contains("protocol: 5 images"))
      #expect(printed[index + 1].contains("float32"))
    }
    #expect(printed.filter { $0.hasPrefix("train ") }.count == 3)
  }

  @Test func stoppingAndResumingChangesNoBit() throws {
    func experiment(_ name: String) -> Experiment {
      let experiment = PixelExperiment.make(name, iterations: 24)
      (experiment.validateEvery, experiment.averageDecay, experiment.accumulate) = (8, 0.9, 2)
      return experiment
    }
    _ = try trainer(experiment("whole")).run()
    let first = experiment("halves")
    first.hooks.onStep = { run in if run.iteration == 11 { run.stop(reason: "half way") } }
    #expect(try trainer(first).run() == .stopped(reason: "half way"))
    let second = try trainer(experiment("halves"), resume: true)
    #expect(second.iteration == 11)
    #expect(try second.run() == .finished)
    #expect(
      try bits(folder.file("runs/whole/checkpoints/latest.h5"))
        == bits(folder.file("runs/halves/checkpoints/latest.h5")))
    let whole = try RunFile(contentsOf: folder.file("runs/whole/results.h5"))
    let halves = try RunFile(contentsOf: folder.file("runs/halves/results.h5"))
    #expect(whole.metrics["train"]?.columns["loss"] == halves.metrics["train"]?.columns["loss"])
    #expect(whole.metrics["val"]?.columns["miou"]?.suffix(3) == halves.metrics["val"]?.columns["miou"]?.suffix(3))
  }

  @Test func whatFunctionsChangeIsSavedAndGivenBack() throws {
    final class Box { var count = 0 }
    func experiment(_ box: Box) -> Experiment {
      let experiment = PixelExperiment.make("state", iterations: 6)
      experiment.recipeState = Kept(
        save: { .integer(box.count) }, restore: { if case .integer(let n) = $0 { box.count = n } })
      experiment.randomState = Kept(
        save: { ["math.random": UInt64(box.count) << 40] },
        restore: { random in
          box.count += Int(random["math.random"] ?? 0) >> 40
        })
      experiment.hooks.onStep = { run in
        box.count += 1
        if run.iteration == 4 { run.stop(reason: "enough") }
      }
      return experiment
    }
    _ = try trainer(experiment(Box())).run()
    let box = Box()
    _ = try trainer(experiment(box), resume: true)
    #expect(box.count == 4)
  }

  @Test func theNumberOfLoaderThreadsChangesNoBit() throws {
    for threads in [1, 2] {
      let experiment = PixelExperiment.make("threads\(threads)", iterations: 8)
      experiment.training.threads = threads
      _ = try trainer(experiment).run()
    }
    #expect(
      try bits(folder.file("runs/threads1/checkpoints/latest.h5"))
        == bits(folder.file("runs/threads2/checkpoints/latest.h5")))
  }

  @Test func aLossThatIsNoNumberStopsTheRunAndKeepsTheLastCheckpoint() throws {
    let experiment = PixelExperiment.make("nan", iterations: 10)
    experiment.saveEvery = .iterations(2)
    let good = experiment.loss
    experiment.loss = { output, batch, context in
      var value = try good(output, batch, context)
      if context.iteration == 5 { value.total = try value.total.scaled(by: .nan) }
      return value
    }
    let trainer = try trainer(experiment)
    let error = #expect(throws: RunError.self) { try trainer.run() }
    guard case .lossNotFinite(let iteration, _, _, let rate, let images)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(iteration == 6)
    #expect(rate == 0.05 * (try Schedule.poly().factor(iteration: 5, total: 10)))
    #expect(images.count == 4 && images.allSatisfy { $0.hasPrefix("picture") })
    #expect(try Checkpoint.progress(of: folder.file("runs/nan/checkpoints/latest.h5"))["iteration"] == .integer(4))
    #expect(trainer.network.state().allSatisfy { $0.tensor.array(of: Float.self).allSatisfy(\.isFinite) })
  }

  @Test func aLossWithoutWeightsIsToldOnce() throws {
    let experiment = PixelExperiment.make("constant", iterations: 3)
    let good = experiment.loss
    experiment.loss = { output, batch, context in
      var value = try good(output, batch, context)
      value.total = Variable(value.total.value)
      return value
    }
    _ = try trainer(experiment).run()
    #expect(recorder.texts.count { $0.contains("no weight takes part in the loss") } == 1)
  }

  @Test func weightsThatAreNoNumbersAreNotSaved() throws {
    let experiment = PixelExperiment.make("inf", iterations: 4)
    experiment.saveEvery = .iterations(1)
    experiment.hooks.onStep = { run in if run.iteration == 3 { run.network.state()[1].tensor.fill(.infinity) } }
    let trainer = try trainer(experiment)
    let error = #expect(throws: RunError.self) { try trainer.run() }
    #expect(error?.description.contains("head.bias") == true)
    #expect(try Checkpoint.progress(of: folder.file("runs/inf/checkpoints/latest.h5"))["iteration"] == .integer(2))
  }

  @Test func batchesWithoutLabelsContributeNothingAndAreCounted() throws {
    let experiment = PixelExperiment.make("unlabelled", iterations: 3, unlabelled: Set(0..<10))
    experiment.validation = nil
    let trainer = try trainer(experiment)
    let before = trainer.network.state()[0].tensor.copy()
    #expect(try trainer.run() == .finished)
    #expect(trainer.unlabelledBatches == 3)
    #expect(trainer.network.state()[0].tensor.array(of: Float.self) == before.array(of: Float.self))
    #expect(trainer.trainingMetrics.columns["loss"] == [0, 0, 0])
    #expect(recorder.texts.joined().contains("3 batches had no labelled pixel"))
  }

  @Test func groupsAreNormalisedByThemselvesAndAveraged() throws {
    let batch = try PixelExperiment.batch()
    let network = PixelNetwork(classes: 3, seed: 2)
    let output = try network(Variable(batch.image))
    let value = try GroupedLoss(function: PixelExperiment.loss, groups: 2)(output, batch, iteration: 0, total: 1)
    var expected = 0.0
    for start in [0, 2] {
      let part = Batch(
        image: try batch.image.narrowed(0, start: start, count: 2),
        guide: try batch.guide.narrowed(0, start: start, count: 2),
        labels: try batch.labels.narrowed(0, start: start, count: 2), names: Array(batch.names[start..<start + 2]))
      let alone = try PixelExperiment.loss(
        try network(Variable(part.image)), part, LossContext(iteration: 0, total: 1))
      try alone.total.backward(Tensor(scalar: 0.5))
      expected += 0.5 * alone.total.value.item
    }
    let gradient = try #require(network.weight.gradient)
    network.weight.gradient = nil
    try value.total.backward()
    #expect(abs(value.total.value.item - expected) < 1e-6)
    #expect(abs(value.parts[0].value.value.item - expected) < 1e-6)
    expectClose(try #require(network.weight.gradient), gradient, absolute: 1e-6)
  }

  @Test func aTakenNameGetsANumberAndSaysSo() throws {
    for expected in ["twice", "twice-2", "twice-3"] {
      let trainer = try trainer(PixelExperiment.make("twice", iterations: 1))
      #expect(trainer.folder.name == expected)
      #expect(recorder.texts.last { $0.hasPrefix("run ") }?.contains(expected) == true)
    }
    #expect(throws: TrainingError.self) { try trainer(PixelExperiment.make("../up", iterations: 1)) }
    #expect(throws: RunError.self) { try trainer(PixelExperiment.make("never", iterations: 1), resume: true) }
    #expect(try folder.contents() == ["runs"])
  }

  @Test func aRunThatIsAtWorkCantBeResumed() throws {
    let experiment = PixelExperiment.make("busy", iterations: 2)
    var refusal: (any Error)?
    experiment.hooks.onEnd = { _ in
      do { _ = try trainer(experiment, resume: true) } catch { refusal = error }
    }
    _ = try trainer(experiment).run()
    #expect((refusal as? RunLockError) == .taken(folder: folder.file("runs/busy"), process: Int(getpid())))
    #expect(try trainer(experiment, resume: true).iteration == 2)
  }

  @Test func theFirstRequestToStopFinishesTheStepAndSaves() throws {
    let experiment = PixelExperiment.make("stopped", iterations: 9)
    let good = experiment.loss
    experiment.loss = { output, batch, context in
      if context.iteration == 3 { Interruption.request() }
      return try good(output, batch, context)
    }
    defer { Interruption.clear() }
    #expect(try trainer(experiment).run() == .interrupted)
    Interruption.clear()
    #expect(try Checkpoint.progress(of: folder.file("runs/stopped/checkpoints/latest.h5"))["iteration"] == .integer(4))
    experiment.loss = good
    let rest = try trainer(experiment, resume: true)
    #expect(try rest.run() == .finished)
    _ = try trainer(PixelExperiment.make("whole", iterations: 9)).run()
    #expect(
      try bits(folder.file("runs/whole/checkpoints/latest.h5"))
        == bits(folder.file("runs/stopped/checkpoints/latest.h5")))
  }

  @Test func aRequestWhileValidatingSavesAtOnceAndTheValidationIsMadeUpFor() throws {
    let experiment = PixelExperiment.make("validating", iterations: 6)
    experiment.validateEvery = 3
    experiment.evaluate = { _, _, _ in if !Interruption.isPending { Interruption.request() } }
    defer { Interruption.clear() }
    #expect(try trainer(experiment).run() == .interrupted)
    Interruption.clear()
    experiment.evaluate = { _, batch, score in score("images", Double(batch.names.count)) }
    let rest = try trainer(experiment, resume: true)
    #expect(rest.iteration == 3)
    _ = try rest.run()
    #expect(rest.validationMetrics.iterations == [3, 6])
    #expect(rest.validationMetrics.columns["images"] == [1, 1])
  }

  @Test func weightsOfAnotherNetworkAreRefusedByName() throws {
    let other = folder.file("other.h5")
    try Checkpoint(state: ["head.weight": Tensor(zeros: [2]), "tail": Tensor(zeros: [1])]).save(to: other)
    var options = RunOptions(out: folder.path)
    options.initialWeights = other
    let error = #expect(throws: (any Error).self) {
      try Trainer(PixelExperiment.make("init", iterations: 1), options, console: PixelExperiment.silent)
    }
    for name in ["head.weight", "head.bias", "tail"] { #expect("\(error!)".contains(name)) }
    #expect(try folder.contents() == ["other.h5"])
    // Its own weights are taken, and nothing else of the file.
    let own = try trainer(PixelExperiment.make("own", iterations: 3))
    _ = try own.run()
    options.initialWeights = own.folder.latest
    let fresh = try Trainer(PixelExperiment.make("fresh", iterations: 1), options, console: PixelExperiment.silent)
    #expect(fresh.iteration == 0)
    #expect(
      fresh.network.state()[0].tensor.array(of: Float.self) == own.network.state()[0].tensor.array(of: Float.self))
  }
}
