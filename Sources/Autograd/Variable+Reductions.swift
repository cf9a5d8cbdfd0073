import Tensors

/// Reductions that record themselves. Without a dimension they run over everything and give a single number.
extension Variable {
  /// A gradient with the reduced dimension put back, spread over the input's shape.
  private static func spread(_ gradient: Tensor, _ dimension: Int?, keep: Bool, over shape: [Int]) throws -> Tensor {
    guard let dimension else { return try gradient.reshaped(shape.map { _ in 1 }).expanded(to: shape) }
    let d = dimension < 0 ? dimension + shape.count : dimension
    return try (keep ? gradient : gradient.unsqueezed(d)).expanded(to: shape)
  }

  public func sum(_ dimension: Int? = nil, keep: Bool = false) throws -> Variable {
    let own = shape
    return Tape.record("sum", try value.sum(dimension, keep: keep), inputs: [self]) {
      [try Variable.spread($0, dimension, keep: keep, over: own)]
    }
  }

  public func mean(_ dimension: Int? = nil, keep: Bool = false) throws -> Variable {
    let x = type.isFloating ? self : converted(to: .float32)
    let count = try dimension.map { shape[try value.checkedDimension($0, "mean")] } ?? value.count
    return try x.sum(dimension, keep: keep).scaled(by: 1 / Double(count))
  }

  /// The standard deviation with the unbiased estimate (divisor n - 1).
  public func standardDeviation(_ dimension: Int? = nil, keep: Bool = false) throws -> Variable {
    let x = type.isFloating ? self : converted(to: .float32)
    let count = try dimension.map { shape[try value.checkedDimension($0, "std")] } ?? value.count
    guard count > 1 else {
      throw TensorError.shape(operation: "std", found: "\(shape)", expected: "at least two elements")
    }
    let centred = try x - x.mean(dimension, keep: true)
    return try (centred * centred).sum(dimension, keep: keep).scaled(by: 1 / Double(count - 1)).squareRoot()
  }

  /// The Euclidean length; its gradient at zero is zero.
  public func norm(_ dimension: Int? = nil, keep: Bool = false) throws -> Variable {
    let x = value.type.isFloating ? value : value.converted(to: .float32)
    let length = try x.sumOfSquares(dimension, keep: keep).applying(.squareRoot)
    let own = shape
    return Tape.record("norm", length, inputs: [self]) { gradient in
      let spread = try Variable.spread(gradient, dimension, keep: keep, over: own)
      let lengths = try Variable.spread(length, dimension, keep: keep, over: own)
      let isZero = try Tensor.comparing(.equal, lengths, Tensor(scalar: 0, x.type))
      let direction = try Tensor.combining(.divide, x, Tensor.selecting(isZero, Tensor(scalar: 1, x.type), lengths))
      return [try Tensor.combining(.multiply, spread, direction)]
    }
  }

  /// The extreme along a dimension, with its place (`int64`, from 0). The gradient goes to that place.
  public func extreme(largest: Bool, _ dimension: Int, keep: Bool = false) throws -> (values: Variable, indices: Tensor)
  {
    let (values, indices) = try value.extreme(largest: largest, dimension, keep: keep)
    let d = try value.checkedDimension(dimension, largest ? "max" : "min")
    let own = shape
    let recorded = Tape.record(largest ? "max" : "min", values, inputs: [self]) { gradient in
      let (gradient, places) = keep ? (gradient, indices) : (try gradient.unsqueezed(d), try indices.unsqueezed(d))
      return [try Tensor.scattered(gradient, d, places, into: own)]
    }
    return (recorded, indices)
  }

  /// The smallest or largest of all elements.
  public func extreme(largest: Bool) throws -> Variable {
    try reshaped([-1]).extreme(largest: largest, 0).values
  }

  /// The `count` largest along a dimension, largest first, with their places.
  public func largest(_ count: Int, _ dimension: Int) throws -> (values: Variable, indices: Tensor) {
    let (values, indices) = try value.largest(count, dimension)
    let own = shape
    let recorded = Tape.record("topk", values, inputs: [self]) {
      [try Tensor.scattered($0, dimension, indices, into: own)]
    }
    return (recorded, indices)
  }
}
