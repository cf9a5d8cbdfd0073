import Autograd
import Foundation
import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), in PyTorch's order:
/// p ← p·(1 − lr·wd);  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  p ← p − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).
public final class AdamW: Optimizer {
  /// The numbers of a recipe's `tel.optim.adamw`.
  public struct Settings {
    public var learningRate: Double
    public var betas: (Double, Double)
    public var epsilon: Double
    public var weightDecay: Double
    public var rules: [ParameterRule]

    public init(
      learningRate: Double, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
      weightDecay: Double = 0.01, rules: [ParameterRule] = []
    ) {
      (self.learningRate, self.betas, self.epsilon) = (learningRate, betas, epsilon)
      (self.weightDecay, self.rules) = (weightDecay, rules)
    }
  }

  public let settings: Settings
  public let groups: [ParameterGroup]
  private let index: ParameterIndex
  private var first: [String: Tensor] = [:]
  private var second: [String: Tensor] = [:]
  private var steps: [String: Int] = [:]

  /// - Throws: `TrainingError` for parameters that no rule takes, or numbers that make no sense.
  public init(_ parameters: [NamedParameter], _ settings: Settings) throws {
    try TrainingError.check(settings.learningRate >= 0, "lr", settings.learningRate, "a number of at least 0")
    try TrainingError.check((0..<1).contains(settings.betas.0), "betas[1]", settings.betas.0, "within [0, 1)")
    try TrainingError.check((0..<1).contains(settings.betas.1), "betas[2]", settings.betas.1, "within [0, 1)")
    try TrainingError.check(settings.epsilon > 0, "epsilon", settings.epsilon, "a number above 0")
    try TrainingError.check(settings.weightDecay >= 0, "weight_decay", settings.weightDecay, "a number of at least 0")
    self.settings = settings
    groups = try ParameterGroup.sorted(parameters, by: settings.rules)
    index = ParameterIndex(groups)
  }

  public var learningRates: [Double] { groups.map { settings.learningRate * $0.rule.learningRate } }

  public var groupSummaries: [String] {
    groups.map { $0.summary(baseLearningRate: settings.learningRate, weightDecay: settings.weightDecay) }
  }

  public func step(factor: Double, gradientScale: Double = 1) throws {
    let due = try groups.flatMap { group in
      try group.parameters.compactMap { parameter in
        try parameter.checkedGradient().map { (parameter: parameter, gradient: $0, rule: group.rule) }
      }
    }
    for (parameter, gradient, rule) in due { try update(parameter, gradient, rule, factor, scale: gradientScale) }
  }

  public func update(_ variable: Variable, factor: Double) throws {
    guard let place = index[variable] else { return }
    let group = groups[place.group]
    let parameter = group.parameters[place.parameter]
    guard let gradient = try parameter.checkedGradient() else { return }
    variable.gradient = nil
    try update(parameter, gradient, group.rule, factor, scale: 1)
  }

  private func update(
    _ parameter: NamedParameter, _ gradient: Tensor, _ rule: ParameterRule, _ factor: Double, scale: Double
  ) throws {
    let name = parameter.name
    let count = steps[name, default: 0] + 1
    let means = (first[name] ?? Tensor(zeros: gradient.shape), second[name] ?? Tensor(zeros: gradient.shape))
    (first[name], second[name], steps[name]) = (means.0, means.1, count)
    let rate = settings.learningRate * rule.learningRate * factor
    let entry = UpdateEntry(
      value: parameter.variable.value, gradient: gradient, remembered: [means.0, means.1],
      learningRate: Float(rate / (1 - pow(settings.betas.0, Double(count)))),
      weightDecay: Float(1 - rate * (rule.weightDecay ?? settings.weightDecay)), isFirst: count == 1)
    let correction = Float((1 - pow(settings.betas.1, Double(count))).squareRoot())
    try UpdateEntry.update([entry]) { [settings] entry, range in
      AdamW.update(entry, range, settings, correction: correction, scale: Float(scale))
    }
  }

  /// `entry.learningRate` holds lr/(1 − β₁ᵗ), `entry.weightDecay` the factor 1 − lr·wd.
  private static func update(
    _ entry: UpdateEntry, _ range: Range<Int>, _ settings: Settings, correction: Float, scale: Float
  ) {
    let (beta1, beta2, epsilon) = (Float(settings.betas.0), Float(settings.betas.1), Float(settings.epsilon))
    let (rate, keep) = (entry.learningRate, entry.weightDecay)
    Tensor.withPointers(entry.value, entry.gradient, entry.remembered[0], entry.remembered[1], of: Float.self) {
      value, gradient, mean, square in
      for i in range {
        let g = gradient[i] * scale
        mean[i] = beta1 * mean[i] + (1 - beta1) * g
        square[i] = beta2 * square[i] + (1 - beta2) * g * g
        value[i] = value[i] * keep - rate * mean[i] / (square[i].squareRoot() / correction + epsilon)
      }
    }
  }

  public var state: [String: [String: Tensor]] {
    ["mean": first, "square": second, "steps": steps.mapValues { Tensor([Int64($0)], shape: []) }]
  }

  public func restore(_ state: [String: [String: Tensor]]) throws {
    var tensors = state
    let counts = tensors.removeValue(forKey: "steps") ?? [:]
    let stored = try OptimizerState.checked(
      tensors, slots: ["mean", "square"], parameters: groups.flatMap(\.parameters))
    let (means, squares) = (stored["mean"] ?? [:], stored["square"] ?? [:])
    for name in Set(means.keys).union(squares.keys).union(counts.keys).sorted()
    where means[name] == nil || squares[name] == nil || counts[name]?.count != 1 {
      throw TrainingError.optimizerState(name: name, problem: "lacks its mean, square or count of steps")
    }
    (first, second, steps) = (means, squares, counts.mapValues { Int($0.item) })
  }
}
