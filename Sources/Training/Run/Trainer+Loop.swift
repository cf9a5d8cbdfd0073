import Datasets
import Foundation
import Tensors

extension Trainer {
  /// Runs to the end, to a hook's `stop`, or to the user's wish; a checkpoint is written in each of these cases.
  /// - Throws: `RunError`, `.notSaved` if the last state is not safe, what recipe functions throw. The last good checkpoint stays then.
  public func run() throws -> Outcome {
    defer {
      settle()
      progress.finish()
    }
    do {
      return try loop()
    } catch is Interrupted {
      guard isConsistent else { throw RunError.stepAborted(iteration: iteration + 1, checkpoint: folder.latest) }
      try save(waiting: true)
      progress.console.line("stopped after iteration \(iteration), saved \(folder.latest)")
      return .interrupted
    }
  }

  private func loop() throws -> Outcome {
    try experiment.hooks.onStart?(self)
    if isValidationDue { try validate() }
    let loader = try experiment.training.loader(
      batch: experiment.batch, seed: experiment.seed, start: iteration * experiment.accumulate)
    defer { loader.stop() }
    epoch = loader.epoch
    if arePseudoLabelsDue { try savePseudoLabels() }
    while iteration < total, stopReason == nil {
      try advance(loader)
      try Interruption.check()
      if isValidationDue { try validate() } else if isSaveDue { try save() }
      if arePseudoLabelsDue { try savePseudoLabels() }
    }
    if validatedIteration != iteration, experiment.validation != nil { try validate(isLast: true) }
    settle()
    if savedIteration != iteration { try save(waiting: true) }
    if unlabelledBatches > 0 {
      progress.console.line("\(unlabelledBatches) batches had no labelled pixel and contributed nothing")
    }
    if !loader.skipped.isEmpty {
      progress.console.line("replaced, since unreadable: " + loader.skipped.joined(separator: ", "))
    }
    try experiment.hooks.onEnd?(self)
    return stopReason.map { .stopped(reason: $0) } ?? .finished
  }

  /// One iteration: load, step, report.
  private func advance(_ loader: Loader) throws {
    progress.enter(.training)
    let start = ContinuousClock.now
    let batches = try Profile.phase("loading") { try (0..<experiment.accumulate).map { _ in try loader.next() } }
    isConsistent = false
    let outcome = try step(batches, iteration: iteration)
    iteration += 1
    epoch = loader.epoch
    isConsistent = true
    unlabelledBatches += batches.count { !$0.hasLabels }
    if !outcome.hasGradient, !hasWarnedOfConstantLoss, batches.contains(where: \.hasLabels) {
      hasWarnedOfConstantLoss = true
      progress.console.line(
        "warning: iteration \(iteration): no weight takes part in the loss, so nothing is learnt from it; "
          + "make the loss of what the network gives, without detach")
    }
    (batch, output, loss) = (outcome.batch, outcome.output, outcome.report.loss)
    if let onStep = experiment.hooks.onStep { try Profile.phase("on_step") { try onStep(self) } }
    (batch, output) = (nil, nil)
    var report = outcome.report
    report.parts += takeLogged()
    note(report, images: batches.reduce(0) { $0 + $1.names.count }, seconds: (ContinuousClock.now - start).inSeconds)
  }

  /// Takes a finished step into metrics, progress line and log.
  private func note(_ report: StepReport, images: Int, seconds: Double) {
    let own = ["loss": report.loss, "learning_rate": report.learningRate, "seconds": seconds]
    trainingMetrics.append(
      iteration: report.iteration, own.merging(report.parts.map { ($0.name, $0.value) }) { own, _ in own })
    let left = experiment.validateEvery.map { (total - 1) / $0 - iteration / $0 + 1 } ?? 1
    progress.report(report, images: images, seconds: seconds, validationsLeft: max(0, left))
    sinceLastLine.append(report)
    if iteration % experiment.logEvery == 0 || iteration == total {
      if !progress.console.isTerminal, let average = StepReport.average(sinceLastLine) { progress.plainLine(average) }
      sinceLastLine = []
    }
  }

  /// What was logged since the last time.
  func takeLogged() -> [(name: String, value: Double)] {
    defer { logged = [] }
    return logged
  }

  /// At the start if wanted, then every so many iterations; the one at the end is `loop`'s.
  private var isValidationDue: Bool {
    guard experiment.validation != nil, validatedIteration != iteration, iteration < total else { return false }
    if iteration == 0 { return experiment.validateAtStart }
    return experiment.validateEvery.map { iteration % $0 == 0 } ?? false
  }

  private var isSaveDue: Bool {
    if shelf.isMilestone(iteration) { return true }
    return switch experiment.saveEvery {
    case .iterations(let count): iteration % count == 0
    case .seconds(let seconds): (ContinuousClock.now - lastSave).inSeconds >= seconds
    }
  }
}
