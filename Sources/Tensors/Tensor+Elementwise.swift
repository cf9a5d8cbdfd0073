import Foundation

/// Functions of one number that are applied element by element.
public enum UnaryFunction: Sendable, Equatable {
  case negate, exponential, logarithm, squareRoot, absolute, relu, sigmoid, hyperbolicTangent
  /// `scale · x + shift`.
  case affine(scale: Double, shift: Double)
  case power(Double)
  /// `base ^ x`.
  case exponentialBase(Double)
  /// `numerator / x`.
  case reciprocal(numerator: Double)
  case clamp(low: Double, high: Double)

  /// The name that users know the function by.
  public var name: String {
    switch self {
    case .negate: "-"
    case .exponential: "exp"
    case .logarithm: "log"
    case .squareRoot: "sqrt"
    case .absolute: "abs"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .hyperbolicTangent: "tanh"
    case .affine: "+ - *"
    case .power, .exponentialBase: "^"
    case .reciprocal: "/"
    case .clamp: "clamp"
    }
  }
}

/// Arithmetic on pairs of elements, broadcast as NumPy does.
public enum BinaryFunction: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case power = "^"
}

/// Comparisons, broadcast as NumPy does; the result is 1 or 0 in `uint8`.
public enum Comparison: String, Sendable {
  case equal = "eq"
  case notEqual = "ne"
  case less = "lt"
  case lessOrEqual = "le"
  case greater = "gt"
  case greaterOrEqual = "ge"
}

extension Tensor {
  /// `function` of every element, with the tensor's own floating type; integers become `float32` first.
  public func applying(_ function: UnaryFunction) throws -> Tensor {
    switch type {
    case .float32: try applying(function, Float.self)
    case .float64: try applying(function, Double.self)
    default: try converted(to: .float32).applying(function)
    }
  }

  private func applying<T: FloatingElement>(_ function: UnaryFunction, _: T.Type) throws -> Tensor {
    switch function {
    case .negate: return try mapped(T.self) { -$0 }
    case .exponential: return try mapped(T.self) { T.exponential($0) }
    case .logarithm: return try mapped(T.self) { T.logarithm($0) }
    case .squareRoot: return try mapped(T.self) { $0.squareRoot() }
    case .absolute: return try mapped(T.self) { Swift.abs($0) }
    case .relu: return try mapped(T.self) { $0 < 0 ? 0 : $0 }
    case .sigmoid: return try mapped(T.self) { 1 / (1 + T.exponential(-$0)) }
    case .hyperbolicTangent: return try mapped(T.self) { T.hyperbolicTangent($0) }
    case .affine(let scale, let shift):
      let (scale, shift) = (T(scale), T(shift))
      return try mapped(T.self) { $0 * scale + shift }
    case .power(let exponent):
      if exponent == 2 { return try mapped(T.self) { $0 * $0 } }
      let exponent = T(exponent)
      return try mapped(T.self) { T.power($0, exponent) }
    case .exponentialBase(let base):
      let base = T(base)
      return try mapped(T.self) { T.power(base, $0) }
    case .reciprocal(let numerator):
      let numerator = T(numerator)
      return try mapped(T.self) { numerator / $0 }
    case .clamp(let low, let high):
      let (low, high) = (T(low), T(high))
      return try mapped(T.self) { $0 < low ? low : ($0 > high ? high : $0) }
    }
  }

  /// The gradient with respect to `x` of `y = function(x)`, from the gradient of `y`.
  /// At kinks the subgradient is 0 (`abs`, `relu`), inside `clamp`'s bounds it includes the bounds.
  public static func gradient(of function: UnaryFunction, input x: Tensor, output y: Tensor, _ gradient: Tensor) throws
    -> Tensor
  {
    x.type == .float32
      ? try Tensor.gradient(of: function, x, y, gradient, Float.self)
      : try Tensor.gradient(of: function, x, y, gradient, Double.self)
  }

  private static func gradient<T: FloatingElement>(
    of function: UnaryFunction, _ x: Tensor, _ y: Tensor, _ gradient: Tensor, _: T.Type
  ) throws -> Tensor {
    switch function {
    case .negate: return try gradient.applying(.negate)
    case .exponential: return try combined(gradient, y, function.name, T.self, T.self) { $0 * $1 }
    case .logarithm: return try combined(gradient, x, function.name, T.self, T.self) { $0 / $1 }
    case .squareRoot: return try combined(gradient, y, function.name, T.self, T.self) { $0 / (2 * $1) }
    case .absolute: return try combined(gradient, x, function.name, T.self, T.self) { $1 > 0 ? $0 : ($1 < 0 ? -$0 : 0) }
    case .relu: return try combined(gradient, y, function.name, T.self, T.self) { $1 > 0 ? $0 : 0 }
    case .sigmoid: return try combined(gradient, y, function.name, T.self, T.self) { $0 * $1 * (1 - $1) }
    case .hyperbolicTangent: return try combined(gradient, y, function.name, T.self, T.self) { $0 * (1 - $1 * $1) }
    case .affine(let scale, _): return try gradient.applying(.affine(scale: scale, shift: 0))
    case .power(let exponent):
      let (exponent, lower) = (T(exponent), T(exponent - 1))
      if exponent == 0 { return Tensor(zeros: x.shape, x.type) }
      return try combined(gradient, x, function.name, T.self, T.self) { $0 * exponent * T.power($1, lower) }
    case .exponentialBase(let base):
      let rate = T(Foundation.log(base))
      return try combined(gradient, y, function.name, T.self, T.self) { $0 * $1 * rate }
    case .reciprocal(let numerator):
      let numerator = T(numerator)
      return try combined(gradient, x, function.name, T.self, T.self) { -$0 * numerator / ($1 * $1) }
    case .clamp(let low, let high):
      let (low, high) = (T(low), T(high))
      return try combined(gradient, x, function.name, T.self, T.self) { $1 >= low && $1 <= high ? $0 : 0 }
    }
  }

