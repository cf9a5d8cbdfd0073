import Foundation
import Synchronization
import Tensors

/// Tells how far a run is: a line redrawn twice a second on a terminal, plain lines every so many iterations elsewhere.
///
/// The redrawing thread only reads what the run has reported, so the line moves during long steps as well.
public final class Progress: Sendable {
  /// What the run is busy with.
  public enum Phase: Sendable, Equatable {
    case loading(String)
    case training
    case validating(done: Int, total: Int)
    case predicting(done: Int, total: Int)
    case saving
  }

  struct State: Sendable {
    var phase = Phase.loading("starting")
    var phaseStart = ContinuousClock.now
    var iteration = 0
    var total = 0
    var step: StepReport?
    var stepStart = ContinuousClock.now
    /// Moving average over about the last twenty iterations.
    var secondsPerIteration: Double?
    var imagesPerSecond = 0.0
    var secondsPerValidation: Double?
    var validationsLeft = 0
    var hasAnnouncedStop = false
    var isFinished = false
  }

  private let state: Mutex<State>
  public let console: Console

  /// - Parameter total: iterations of the whole run.
  public init(console: Console, total: Int, iteration: Int = 0) {
    self.console = console
    var initial = State()
    (initial.total, initial.iteration) = (total, iteration)
    state = Mutex(initial)
    let thread = Thread { [weak self] in
      while let self, self.tick() { Thread.sleep(forTimeInterval: 0.5) }
    }
    thread.name = "progress"
    thread.start()
  }

  deinit { state.withLock { $0.isFinished = true } }

  /// Ends redrawing and removes the redrawn line, or leaves in its place how the training ended.
  public func finish() {
    let summary = state.withLock { state in
      state.isFinished = true
      return ProgressText.training(state, stepSeconds: 0)
    }
    console.end(summary)
  }

  /// Says what the run does from now on.
  public func enter(_ phase: Phase) {
    state.withLock { state in
      switch (state.phase, phase) {
      case (.validating, .validating), (.predicting, .predicting): break
      default: state.phaseStart = .now
      }
      state.phase = phase
      state.stepStart = .now
    }
    _ = tick()
  }

  /// Takes note of a finished step of `images` images that took `seconds`, loading included.
  public func report(_ step: StepReport, images: Int, seconds: Double, validationsLeft: Int) {
    state.withLock { state in
      (state.iteration, state.step, state.validationsLeft) = (step.iteration, step, validationsLeft)
      let old = state.secondsPerIteration ?? seconds
      state.secondsPerIteration = old + (seconds - old) * 0.1
      state.imagesPerSecond = Double(images) / max(1e-9, state.secondsPerIteration ?? seconds)
      state.stepStart = .now
    }
  }

  /// Takes note of how long a whole validation took.
  public func reportValidation(seconds: Double) { state.withLock { $0.secondsPerValidation = seconds } }

  /// The line for a log, with averages over the steps since the last one.
  public func plainLine(_ averages: StepReport) {
    let text = state.withLock { state in
      var copy = state
      copy.step = averages
      return ProgressText.training(copy, stepSeconds: 0)
    }
    console.line(text)
  }

  /// Redraws; false when there is nothing more to draw.
  private func tick() -> Bool {
    // Drawn before anyone can end it, or it would come back.
    state.withLock { state in
      if state.isFinished { return false }
      if Interruption.isPending && !state.hasAnnouncedStop && state.phase == .training {
        state.hasAnnouncedStop = true
        console.line("stopping: this step is finished first, then a checkpoint is saved")
      }
      console.redraw(ProgressText.line(state, now: .now))
      return true
    }
  }
}

/// What one training step, or the average of several, amounted to.
public struct StepReport: Sendable, Equatable {
  /// Iterations done, this one included.
  public var iteration: Int
  public var loss: Double
  /// Named parts of the loss and logged values, in the order they came.
  public var parts: [(name: String, value: Double)]
  /// Of the first group.
  public var learningRate: Double

  public init(iteration: Int, loss: Double, parts: [(name: String, value: Double)], learningRate: Double) {
    (self.iteration, self.loss, self.parts, self.learningRate) = (iteration, loss, parts, learningRate)
  }

  public static func == (a: StepReport, b: StepReport) -> Bool {
    a.iteration == b.iteration && a.loss == b.loss && a.learningRate == b.learningRate
      && a.parts.map(\.name) == b.parts.map(\.name) && a.parts.map(\.value) == b.parts.map(\.value)
  }

  /// The average of several steps; parts that not every step has are averaged over those that have them.
  public static func average(_ steps: [StepReport]) -> StepReport? {
    guard let last = steps.last else { return nil }
    var names: [String] = []
    var values: [String: [Double]] = [:]
    for part in steps.flatMap(\.parts) {
      if values[part.name] == nil { names.append(part.name) }
      values[part.name, default: []].append(part.value)
    }
    return StepReport(
      iteration: last.iteration, loss: steps.map(\.loss).reduce(0, +) / Double(steps.count),
      parts: names.map { name in (name, values[name]!.reduce(0, +) / Double(values[name]!.count)) },
      learningRate: last.learningRate)
  }
}
