import Tensors

/// What can go wrong in a training run because of a recipe, its data or its numbers.
public enum TrainingError: ExplainedError {
  /// A number of the recipe that makes no sense.
  case setting(name: String, found: String, expected: String)
  case pattern(String)
  case unmatchedParameter(name: String, patterns: [String])
  case parameterType(name: String, found: ElementType)
  case optimizerState(name: String, problem: String)
  case schedule(name: String, iteration: Int, factor: Double)

  static func check<T>(_ holds: Bool, _ name: String, _ found: T, _ expected: String) throws {
    if !holds { throw TrainingError.setting(name: name, found: "\(found)", expected: expected) }
  }

  public var explanation: Explanation {
    switch self {
    case .setting(let name, let found, let expected):
      Explanation("\(name) is \(found)", expected: expected)
    case .pattern(let pattern):
      Explanation("the pattern '\(pattern)' can't be understood", expected: "a regular expression")
    case .unmatchedParameter(let name, let patterns):
      Explanation(
        "no group takes the parameter '\(name)'",
        expected:
          "every parameter matched by one of the patterns \(patterns.map { "'\($0)'" }.joined(separator: ", "))",
        advice: "add a last group with match = \".\", which takes the rest")
    case .parameterType(let name, let found):
      Explanation(
        "the parameter '\(name)' is \(found.rawValue)", expected: "contiguous float32 with a float32 gradient")
    case .optimizerState(let name, let problem):
      Explanation(
        "the stored optimiser state '\(name)' \(problem)", expected: "the state of this network and optimiser",
        advice: "start from its weights alone, with --init-from")
    case .schedule(let name, let iteration, let factor):
      Explanation(
        "the schedule \(name) gives \(factor) at iteration \(iteration)", expected: "a number of at least 0")
    }
  }
}
