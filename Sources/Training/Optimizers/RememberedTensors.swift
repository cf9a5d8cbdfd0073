import Tensors

/// An optimiser's stored state, sorted by kind ("momentum") and parameter, checked against the parameters.
struct RememberedTensors {
  private(set) var tensors: [String: [String: Tensor]] = [:]

  /// - Parameter state: named "<kind>/<parameter>"; values are copied.
  /// - Throws: `TrainingError.optimizerState` for another kind, an unknown parameter or a shape that isn't its own.
  init(_ state: [(name: String, tensor: Tensor)], kinds: [String], parameters: [NamedParameter]) throws {
    let shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.variable.shape) })
    for (name, tensor) in state {
      let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2, kinds.contains(parts[0]) else {
        throw TrainingError.optimizerState(name: name, problem: "is not a state of this optimiser")
      }
      guard let shape = shapes[parts[1]] else {
        throw TrainingError.optimizerState(name: name, problem: "belongs to no parameter of this network")
      }
      guard shape == tensor.shape else {
        throw TrainingError.optimizerState(name: name, problem: "has the shape \(tensor.shape), not \(shape)")
      }
      tensors[parts[0], default: [:]][parts[1]] = tensor.converted(to: .float32).copy()
    }
  }
}
