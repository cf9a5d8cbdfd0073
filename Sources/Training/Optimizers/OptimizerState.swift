import Tensors

/// Checks an optimiser's stored state against the parameters that it is for.
enum OptimizerState {
  /// Copies of the stored tensors, as float32.
  /// - Parameter state: by slot and parameter.
  /// - Throws: `TrainingError.optimizerState` for another slot, an unknown parameter or a shape that isn't its own.
  static func checked(
    _ state: [String: [String: Tensor]], slots: [String], parameters: [NamedParameter]
  ) throws -> [String: [String: Tensor]] {
    let shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.variable.shape) })
    for (slot, tensors) in state.sorted(by: { $0.key < $1.key }) {
      guard slots.contains(slot) else {
        throw TrainingError.optimizerState(name: slot, problem: "is not a state of this optimiser")
      }
      for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
        guard let shape = shapes[name] else {
          throw TrainingError.optimizerState(
            name: "\(slot)/\(name)", problem: "belongs to no parameter of this network")
        }
        guard shape == tensor.shape else {
          throw TrainingError.optimizerState(
            name: "\(slot)/\(name)", problem: "has the shape \(tensor.shape), not \(shape)")
        }
      }
    }
    return state.mapValues { $0.mapValues { $0.type == .float32 ? $0.copy() : $0.converted(to: .float32) } }
  }
}
