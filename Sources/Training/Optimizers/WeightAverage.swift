import Tensors

/// An exponential moving average of weights: a ← a + (1 − decay)·(p − a) after each step, so that what stays as it is
/// has exactly that average; integer entries are copied.
public final class WeightAverage {
  public let decay: Double
  /// The averaged state dict.
  public var state: [String: Tensor] { Dictionary(uniqueKeysWithValues: averages.map { ($0.name, $0.tensor) }) }
  private let averages: [(name: String, tensor: Tensor)]
  private let source: () -> [(name: String, tensor: Tensor)]

  /// Starts from the present weights.
  /// - Parameter source: shares storage with the network; asked for anew each time, since loading may give a parameter
  ///   other memory.
  public init(of source: @autoclosure @escaping () -> [(name: String, tensor: Tensor)], decay: Double) throws {
    try TrainingError.check((0..<1).contains(decay), "average.decay", decay, "within [0, 1)")
    (self.decay, self.source) = (decay, source)
    averages = source().map { ($0.name, $0.tensor.copy()) }
  }

  /// Takes in the weights after a step.
  public func update() throws {
    let share = Float(1 - decay)
    let pairs = zip(averages, source()).map { (average: $0.tensor, value: $1.tensor) }
    try Interruption.tolerating(.max) {
      try Kernel.parallel(pairs.count) { piece in
        let (average, value) = pairs[piece]
        guard average.type == .float32, value.isContiguous else { return average.assign(value) }
        Tensor.withPointers(average, value, of: Float.self) { average, value in
          for i in 0..<pairs[piece].value.count { average[i] += share * (value[i] - average[i]) }
        }
      }
    }
  }

  /// Takes over a stored average (values are copied).
  /// - Throws: `TrainingError.optimizerState` for a missing name or another shape.
  public func restore(_ stored: [String: Tensor]) throws {
    for (name, average) in averages {
      guard let tensor = stored[name], tensor.shape == average.shape else {
        throw TrainingError.optimizerState(name: "average/" + name, problem: "is missing or has another shape")
      }
      average.assign(tensor)
    }
  }

  /// Runs `body` with the averaged weights in the network, then puts its own back.
  public func applied<R>(_ body: () throws -> R) rethrows -> R {
    let source = source()
    let own = source.map { $0.tensor.copy() }
    defer { for (entry, tensor) in zip(source, own) { entry.tensor.assign(tensor) } }
    for (entry, average) in zip(source, averages) { entry.tensor.assign(average.tensor) }
    return try body()
  }
}
