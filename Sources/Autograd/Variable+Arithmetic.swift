import Tensors

/// Element-wise functions that record themselves.
extension Variable {
  /// `function` of every element.
  public func applying(_ function: UnaryFunction) throws -> Variable {
    let x = value.type.isFloating ? value : value.converted(to: .float32)
    let y = try x.applying(function)
    return Tape.record(function.name, y, inputs: [self]) { gradient in
      [try Tensor.gradient(of: function, input: x, output: y, gradient)]
    }
  }

  public func exponential() throws -> Variable { try applying(.exponential) }
  public func logarithm() throws -> Variable { try applying(.logarithm) }
  public func squareRoot() throws -> Variable { try applying(.squareRoot) }
  public func absolute() throws -> Variable { try applying(.absolute) }
  public func relu() throws -> Variable { try applying(.relu) }
  public func sigmoid() throws -> Variable { try applying(.sigmoid) }
  public func hyperbolicTangent() throws -> Variable { try applying(.hyperbolicTangent) }
  public func clamped(_ low: Double, _ high: Double) throws -> Variable { try applying(.clamp(low: low, high: high)) }

  /// `function` of each pair of elements of two broadcast tensors.
  public static func combining(_ function: BinaryFunction, _ a: Variable, _ b: Variable) throws -> Variable {
    let result = try Tensor.combining(function, a.value, b.value)
    let (x, y) = (a.value, b.value)
    return Tape.record(function.rawValue, result, inputs: [a, b]) { gradient in
      func back(_ input: Variable, _ part: () throws -> Tensor) throws -> Tensor? {
        input.requiresGradient ? try part().summed(to: input.shape).converted(to: input.type) : nil
      }
      switch function {
      case .add: return [try back(a) { gradient }, try back(b) { gradient }]
      case .subtract: return [try back(a) { gradient }, try back(b) { try gradient.applying(.negate) }]
      case .multiply:
        return [
          try back(a) { try Tensor.combining(.multiply, gradient, y) },
          try back(b) { try Tensor.combining(.multiply, gradient, x) },
        ]
      case .divide:
        return [
          try back(a) { try Tensor.combining(.divide, gradient, y) },
          try back(b) {
            try Tensor.combining(.divide, Tensor.combining(.multiply, gradient, result), y).applying(.negate)
          },
        ]
      case .power:
        return [
          try back(a) {
            let lower = try Tensor.combining(.power, x, y.applying(.affine(scale: 1, shift: -1)))
            return try Tensor.combining(.multiply, gradient, Tensor.combining(.multiply, lower, y))
          },
          try back(b) {
            try Tensor.combining(.multiply, gradient, Tensor.combining(.multiply, result, x.applying(.logarithm)))
          },
        ]
      }
    }
  }

  public static func + (a: Variable, b: Variable) throws -> Variable { try combining(.add, a, b) }
  public static func - (a: Variable, b: Variable) throws -> Variable { try combining(.subtract, a, b) }
  public static func * (a: Variable, b: Variable) throws -> Variable { try combining(.multiply, a, b) }
  public static func / (a: Variable, b: Variable) throws -> Variable { try combining(.divide, a, b) }
  /// `scale · x + shift`.
  public func scaled(by scale: Double, plus shift: Double = 0) throws -> Variable {
    try applying(.affine(scale: scale, shift: shift))
  }

  /// Elements of `a` where `mask` is not 0, else of `b`; all broadcast. The mask gets no gradient.
  public static func selecting(_ mask: Tensor, _ a: Variable, _ b: Variable) throws -> Variable {
    let result = try Tensor.selecting(mask, a.value, b.value)
    return Tape.record("where", result, inputs: [a, b]) { gradient in
      let zero = Tensor(scalar: 0, gradient.type)
      return [
        try Tensor.selecting(mask, gradient, zero).summed(to: a.shape).converted(to: a.type),
        try Tensor.selecting(mask, zero, gradient).summed(to: b.shape).converted(to: b.type),
      ]
    }
  }

  /// The same values in another type; the gradient comes back in this one.
  public func converted(to type: ElementType) -> Variable {
    let own = self.type
    if own == type { return self }
    if !own.isFloating || !type.isFloating { return Variable(value.converted(to: type)) }
    return Tape.record("to", value.converted(to: type), inputs: [self]) { [$0.converted(to: own)] }
  }
}
