import Tensors

/// Compares the gradients that `backward` gives with central differences, in float64.
///
/// Every input is converted to float64 and must influence `f` smoothly around its value. With more than 200 elements an
/// input is checked at 200 places spread evenly over it.
/// - Parameters:
///   - f: a function of the inputs that gives one number (anything else is summed with fixed random weights).
///   - step: how far an element is moved to either side.
/// - Returns: the worst |analytic - numeric| / max(1, |analytic|, |numeric|).
public func checkGradients(
  _ f: ([Variable]) throws -> Variable, _ inputs: [Variable], step: Double = 1e-5
) throws -> Double {
  let values = inputs.map { $0.value.converted(to: .float64).copy() }
  func number(_ variables: [Variable]) throws -> Variable {
    let result = try f(variables)
    guard result.type == .float64 else {
      throw TensorError.type(
        operation: "check_gradients", found: result.type, expected: "a function that keeps float64")
    }
    if result.value.count == 1 { return try result.reshaped([]) }
    var random = RandomStream(seed: 0, purpose: "check_gradients")
    let weights = (0..<result.value.count).map { _ in random.uniform(-1, 1) }
    return try (result * Variable(Tensor(weights, shape: result.shape))).sum()
  }

  let leaves = values.map { Variable($0, requiresGradient: true) }
  try number(leaves).backward()
  var worst = 0.0
  for (position, value) in values.enumerated() {
    let analytic = leaves[position].gradient?.array(of: Double.self) ?? [Double](repeating: 0, count: value.count)
    for element in Swift.stride(from: 0, to: value.count, by: max(1, value.count / 200)) {
      func moved(_ by: Double) throws -> Double {
        let variables = values.enumerated().map { other, tensor in
          guard other == position else { return Variable(tensor) }
          let copy = tensor.copy()
          Tensor.withPointers(copy, of: Double.self) { $0[element] += by }
          return Variable(copy)
        }
        return try Tape.withoutRecording { try number(variables).value.item }
      }
      let numeric = try (moved(step) - moved(-step)) / (2 * step)
      let error = abs(numeric - analytic[element]) / max(1, abs(numeric), abs(analytic[element]))
      worst = error.isNaN ? .infinity : max(worst, error)
    }
  }
  return worst
}
