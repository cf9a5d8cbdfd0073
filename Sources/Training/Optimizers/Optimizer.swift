import Autograd
import Tensors

/// Changes parameters by their gradients. One object per run; it owns what it remembers of earlier steps.
public protocol Optimizer: AnyObject {
  /// The parameters in groups, and a line about each for the start of a run.
  var groups: [ParameterGroup] { get }
  var groupSummaries: [String] { get }
  /// The learning rate of each group when the schedule's factor is 1.
  var learningRates: [Double] { get }

  /// Changes every parameter that has a gradient, in place; parameters without one stay as they are.
  /// All of them or, for a gradient of the wrong type, none: a request to stop waits until it is done.
  /// - Parameters:
  ///   - factor: the schedule's factor on every group's learning rate.
  ///   - gradientScale: multiplies each gradient first (clipping).
  func step(factor: Double, gradientScale: Double) throws

  /// Changes one parameter by its gradient, as `step` would, and gives the gradient up; nothing for a variable that is none of
  /// its parameters or has no gradient. So a step can be done while gradients arrive, and they need no memory.
  func update(_ variable: Variable, factor: Double) throws

  /// What it remembers, by slot ("momentum") and parameter, as it is stored below `/optimizer`. Tensors are shared.
  var state: [String: [String: Tensor]] { get }
  /// Takes over a stored state (copied), replacing what it remembers.
  /// - Throws: `TrainingError.optimizerState` for a name or a shape that doesn't belong to these parameters.
  func restore(_ state: [String: [String: Tensor]]) throws
}

/// Which optimiser, as a recipe says it; becomes an `Optimizer` when the parameters are known.
public enum OptimizerSettings {
  case sgd(SGD.Settings)
  case adamW(AdamW.Settings)

  /// The optimiser for these parameters.
  public func optimizer(for parameters: [NamedParameter]) throws -> any Optimizer {
    switch self {
    case .sgd(let settings): try SGD(parameters, settings)
    case .adamW(let settings): try AdamW(parameters, settings)
    }
  }
}

/// A stretch of one parameter: the unit of work of an update, so that threads share large and small parameters evenly.
struct UpdateChunk {
  let parameter: Int
  let range: Range<Int>

  /// Stretches of at most `size` elements over parameters of these sizes.
  static func covering(_ counts: [Int], size: Int = 1 << 16) -> [UpdateChunk] {
    counts.enumerated().flatMap { parameter, count in
      stride(from: 0, to: count, by: size).map { UpdateChunk(parameter: parameter, range: $0..<min($0 + size, count)) }
    }
  }
}

/// The memory of one update, laid out for kernels: parameter, gradient and up to two remembered tensors per entry.
struct UpdateEntry: @unchecked Sendable {
  let value: Tensor
  let gradient: Tensor
  let remembered: [Tensor]
  let learningRate: Float
  let weightDecay: Float
  /// Whether what is remembered is new in this step.
  let isFirst: Bool

  /// Calls `body` for stretches of all entries, on all threads, and never stops halfway.
  static func update(
    _ entries: [UpdateEntry], _ body: (UpdateEntry, Range<Int>) -> Void
  ) throws {
    let chunks = UpdateChunk.covering(entries.map(\.value.count))
    try Interruption.tolerating(.max) {
      try Kernel.parallel(chunks.count) { body(entries[chunks[$0].parameter], chunks[$0].range) }
    }
  }
}

/// Where each parameter is found by its variable.
struct ParameterIndex {
  private var places: [ObjectIdentifier: (group: Int, parameter: Int)] = [:]

  init(_ groups: [ParameterGroup]) {
    for (g, group) in groups.enumerated() {
      for (p, parameter) in group.parameters.enumerated() { places[ObjectIdentifier(parameter.variable)] = (g, p) }
    }
  }

  subscript(variable: Variable) -> (group: Int, parameter: Int)? { places[ObjectIdentifier(variable)] }
}

extension NamedParameter {
  /// The gradient ready for an update, or nil if there is none.
  /// - Throws: `TrainingError.parameterType` where value or gradient is not contiguous float32.
  func checkedGradient() throws -> Tensor? {
    guard let gradient = variable.gradient else { return nil }
    guard variable.type == .float32, gradient.type == .float32, variable.value.isContiguous else {
      throw TrainingError.parameterType(name: name, found: variable.type)
    }
    return gradient.contiguous()
  }
}
