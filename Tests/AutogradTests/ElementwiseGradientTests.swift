import Autograd
import Tensors
import Testing

/// Random inputs away from kinks and poles.
func randomVariable(_ shape: [Int], _ low: Double, _ high: Double, seed: UInt64 = 1) -> Variable {
  var random = RandomStream(seed: seed, purpose: "gradient tests")
  return Variable(Tensor((0..<shape.reduce(1, *)).map { _ in random.uniform(low, high) }, shape: shape))
}

/// A differentiable operation with inputs it is smooth at.
struct OperationCase: CustomTestStringConvertible, Sendable {
  let name: String
  let inputs: @Sendable () -> [Variable]
  let run: @Sendable ([Variable]) throws -> Variable
  var testDescription: String { name }
}

let operationCases: [OperationCase] = {
  func one(_ name: String, _ low: Double, _ high: Double, _ f: @escaping @Sendable (Variable) throws -> Variable)
    -> OperationCase
  {
    OperationCase(name: name, inputs: { [randomVariable([2, 3, 4], low, high)] }, run: { try f($0[0]) })
  }
  func two(
    _ name: String, _ a: [Int], _ b: [Int], _ f: @escaping @Sendable (Variable, Variable) throws -> Variable
  ) -> OperationCase {
    OperationCase(
      name: name, inputs: { [randomVariable(a, 0.5, 2), randomVariable(b, 0.5, 2, seed: 2)] },
      run: { try f($0[0], $0[1]) })
  }
  return [
    one("negate", -1, 1) { try $0.applying(.negate) },
    one("exp", -1, 1) { try $0.exponential() },
    one("log", 0.5, 2) { try $0.logarithm() },
    one("sqrt", 0.5, 2) { try $0.squareRoot() },
    one("abs above", 0.1, 1) { try $0.absolute() },
    one("abs below", -1, -0.1) { try $0.absolute() },
    one("relu above", 0.1, 1) { try $0.relu() },
    one("relu below", -1, -0.1) { try $0.relu() },
    one("sigmoid", -2, 2) { try $0.sigmoid() },
    one("tanh", -2, 2) { try $0.hyperbolicTangent() },
    one("affine", -2, 2) { try $0.scaled(by: 3, plus: -1) },
    one("square", -2, 2) { try $0.applying(.power(2)) },
    one("power", 0.5, 2) { try $0.applying(.power(-1.5)) },
    one("exponential of a base", -1, 1) { try $0.applying(.exponentialBase(2.5)) },
    one("reciprocal", 0.5, 2) { try $0.applying(.reciprocal(numerator: 3)) },
    one("clamp inside", -0.9, 0.9) { try $0.clamped(-1, 1) },
    one("clamp outside", 1.1, 2) { try $0.clamped(-1, 1) },
    two("add", [2, 3], [2, 3]) { try $0 + $1 },
    two("add broadcast", [2, 1, 4], [3, 1]) { try $0 + $1 },
    two("subtract broadcast", [3], [2, 3]) { try $0 - $1 },
    two("multiply broadcast", [2, 3, 1], [4]) { try $0 * $1 },
    two("divide broadcast", [2, 3, 1], [1, 3, 4]) { try $0 / $1 },
    two("power", [2, 3], [2, 3]) { try Variable.combining(.power, $0, $1) },
    two("where", [2, 3], [3]) { try Variable.selecting(Tensor([1, 0, 1] as [UInt8], shape: [3]), $0, $1) },
    two("matmul", [2, 3], [3, 4]) { try $0.matmul($1) },
    two("matmul of vectors", [3], [3]) { try $0.matmul($1) },
    two("matmul of a vector and a matrix", [3], [3, 2]) { try $0.matmul($1) },
    two("matmul in batches", [2, 1, 2, 3], [4, 3, 2]) { try $0.matmul($1) },
    one("reshape", -1, 1) { try $0.reshaped([4, -1]) },
    one("permute", -1, 1) { try $0.permuted([2, 0, 1]) },
    one("transpose", -1, 1) { try $0.transposed(0, 2) },
    one("expand", -1, 1) { try $0.narrowed(1, start: 0, count: 1).expanded(to: [5, 2, 3, 4]) },
    one("narrow", -1, 1) { try $0.narrowed(2, start: 1, count: 2) },
    one("halves", -1, 1) {
      let whole = try $0.exponential()
      return try whole.narrowed(2, start: 0, count: 2) * whole.narrowed(2, start: 2, count: 2)
    },
    one("overlapping parts, and a sum of all", -1, 1) {
      let whole = try $0.exponential()
      let (left, right) = (try whole.narrowed(2, start: 0, count: 2), try whole.narrowed(2, start: 1, count: 2))
      return try left * right + whole.sum()
    },
    one("parts beside the whole", -1, 1) {
      let whole = try $0.exponential()
      let part = try whole.selected(1, index: 1).sum()
      return try (whole * whole).sum() + part * whole.selected(2, index: 0).sum()
    },
    one("select", -1, 1) { try $0.selected(1, index: 2) },
    one("squeeze", -1, 1) { try $0.narrowed(1, start: 1, count: 1).squeezed(1) },
    one("unsqueeze", -1, 1) { try $0.unsqueezed(-1) },
    one("flip", -1, 1) { try $0.flipped(1) },
    one("pad", -1, 1) { try $0.padded([(0, 1), (2, 0), (1, 1)], value: 7) },
    one("gather", -1, 1) { try $0.gathered(1, Tensor([0, 2, 2, 1] as [Int64], shape: [1, 2, 2])) },
    two("concat", [2, 3], [2, 1]) { try Variable.concatenated([$0, $1, $0], 1) },
    two("stack", [2, 3], [2, 3]) { try Variable.stacked([$0, $1], 1) },
    one("sum", -1, 1) { try $0.sum() },
    one("sum of a dimension", -1, 1) { try $0.sum(1) },
    one("mean", -1, 1) { try $0.mean(2, keep: true) },
    one("std", -1, 1) { try $0.standardDeviation(0) },
    one("std of all", -1, 1) { try $0.standardDeviation() },
    one("norm", 0.5, 1) { try $0.norm() },
    one("norm of a dimension", 0.5, 1) { try $0.norm(1, keep: true) },
    one("max", -1, 1) { try $0.extreme(largest: true, 1).values },
    one("min of all", -1, 1) { try $0.extreme(largest: false) },
    one("topk", -1, 1) { try $0.largest(2, 2).values },
  ]
}()

