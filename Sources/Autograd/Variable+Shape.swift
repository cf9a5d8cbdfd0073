import Tensors

/// Views and rearrangements that record themselves. Dimensions count from 0.
extension Variable {
  /// Records a rearrangement whose adjoint is `backward`.
  private func rearranged(_ name: String, _ result: Tensor, _ backward: @escaping (Tensor) throws -> Tensor) -> Variable
  {
    Tape.record(name, result, inputs: [self]) { [try backward($0)] }
  }

  public func reshaped(_ shape: [Int]) throws -> Variable {
    let own = self.shape
    return rearranged("reshape", try value.reshaped(shape)) { try $0.reshaped(own) }
  }

  public func permuted(_ order: [Int]) throws -> Variable {
    var inverse = order
    let result = try value.permuted(order)
    for (new, old) in order.enumerated() { inverse[old] = new }
    return rearranged("permute", result) { [inverse] in try $0.permuted(inverse) }
  }

  public func transposed(_ a: Int, _ b: Int) throws -> Variable {
    rearranged("transpose", try value.transposed(a, b)) { try $0.transposed(a, b) }
  }

  public func expanded(to shape: [Int]) throws -> Variable {
    let own = self.shape
    return rearranged("expand", try value.expanded(to: shape)) { try $0.summed(to: own) }
  }

  public func squeezed(_ dimension: Int) throws -> Variable {
    let own = shape
    return rearranged("squeeze", try value.squeezed(dimension)) { try $0.reshaped(own) }
  }

  public func unsqueezed(_ dimension: Int) throws -> Variable {
    let own = shape
    return rearranged("unsqueeze", try value.unsqueezed(dimension)) { try $0.reshaped(own) }
  }

  public func narrowed(_ dimension: Int, start: Int, count: Int) throws -> Variable {
    try Tape.record("index", partOf: self) { try $0.narrowed(dimension, start: start, count: count) }
  }

  public func selected(_ dimension: Int, index: Int) throws -> Variable {
    try Tape.record("index", partOf: self) { try $0.selected(dimension, index: index) }
  }

  public func flipped(_ dimension: Int) throws -> Variable {
    rearranged("flip", try value.flipped(dimension)) { try $0.flipped(dimension) }
  }

  public func padded(_ amounts: [(before: Int, after: Int)], value number: Double) throws -> Variable {
    let own = shape
    return rearranged("pad", try value.padded(amounts, value: number)) { gradient in
      var inside = gradient
      for d in own.indices { inside = try inside.narrowed(d, start: amounts[d].before, count: own[d]) }
      return inside
    }
  }

  public func gathered(_ dimension: Int, _ indices: Tensor) throws -> Variable {
    let own = shape
    return rearranged("gather", try value.gathered(dimension, indices)) {
      try Tensor.scattered($0, dimension, indices, into: own)
    }
  }

  /// Tensors one after the other along an existing dimension.
  public static func concatenated(_ parts: [Variable], _ dimension: Int) throws -> Variable {
    let result = try Tensor.concatenated(parts.map(\.value), dimension)
    let d = try result.checkedDimension(dimension, "concat")
    let sizes = parts.map { (count: $0.shape[d], type: $0.type) }
    return Tape.record("concat", result, inputs: parts) { gradient in
      var start = 0
      return try sizes.map { part in
        defer { start += part.count }
        return try gradient.narrowed(d, start: start, count: part.count).converted(to: part.type)
      }
    }
  }

  /// Tensors of one shape along a new dimension.
  public static func stacked(_ parts: [Variable], _ dimension: Int) throws -> Variable {
    try concatenated(parts.map { try $0.unsqueezed(dimension) }, dimension)
  }
}
