import Autograd
import Tensors

extension LuaState {
  /// `tel.zeros` and the other functions that make tensors.
  func registerTensorCreation() {
    register("tel.zeros", help: "(sizes…) -> float32 of these sizes, all 0") {
      Variable(Tensor(zeros: try $0.sizes(from: 1)))
    }
    register("tel.ones", help: "(sizes…) -> float32 of these sizes, all 1") {
      Variable(Tensor(filling: try $0.sizes(from: 1), with: 1))
    }
    register("tel.full", help: "({sizes}, value) -> float32 of these sizes, all value") { call in
      let sizes: [Int] = try call.argument(1, "sizes")
      try call.checkSizes(sizes, 1)
      return Variable(Tensor(filling: sizes, with: try call.argument(2, "value")))
    }
    register("tel.arange", help: "(n) -> float32 [n]: 0, 1, … n - 1") { call in
      let count: Int = try call.argument(1, "n")
      try call.checkSizes([count], 1)
      return Variable(Tensor((0..<count).map(Float.init), shape: [count]))
    }
    register("tel.rand", help: "(sizes…) -> float32 of these sizes, uniform in [0, 1)") { call in
      let sizes = try call.sizes(from: 1)
      return Variable(call.state.randomTensor(sizes) { $0.uniform() })
    }
    register("tel.randn", help: "(sizes…) -> float32 of these sizes, standard normal") { call in
      let sizes = try call.sizes(from: 1)
      return Variable(call.state.randomTensor(sizes) { $0.normal() })
    }
    register("tel.seed", help: "(n): starts math.random, tel.rand and tel.randn anew") { call in
      call.state.random = RandomStream(
        seed: UInt64(bitPattern: Int64(try call.argument(1, "n", as: Int.self))), purpose: "lua")
      return nil
    }
    register("tel.tensor", help: "(nested lists of numbers, dtype?) -> tensor, float32 unless said otherwise") { call in
      let type = try call.optional(2, "dtype", as: ElementType.self) ?? .float32
      return Variable(try nestedTensor(call).converted(to: type))
    }
    register(
      "tel.stack",
      help: "({tensors [C, H, W], …}, dim) -> tensors of one shape along a new dimension: [N, C, H, W] with 1"
    ) { call in
      let parts: [Variable] = try call.argument(1, "tensors")
      let dimension = try call.optional(2, "dimension", as: Int.self) ?? 1
      let rank = (parts.first?.shape.count ?? 0) + 1
      guard dimension >= 1, dimension <= rank else { throw call.wrong(2, "dimension", expected: "1 to \(rank)") }
      return try Variable.stacked(parts, dimension - 1)
    }
    register(
      "tel.concat",
      help:
        "({tensors [N, C₁, H, W], …}, dim) -> tensors one after the other along a dimension: [N, C₁ + C₂ + …, H, W] with 2"
    ) { call in
      let parts: [Variable] = try call.argument(1, "tensors")
      guard let first = parts.first else { throw call.wrong(1, "tensors", expected: "at least one tensor") }
      return try Variable.concatenated(parts, call.isNil(2) ? 0 : call.dimension(2, of: first))
    }
    register("tel.where", help: "(mask, a, b) -> a where mask is not 0, else b; tensors or numbers, all broadcast") {
      call in
      let mask: Variable = try call.argument(1, "mask")
      let (a, b): (Operand, Operand) = (try call.argument(2, "a"), try call.argument(3, "b"))
      switch (a, b) {
      case (.tensor(let a), _): return try Variable.selecting(mask.value, a, b.variable(meeting: a))
      case (_, .tensor(let b)): return try Variable.selecting(mask.value, a.variable(meeting: b), b)
      default:
        let like = Variable(Tensor(scalar: 0))
        return try Variable.selecting(mask.value, a.variable(meeting: like), b.variable(meeting: like))
      }
    }
    register("tel.no_grad", help: "(f) -> the results of f(), nothing in it recorded") { call in
      let body: LuaFunction = try call.argument(1, "f")
      return LuaResults(list: try Tape.withoutRecording { try body.call() })
    }
    register(
      "tel.check_gradients",
      help: "(f, {inputs}) -> worst relative error between backward and finite differences, in float64"
    ) { call in
      let function: LuaFunction = try call.argument(1, "f")
      let inputs: [Variable] = try call.argument(2, "inputs")
      return try checkGradients(
        { variables in
          let results = try function.call(list: variables)
          guard case .object(let object)? = results.first, let result = object as? Variable else {
            throw call.wrong(1, "f", expected: "a function that returns a tensor")
          }
          return result
        }, inputs)
    }
  }

  /// A tensor whose elements are drawn from a stream of its own, begun by one draw of the script's.
  private func randomTensor(_ sizes: [Int], _ draw: (inout RandomStream) -> Double) -> Tensor {
    var stream = RandomStream(state: random.next())
    return Tensor((0..<sizes.reduce(1, *)).map { _ in Float(draw(&stream)) }, shape: sizes)
  }
}

/// Nested lists of numbers as a float64 tensor; all lists of one depth have one length.
private func nestedTensor(_ call: LuaCall) throws -> Tensor {
  var shape: [Int] = []
  var values: [Double] = []
  func collect(_ value: LuaValue, _ depth: Int) throws {
    switch value {
    case .table(let table):
      let count = table.count
      if depth == shape.count {
        guard values.isEmpty else { throw call.wrong(1, "values", expected: "lists of numbers nested equally deep") }
        // A list within itself has no end.
        guard depth < 32 else { throw call.wrong(1, "values", expected: "lists nested at most 32 deep") }
        shape.append(count)
      }
      guard depth < shape.count, shape[depth] == count, table.keys.count == count else {
        throw call.wrong(
          1, "values",
          expected:
            "lists of equal length (\(depth < shape.count ? shape[depth] : 0) at depth \(depth + 1), found \(count))")
      }
      for i in 0..<count { try collect(table[i + 1], depth + 1) }
    case .integer(let number) where depth == shape.count: values.append(Double(number))
    case .number(let number) where depth == shape.count: values.append(number)
    case .boolean(let flag) where depth == shape.count: values.append(flag ? 1 : 0)
    default: throw call.wrong(1, "values", expected: "a number, or lists of numbers nested equally deep")
    }
  }
  try collect(try call.argument(1, "values"), 0)
  return Tensor(values, shape: shape)
}
