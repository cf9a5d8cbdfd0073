import Foundation
import Storage

/// What a run will take: printed by `--plan` before anything is trained.
public struct TrainingPlan: Sendable {
  public let memory: MemoryForecast
  /// Bytes that can be had now.
  public let available: Int
  /// Seconds of one optimiser step with its loading, of one validation, and of the whole run.
  public let secondsPerIteration: Double
  public let secondsPerValidation: Double?
  public let validations: Int
  public let iterations: Int

  public var secondsOfRun: Double {
    secondsPerIteration * Double(iterations) + Double(validations) * (secondsPerValidation ?? 0)
  }

  /// The numbers for people.
  public var lines: [String] {
    var lines = [
      "predicted peak memory \(ByteText.of(memory.peak)) (training \(ByteText.of(memory.process + memory.training)), "
        + "validation \(ByteText.of(memory.process + memory.validation)), "
        + "saving \(ByteText.of(memory.process + memory.saving))); \(ByteText.of(available)) available",
      "while a checkpoint is written \(ByteText.of(memory.saving - memory.lasting)) more, where there is room",
      "time per iteration \(seconds(secondsPerIteration))",
    ]
    if let secondsPerValidation {
      lines.append("time per validation \(ProgressText.duration(secondsPerValidation)), \(validations) of them")
    }
    lines.append("time of the run \(ProgressText.duration(secondsOfRun)) for \(iterations) iterations")
    return lines
  }

  private func seconds(_ value: Double) -> String { String(format: value < 10 ? "%.3f s" : "%.1f s", value) }
}
