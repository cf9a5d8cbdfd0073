import Autograd
import Tensors

/// Stochastic gradient descent with momentum, as PyTorch defines it (no dampening):
/// g ← gradient + wd·p;  v ← momentum·v + g (the first v is g);  p ← p − lr·v, or p − lr·(g + momentum·v) with Nesterov.
public final class SGD: Optimizer {
  /// The numbers of a recipe's `tel.optim.sgd`.
  public struct Settings {
    public var learningRate: Double
    public var momentum: Double
    /// On every parameter: batch norm's and biases too, as published.
    public var weightDecay: Double
    public var nesterov: Bool
    public var rules: [ParameterRule]

    public init(
      learningRate: Double, momentum: Double = 0, weightDecay: Double = 0, nesterov: Bool = false,
      rules: [ParameterRule] = []
    ) {
      (self.learningRate, self.momentum, self.weightDecay) = (learningRate, momentum, weightDecay)
      (self.nesterov, self.rules) = (nesterov, rules)
    }
  }

  public let settings: Settings
  public let groups: [ParameterGroup]
  private let index: ParameterIndex
  private var momenta: [String: Tensor] = [:]

  /// - Throws: `TrainingError` for parameters that no rule takes, or numbers that make no sense.
  public init(_ parameters: [NamedParameter], _ settings: Settings) throws {
    try TrainingError.check(settings.learningRate >= 0, "lr", settings.learningRate, "a number of at least 0")
    try TrainingError.check((0..<1).contains(settings.momentum), "momentum", settings.momentum, "within [0, 1)")
    try TrainingError.check(settings.weightDecay >= 0, "weight_decay", settings.weightDecay, "a number of at least 0")
    try TrainingError.check(
      !settings.nesterov || settings.momentum > 0, "momentum", settings.momentum, "above 0 with nesterov")
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
    try update(due.map { entry($0.parameter, $0.gradient, $0.rule, factor) }, scale: gradientScale)
  }

  public func update(_ variable: Variable, factor: Double) throws {
    guard let place = index[variable] else { return }
    let group = groups[place.group]
    let parameter = group.parameters[place.parameter]
    guard let gradient = try parameter.checkedGradient() else { return }
    variable.gradient = nil
    try update([entry(parameter, gradient, group.rule, factor)], scale: 1)
  }

  /// What an update needs of one parameter; remembers its momentum from now on.
  private func entry(
    _ parameter: NamedParameter, _ gradient: Tensor, _ rule: ParameterRule, _ factor: Double
  ) -> UpdateEntry {
    let isFirst = momenta[parameter.name] == nil
    var remembered: [Tensor] = []
    if settings.momentum > 0 {
      let momentum = momenta[parameter.name] ?? Tensor(uninitialized: gradient.shape)
      momenta[parameter.name] = momentum
      remembered = [momentum]
    }
    return UpdateEntry(
      value: parameter.variable.value, gradient: gradient, remembered: remembered,
      learningRate: Float(settings.learningRate * rule.learningRate * factor),
      weightDecay: Float(rule.weightDecay ?? settings.weightDecay), isFirst: isFirst)
  }

  private func update(_ entries: [UpdateEntry], scale: Double) throws {
    let (momentum, nesterov, scale) = (Float(settings.momentum), settings.nesterov, Float(scale))
    try UpdateEntry.update(entries) { entry, range in
      SGD.update(entry, range, momentum: momentum, nesterov: nesterov, scale: scale)
    }
  }

  private static func update(_ entry: UpdateEntry, _ range: Range<Int>, momentum: Float, nesterov: Bool, scale: Float) {
    let (rate, decay) = (entry.learningRate, entry.weightDecay)
    Tensor.withPointers(entry.value, entry.gradient, of: Float.self) { value, gradient in
      guard let memory = entry.remembered.first else {
        for i in range { value[i] -= rate * (gradient[i] * scale + decay * value[i]) }
        return
      }
      Tensor.withPointers(memory, of: Float.self) { velocity in
        if entry.isFirst { for i in range { velocity[i] = 0 } }
        if nesterov {
          for i in range {
            let g = gradient[i] * scale + decay * value[i]
            velocity[i] = momentum * velocity[i] + g
            value[i] -= rate * (g + momentum * velocity[i])
          }
        } else {
          for i in range {
            velocity[i] = momentum * velocity[i] + (gradient[i] * scale + decay * value[i])
            value[i] -= rate * velocity[i]
          }
        }
      }
    }
  }

  public var state: [String: [String: Tensor]] { ["momentum": momenta] }

  public func restore(_ state: [String: [String: Tensor]]) throws {
    let stored = try OptimizerState.checked(state, slots: ["momentum"], parameters: groups.flatMap(\.parameters))
    momenta = stored["momentum"] ?? [:]
  }
}