@Suite struct ElementwiseGradientTests {
  @Test(arguments: operationCases) func matchesFiniteDifferences(_ operation: OperationCase) throws {
    #expect(try checkGradients(operation.run, operation.inputs()) < 1e-7)
  }

  @Test func gradientsOfSharedInputsAddUp() throws {
    let x = Variable(Tensor([3.0], shape: [1]), requiresGradient: true)
    try ((x * x) + (x * x)).sum().backward()
    try x.scaled(by: 2).sum().backward()
    #expect(x.gradient?.item == 14)
  }

  @Test func checkFindsAWrongGradient() throws {
    let error = try checkGradients(
      { inputs in
        let x = inputs[0]
        return Tape.record("wrong", try x.value.applying(.power(2)), inputs: [x]) { [$0] }
      }, [randomVariable([3], 1, 2)])
    #expect(error > 0.1)
  }

  @Test func longChainsNeitherRecurseForwardsNorWhenLetGo() throws {
    let start = Variable(Tensor([1.0], shape: [1]), requiresGradient: true)
    var x = start
    for _ in 0..<200_000 { x = try x.scaled(by: 1) }
    try x.backward(Tensor([1.0], shape: [1]))
    #expect(start.gradient?.item == 1)
    x = start
    for _ in 0..<200_000 { x = try x.scaled(by: 1) }
    x = start
  }

  @Test func aSecondBackwardExplainsItself() throws {
    let x = Variable(Tensor([1.0, 2], shape: [2]), requiresGradient: true)
    let y = try (x * x).sum()
    try y.backward()
    #expect(throws: TensorError.self) { try y.backward() }
    #expect(throws: TensorError.self) { try (x * x).backward() }
    #expect(throws: TensorError.self) { try Variable(Tensor([1.0], shape: [1])).backward() }
  }

  @Test func nothingIsRecordedWithoutRecording() throws {
    let x = Variable(Tensor([1.0], shape: [1]), requiresGradient: true)
    let y = try Tape.withoutRecording { try x * x }
    #expect(!y.requiresGradient)
    #expect(x.value.buffer.recordings == 0)
    do {
      let z = try x * x
      #expect(x.value.buffer.recordings > 0 && z.requiresGradient)
    }
    #expect(x.value.buffer.recordings == 0)
  }
}