  /// The type in which two tensors are combined: the wider floating type if there is one, else `int64` if either is, else `int32`.
  public static func commonType(_ a: ElementType, _ b: ElementType) -> ElementType {
    for type in [ElementType.float64, .float32, .int64] where a == type || b == type { return type }
    return .int32
  }

  /// `function` of each pair of elements. Integers stay integers (overflow wraps) but for `/` and `^`, which give `float32`.
  public static func combining(_ function: BinaryFunction, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    var type = commonType(a.type, b.type)
    if !type.isFloating && (function == .divide || function == .power) { type = .float32 }
    let (a, b) = (a.converted(to: type), b.converted(to: type))
    switch type {
    case .float32: return try combining(function, a, b, Float.self)
    case .float64: return try combining(function, a, b, Double.self)
    case .int64: return try combining(function, a, b, Int64.self)
    default: return try combining(function, a, b, Int32.self)
    }
  }

  private static func combining<T: FloatingElement>(_ function: BinaryFunction, _ a: Tensor, _ b: Tensor, _: T.Type)
    throws -> Tensor
  {
    switch function {
    case .add: try combined(a, b, "+", T.self, T.self) { $0 + $1 }
    case .subtract: try combined(a, b, "-", T.self, T.self) { $0 - $1 }
    case .multiply: try combined(a, b, "*", T.self, T.self) { $0 * $1 }
    case .divide: try combined(a, b, "/", T.self, T.self) { $0 / $1 }
    case .power: try combined(a, b, "^", T.self, T.self) { T.power($0, $1) }
    }
  }

  private static func combining<T: Element & FixedWidthInteger>(
    _ function: BinaryFunction, _ a: Tensor, _ b: Tensor, _: T.Type
  ) throws -> Tensor {
    switch function {
    case .add: try combined(a, b, "+", T.self, T.self) { $0 &+ $1 }
    case .subtract: try combined(a, b, "-", T.self, T.self) { $0 &- $1 }
    default: try combined(a, b, "*", T.self, T.self) { $0 &* $1 }
    }
  }

  /// 1 where the comparison holds, else 0; NaN only differs.
  public static func comparing(_ comparison: Comparison, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    let type = commonType(a.type, b.type)
    let (a, b) = (a.converted(to: type), b.converted(to: type))
    switch type {
    case .float32: return try comparing(comparison, a, b, Float.self)
    case .float64: return try comparing(comparison, a, b, Double.self)
    case .int64: return try comparing(comparison, a, b, Int64.self)
    default: return try comparing(comparison, a, b, Int32.self)
    }
  }

  private static func comparing<T: Element>(_ comparison: Comparison, _ a: Tensor, _ b: Tensor, _: T.Type) throws
    -> Tensor
  {
    let name = comparison.rawValue
    switch comparison {
    case .equal: return try combined(a, b, name, T.self, UInt8.self) { $0 == $1 ? 1 : 0 }
    case .notEqual: return try combined(a, b, name, T.self, UInt8.self) { $0 != $1 ? 1 : 0 }
    case .less: return try combined(a, b, name, T.self, UInt8.self) { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: return try combined(a, b, name, T.self, UInt8.self) { $0 <= $1 ? 1 : 0 }
    case .greater: return try combined(a, b, name, T.self, UInt8.self) { $0 > $1 ? 1 : 0 }
    case .greaterOrEqual: return try combined(a, b, name, T.self, UInt8.self) { $0 >= $1 ? 1 : 0 }
    }
  }

  /// 1 where an element is neither infinite nor NaN (`uint8`).
  public func isFinite() throws -> Tensor {
    switch type {
    case .float32: try Tensor.combined(self, self, "isfinite", Float.self, UInt8.self) { x, _ in x.isFinite ? 1 : 0 }
    case .float64: try Tensor.combined(self, self, "isfinite", Double.self, UInt8.self) { x, _ in x.isFinite ? 1 : 0 }
    default: Tensor(filling: shape, with: 1, .uint8)
    }
  }

  /// Elements of `a` where `mask` is not 0, else of `b`; all three broadcast.
  public static func selecting(_ mask: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    let type = a.type == b.type ? a.type : commonType(a.type, b.type)
    let shape = try broadcastShape(mask.shape, broadcastShape(a.shape, b.shape, "where"), "where")
    try checkingMemory(shape, type)
    let mask = try comparing(.notEqual, mask, Tensor(scalar: 0, mask.type)).expanded(to: shape).contiguous()
    let a = try a.converted(to: type).expanded(to: shape).contiguous()
    let result = try b.converted(to: type).expanded(to: shape).copy()
    Kernel.run {
      let width = type.byteCount
      Tensor.withPointers(mask, of: UInt8.self) { mask in
        defer { extendLifetime((a.buffer, result.buffer)) }
        let (from, to) = (a.buffer.bytes + a.offset * width, result.buffer.bytes)
        for i in 0..<result.count where mask[i] != 0 {
          (to + i * width).copyMemory(from: from + i * width, byteCount: width)
        }
      }
    }
    return result
  }
}
