import Foundation

/// The words of the progress line.
package enum ProgressText {
  static func line(_ state: Progress.State, now: ContinuousClock.Instant) -> String {
    let seconds = (now - state.phaseStart).inSeconds
    switch state.phase {
    case .loading(let what): return "\(what) … \(Int(seconds)) s"
    case .saving: return "saving … \(Int(seconds)) s"
    case .training: return training(state, stepSeconds: (now - state.stepStart).inSeconds)
    case .validating(let done, let total): return images("validate", done, total, seconds)
    case .predicting(let done, let total): return images("predict", done, total, seconds)
    }
  }

  private static func images(_ what: String, _ done: Int, _ total: Int, _ seconds: Double) -> String {
    let left = done > 0 ? "  left \(duration(seconds / Double(done) * Double(total - done)))" : ""
    return "\(what) \(done)/\(total) images  \(Int(seconds)) s\(left)"
  }

  /// How many images are done, how long it took and how long it will take.
  package static func images(_ what: String, _ done: Int, _ total: Int, since start: ContinuousClock.Instant) -> String
  {
    images(what, done, total, (ContinuousClock.now - start).inSeconds)
  }

  /// Iteration, loss and its parts, learning rate, speed and time left; in a step of over two seconds, how long it is on.
  static func training(_ state: Progress.State, stepSeconds: Double) -> String {
    var text = "train \(state.iteration)/\(state.total)"
    if let step = state.step {
      text += "  loss \(number(step.loss))"
      if !step.parts.isEmpty {
        text += " (" + step.parts.map { "\($0.name) \(number($0.value))" }.joined(separator: ", ") + ")"
      }
      text += "  lr \(number(step.learningRate))"
    }
    if let perIteration = state.secondsPerIteration {
      let validations = Double(state.validationsLeft) * (state.secondsPerValidation ?? 0)
      let left = perIteration * Double(state.total - state.iteration) + validations
      text += "  \(number(state.imagesPerSecond)) images/s  left \(duration(left))"
    }
    return stepSeconds >= 2 ? text + "  step \(Int(stepSeconds)) s" : text
  }

  /// Four significant digits.
  static func number(_ value: Double) -> String { value.isNaN ? "nan" : String(format: "%.4g", value) }

  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    let whole = Int(max(0, seconds).rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    case ..<172_800: return "\(whole / 3600) h \(whole % 3600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }
  }
}

extension Duration {
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
