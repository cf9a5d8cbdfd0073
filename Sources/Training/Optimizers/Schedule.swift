import Foundation

/// How the learning rate changes over a run: a factor on every group's learning rate, set before each step.
public struct Schedule {
  /// What it is called in a recipe, with its numbers.
  public let name: String
  private let rule: (Int, Int) throws -> Double

  /// Any pure function from (iterations done, iterations of the whole run) to a factor.
  public init(_ name: String = "function", _ rule: @escaping (_ iteration: Int, _ total: Int) throws -> Double) {
    (self.name, self.rule) = (name, rule)
  }

  /// The factor for the step after `iteration` iterations are done: 0 for the first step, `total - 1` for the last.
  /// - Throws: `TrainingError.schedule` for a factor that is negative or no number; what a custom function throws.
  public func factor(iteration: Int, total: Int) throws -> Double {
    let factor = try rule(iteration, total)
    guard factor.isFinite, factor >= 0 else {
      throw TrainingError.schedule(name: name, iteration: iteration, factor: factor)
    }
    return factor
  }

  /// (1 - t / total) ^ power: the published policy, with power 0.9.
  public static func poly(power: Double = 0.9) -> Schedule {
    Schedule("poly(power \(power))") { iteration, total in
      pow(1 - Double(iteration) / Double(max(1, total)), power)
    }
  }

  /// The same learning rate throughout.
  public static var constant: Schedule { Schedule("constant") { _, _ in 1 } }

  /// Multiplied by `factor` every `every` iterations.
  public static func step(every: Int, factor: Double = 0.1) -> Schedule {
    Schedule("step(every \(every), factor \(factor))") { iteration, _ in
      pow(factor, Double(iteration / max(1, every)))
    }
  }

  /// Half a cosine from 1 down to `minimum`, reached at the end of the run.
  public static func cosine(minimum: Double = 0) -> Schedule {
    Schedule("cosine(minimum \(minimum))") { iteration, total in
      minimum + (1 - minimum) * 0.5 * (1 + cos(Double.pi * Double(iteration) / Double(max(1, total))))
    }
  }

  /// `inner`, with its factor growing in equal parts to its full value over the first `count` iterations.
  public static func warmup(_ count: Int, _ inner: Schedule) -> Schedule {
    Schedule("warmup(\(count), \(inner.name))") { iteration, total in
      let factor = try inner.factor(iteration: iteration, total: total)
      return iteration < count ? factor * Double(iteration + 1) / Double(count) : factor
    }
  }
}
