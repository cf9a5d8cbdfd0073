import Autograd
import Datasets
import Networks
import Tensors

/// What a loss amounts to: the number that is differentiated, and the named parts that are logged.
public struct LossValue {
  /// A single number.
  public var total: Variable
  /// Single numbers, as they are logged (weights included).
  public var parts: [(name: String, value: Variable)]

  public init(total: Variable, parts: [(name: String, value: Variable)] = []) {
    (self.total, self.parts) = (total, parts)
  }
}

/// What a loss function knows of the run besides the network's output and the batch.
public struct LossContext {
  /// Iterations done before this step, and of the whole run.
  public let iteration: Int
  public let total: Int
  /// Which part of the batch this is, of how many.
  public let group: Int
  public let groups: Int
  /// Whether any pixel of the whole batch has a class.
  public let batchHasLabels: Bool

  public init(iteration: Int, total: Int, group: Int = 0, groups: Int = 1, batchHasLabels: Bool = true) {
    (self.iteration, self.total, self.group, self.groups) = (iteration, total, group, groups)
    self.batchHasLabels = batchHasLabels
  }
}

/// From a network's output and its batch (or an equal part of both) to a loss.
public typealias LossFunction = (NetworkOutput, Batch, LossContext) throws -> LossValue

/// The loss of a batch in groups, as the published trainer had it with one group per process:
/// each group is normalised by itself, then their losses are averaged.
public struct GroupedLoss {
  let function: LossFunction
  let groups: Int

  public init(function: @escaping LossFunction, groups: Int) { (self.function, self.groups) = (function, groups) }

  /// The loss of a batch; groups are as equal as they can be, and no more than there are images.
  /// - Throws: `RunError.lossShape`; what the function throws.
  public func callAsFunction(_ output: NetworkOutput, _ batch: Batch, iteration: Int, total: Int) throws -> LossValue {
    let images = batch.names.count
    let count = min(groups, images)
    let hasLabels = batch.hasLabels
    let values = try (0..<count).map { group in
      let range = images * group / count..<images * (group + 1) / count
      let context = LossContext(
        iteration: iteration, total: total, group: group, groups: count, batchHasLabels: hasLabels)
      let value =
        count == 1
        ? try function(output, batch, context)
        : try function(try output.part(range), try batch.part(range), context)
      guard value.total.value.count == 1, value.parts.allSatisfy({ $0.value.value.count == 1 }) else {
        throw RunError.lossShape(value.total.shape)
      }
      return value
    }
    if count == 1 { return values[0] }
    var names: [String] = []
    for part in values.flatMap(\.parts) where !names.contains(part.name) { names.append(part.name) }
    return LossValue(
      total: LossArithmetic.mean(values.map(\.total)),
      parts: names.map { name in
        let parts = values.flatMap(\.parts).filter { $0.name == name }
        return (name, LossArithmetic.mean(parts.map { $0.value.detached() }, of: count))
      })
  }
}

/// Sums of single numbers, differentiable.
enum LossArithmetic {
  /// The sum divided by `count` (by default how many there are).
  static func mean(_ values: [Variable], of count: Int? = nil) -> Variable {
    let share = 1 / Double(count ?? values.count)
    let result = Tensor(zeros: [], values[0].type)
    Kernel.run { result.fill(values.reduce(0) { $0 + $1.value.item } * share) }
    return Tape.record("mean", result, inputs: values) { gradient in
      values.map { value in
        let part = Tensor(uninitialized: value.shape, value.type)
        Kernel.run { part.fill(gradient.item * share) }
        return part
      }
    }
  }
}
