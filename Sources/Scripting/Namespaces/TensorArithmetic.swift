import Autograd
import Tensors

extension LuaState {
  /// Operators, element-wise functions and comparisons of tensors.
  func addArithmetic(_ methods: LuaMethods<Variable>) {
    for (operation, function) in [
      (LuaOperator.add, BinaryFunction.add), (.sub, .subtract), (.mul, .multiply), (.div, .divide), (.pow, .power),
    ] {
      methods.add(operation) { call in try combine(function, try call.argument(1), try call.argument(2)) }
    }
    methods.add(.unm) { call in try negated(try call.argument(1)) }
    for (name, function) in [
      ("exp", UnaryFunction.exponential), ("log", .logarithm), ("sqrt", .squareRoot), ("abs", .absolute),
      ("relu", .relu),
      ("sigmoid", .sigmoid), ("tanh", .hyperbolicTangent),
    ] {
      methods.add(name, help: "() -> \(name) of every element, the same shape") { tensor, _ in
        try tensor.applying(function)
      }
    }
    methods.add("matmul", help: "(y) -> matrix product [M, K] · [K, N]; vectors and batches as NumPy's @") {
      try $0.matmul(try $1.argument(1, "y"))
    }
    methods.add(
      "softmax", help: "(dim) -> exp(x) / sum of exp(x) over dim, the same shape; dim 2 for logits [N, K, H, W]"
    ) {
      try $0.softmax(try $1.dimension(1, of: $0))
    }
    methods.add(
      "log_softmax",
      help: "(dim) -> x - log of the sum of exp(x) over dim, the same shape; dim 2 for logits [N, K, H, W]"
    ) {
      try $0.logSoftmax(try $1.dimension(1, of: $0))
    }
    methods.add("clamp", help: "(low, high) -> every element moved into [low, high], the same shape") {
      try $0.clamped(try $1.argument(1, "low"), try $1.argument(2, "high"))
    }
    for comparison in [Comparison.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual] {
      methods.add(
        comparison.rawValue,
        help: "(y) -> uint8: 1 where x \(comparison.symbol) y holds, else 0; y a number or a tensor, broadcast"
      ) {
        tensor, call in
        // A fraction must not be cut off for meeting integers.
        let other: Operand = try call.argument(1, "y")
        return Variable(try Tensor.comparing(comparison, tensor.value, other.variable(meeting: tensor).value))
      }
    }
    methods.add("isfinite", help: "() -> uint8 of the same shape: 1 where an element is neither infinite nor NaN") {
      tensor, _ in
      Variable(try tensor.value.isFinite())
    }
  }

  /// Changes in place; refused while a recorded operation needs the old values.
  func addChanges(_ methods: LuaMethods<Variable>) {
    methods.add("fill_", help: "(value) -> the tensor, every element set") { tensor, call in
      try call.checkChangeable(tensor)
      tensor.value.fill(try call.argument(1, "value"))
      return tensor
    }
    methods.add("zero_", help: "() -> the tensor, every element 0") { tensor, call in
      try call.checkChangeable(tensor)
      tensor.value.fill(0)
      return tensor
    }
    methods.add("copy_", help: "(y) -> the tensor with y's elements, broadcast and converted") { tensor, call in
      try call.checkChangeable(tensor)
      tensor.value.assign(try call.argument(1, "y", as: Variable.self).value.expanded(to: tensor.shape))
      return tensor
    }
    for (name, function) in [("add_", BinaryFunction.add), ("mul_", .multiply)] {
      methods.add(name, help: "(y) -> the tensor, \(function.rawValue) y in place; y a tensor or a number") {
        tensor, call in
        try call.checkChangeable(tensor)
        let other: Operand = try call.argument(1, "y")
        let result = try Tensor.combining(function, tensor.value, other.variable(meeting: tensor).value)
        guard result.shape == tensor.shape else {
          throw TensorError.shape(
            operation: name, found: "\(tensor.shape) and \(other.variable(meeting: tensor).shape)",
            expected: "an operand that broadcasts to \(tensor.shape)")
        }
        tensor.value.assign(result)
        return tensor
      }
    }
  }
}

/// An operator between a tensor and a tensor or a number, in either order.
private func combine(_ function: BinaryFunction, _ a: Operand, _ b: Operand) throws -> Variable {
  switch (a, b) {
  case (.tensor(let x), .tensor(let y)): return try Variable.combining(function, x, y)
  case (.tensor(let x), .number(let y, _)) where x.type.isFloating:
    switch function {
    case .add: return try x.scaled(by: 1, plus: y)
    case .subtract: return try x.scaled(by: 1, plus: -y)
    case .multiply: return try x.scaled(by: y)
    case .divide: return try x.scaled(by: 1 / y)
    case .power: return try x.applying(.power(y))
    }
  case (.number(let x, _), .tensor(let y)) where y.type.isFloating:
    switch function {
    case .add: return try y.scaled(by: 1, plus: x)
    case .subtract: return try y.scaled(by: -1, plus: x)
    case .multiply: return try y.scaled(by: x)
    case .divide: return try y.applying(.reciprocal(numerator: x))
    case .power: return try y.applying(.exponentialBase(x))
    }
  case (.tensor(let x), _): return try Variable.combining(function, x, b.variable(meeting: x))
  case (_, .tensor(let y)): return try Variable.combining(function, a.variable(meeting: y), y)
  default: preconditionFailure("an operator of tensors without a tensor")
  }
}

private func negated(_ x: Variable) throws -> Variable {
  x.type.isFloating
    ? try x.applying(.negate)
    : try Variable.combining(.multiply, x, Variable(Tensor(scalar: -1, x.type == .int64 ? .int64 : .int32)))
}

extension Comparison {
  /// As Lua writes it.
  fileprivate var symbol: String {
    switch self {
    case .equal: "=="
    case .notEqual: "~="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }
}
