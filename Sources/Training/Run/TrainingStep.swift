import Autograd
import Datasets
import Networks
import Tensors

/// One optimiser step: forward, loss, backward, update. The trainer runs it for real, a plan also as a dry run.
struct TrainingStep {
  let network: SegmentationNetwork
  let parameters: [NamedParameter]
  let optimizer: any Optimizer
  let average: WeightAverage?
  let loss: GroupedLoss
  let schedule: Schedule
  let clipGradientNorm: Double?
  let storage: ActivationStorage
  let total: Int
  let seed: UInt64
  /// Whether the last batch and output stay after the step, for a hook to look at.
  let keepsOutput: Bool

  init(_ experiment: Experiment, network: SegmentationNetwork, optimizer: any Optimizer, average: WeightAverage?) {
    (self.network, self.optimizer, self.average) = (network, optimizer, average)
    parameters = optimizer.groups.flatMap(\.parameters)
    loss = GroupedLoss(function: experiment.loss, groups: experiment.lossGroups)
    (schedule, clipGradientNorm) = (experiment.schedule, experiment.clipGradientNorm)
    (total, seed, storage) = (experiment.iterations, experiment.seed, experiment.storage)
    keepsOutput = experiment.hooks.onStep != nil
  }

  /// What a step amounted to.
  struct Outcome {
    var report: StepReport
    var batch: Batch?
    var output: NetworkOutput?
    /// Whether the loss of some batch depended on a parameter.
    var hasGradient = false
  }

  /// Runs the step on `batches` (more than one accumulate), with `iteration` steps done before.
  ///
  /// Weights change only if every loss is finite. With one batch and no clipping each parameter is updated as soon as its gradient
  /// is there; if the step then ends early, some parameters have changed and others have not. One request to stop is tolerated, so that the step is finished.
  /// - Throws: `RunError.lossNotFinite`; what the loss function throws; `Interrupted` at the second request.
  func callAsFunction(_ batches: [Batch], iteration: Int) throws -> Outcome {
    let factor = try schedule.factor(iteration: iteration, total: total)
    let rate = (optimizer.learningRates.first ?? 0) * factor
    return try Interruption.tolerating(1) {
      clearGradients()
      defer { clearGradients() }
      network.isTraining = true
      // What dropout drops is a function of the seed and the iteration.
      network.randomness = .init(seed: seed, iteration: iteration)
      var reports: [StepReport] = []
      var last: (batch: Batch, output: NetworkOutput)?
      var hasGradient = false
      // Nobody needs to see all gradients at once.
      let updatesEarly = batches.count == 1 && clipGradientNorm == nil
      for batch in batches {
        last = nil
        let output = try Profile.phase("forward") { try recording { try network(Variable(batch.image)) } }
        let value = try Profile.phase("loss") {
          try recording { try loss(output, batch, iteration: iteration, total: total) }
        }
        let report = StepReport(
          iteration: iteration + 1, loss: number(value.total),
          parts: value.parts.map { ($0.name, number($0.value)) }, learningRate: rate)
        try checkFinite(report, batch)
        reports.append(report)
        // A loss that depends on no parameter (nothing was labelled) has no gradient.
        if value.total.requiresGradient {
          hasGradient = true
          try Profile.phase("backward") {
            try value.total.backward(
              Tensor(filling: value.total.shape, with: 1 / Double(batches.count), value.total.type),
              complete: updatesEarly
                ? { leaf in try Profile.phase("optimizer") { try optimizer.update(leaf, factor: factor) } } : nil)
          }
        }
        if keepsOutput { last = (batch, output) }
      }
      try Profile.phase("optimizer") { try update(factor: factor) }
      return Outcome(
        report: StepReport.average(reports)!, batch: last?.batch, output: last?.output, hasGradient: hasGradient)
    }
  }

  private func recording<R>(_ body: () throws -> R) rethrows -> R {
    try Tape.$storage.withValue(storage, operation: body)
  }

  private func update(factor: Double) throws {
    var scale = 1.0
    if let limit = clipGradientNorm {
      scale = GradientNorm.scale(norm: try GradientNorm.total(parameters), limit: limit)
    }
    try optimizer.step(factor: factor, gradientScale: scale)
    try average?.update()
  }

  private func clearGradients() {
    for parameter in parameters { parameter.variable.gradient = nil }
  }

  /// A single number's value; 0 where nothing was computed.
  private func number(_ variable: Variable) -> Double { Kernel.isDry ? 0 : variable.value.item }

  private func checkFinite(_ report: StepReport, _ batch: Batch) throws {
    if report.loss.isFinite { return }
    throw RunError.lossNotFinite(
      iteration: report.iteration, loss: report.loss,
      parts: report.parts.map { "\($0.name) \(ProgressText.number($0.value))" }, learningRate: report.learningRate,
      images: batch.names)
  }
}
