import Autograd
import Tensors

/// A tensor that training changes, and its key in the state dict.
public struct NamedParameter {
  public let name: String
  public let variable: Variable

  public init(name: String, variable: Variable) { (self.name, self.variable) = (name, variable) }
}

/// Which parameters a group takes and how they are treated.
public struct ParameterRule {
  /// The pattern as the user wrote it.
  public let pattern: String
  /// Factor on the optimiser's learning rate.
  public let learningRate: Double
  /// Weight decay of this group instead of the optimiser's.
  public let weightDecay: Double?
  let matches: (String) throws -> Bool

  /// A rule that takes the names for which `matches` says so (a host language's own patterns).
  public init(
    pattern: String, learningRate: Double = 1, weightDecay: Double? = nil,
    matches: @escaping (String) throws -> Bool
  ) {
    (self.pattern, self.learningRate, self.weightDecay, self.matches) = (pattern, learningRate, weightDecay, matches)
  }

  /// A rule with a regular expression, found anywhere in the name.
  /// - Throws: `TrainingError.pattern` where it can't be understood.
  public init(regex pattern: String, learningRate: Double = 1, weightDecay: Double? = nil) throws {
    guard (try? Regex(pattern)) != nil else { throw TrainingError.pattern(pattern) }
    self.init(pattern: pattern, learningRate: learningRate, weightDecay: weightDecay) { name in
      try Regex(pattern).firstMatch(in: name) != nil
    }
  }

  /// Takes every parameter.
  public static var all: ParameterRule { ParameterRule(pattern: ".") { _ in true } }
}

/// Parameters that are treated alike.
public struct ParameterGroup {
  public let rule: ParameterRule
  public internal(set) var parameters: [NamedParameter]

  /// Sorts parameters into groups: the first rule that matches a name takes it, and every name must be taken.
  /// - Throws: `TrainingError.unmatchedParameter` with the first name that no rule takes.
  public static func sorted(_ parameters: [NamedParameter], by rules: [ParameterRule]) throws -> [ParameterGroup] {
    var groups = (rules.isEmpty ? [.all] : rules).map { ParameterGroup(rule: $0, parameters: []) }
    for parameter in parameters {
      guard let index = try groups.firstIndex(where: { try $0.rule.matches(parameter.name) }) else {
        throw TrainingError.unmatchedParameter(name: parameter.name, patterns: rules.map(\.pattern))
      }
      groups[index].parameters.append(parameter)
    }
    return groups
  }

  /// One line for the start of a run: how many parameters, how they are treated, and the first and last of them.
  public func summary(baseLearningRate: Double, weightDecay: Double) -> String {
    let numbers = parameters.reduce(0) { $0 + $1.variable.value.count }
    let treated =
      "learning rate \(baseLearningRate * rule.learningRate), weight decay \(rule.weightDecay ?? weightDecay)"
    guard let first = parameters.first?.name, let last = parameters.last?.name else {
      return "group '\(rule.pattern)': no parameters, \(treated)"
    }
    let names = first == last ? first : "\(first) … \(last)"
    return "group '\(rule.pattern)': \(parameters.count) parameters, \(numbers) numbers, \(treated) (\(names))"
  }
}
