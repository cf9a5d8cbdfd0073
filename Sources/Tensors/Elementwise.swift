/// The loops under element-wise functions.
extension Tensor {
  /// Below this many elements another thread brings little: a few microseconds pass before it joins.
  static let parallelGrain = 1 << 15

  /// `body` of each element of a floating tensor, in contiguous memory.
  @inline(__always)
  func mapped<T: FloatingElement>(_: T.Type, _ body: (T) -> T) throws -> Tensor {
    try Tensor.checkingMemory(shape, type)
    let source = contiguous()
    let result = Tensor(uninitialized: shape, type)
    try Tensor.withPointers(source, result, of: T.self) { x, y in
      try Kernel.parallelRanges(source.count, grain: Tensor.parallelGrain) { range in
        for i in range { y[i] = body(x[i]) }
      }
    }
    return result
  }

  /// `body` of each pair of elements of two tensors of type `T`, broadcast against each other.
  @inline(__always)
  static func combined<T: Element, R: Element>(
    _ a: Tensor, _ b: Tensor, _ operation: String, _: T.Type, _: R.Type, _ body: (T, T) -> R
  ) throws -> Tensor {
    let shape = a.shape == b.shape ? a.shape : try broadcastShape(a.shape, b.shape, operation)
    try checkingMemory(shape, R.elementType)
    let result = Tensor(uninitialized: shape, R.elementType)
    if result.count == 0 || Kernel.isDry { return result }
    let (left, right) = (try a.expanded(to: shape), try b.expanded(to: shape))
    defer { extendLifetime((a.buffer, b.buffer)) }
    let pa = left.buffer.bytes.assumingMemoryBound(to: T.self)
    let pb = right.buffer.bytes.assumingMemoryBound(to: T.self)
    try withPointers(result, of: R.self) { out in
      if left.isContiguous && right.isContiguous {
        let (pa, pb) = (pa + left.offset, pb + right.offset)
        try Kernel.parallelRanges(result.count, grain: parallelGrain) { range in
          for i in range { out[i] = body(pa[i], pb[i]) }
        }
      } else {
        var row = 0
        forEachRow(left, right) { oa, ob, count, sa, sb in
          for i in 0..<count { out[row &+ i] = body(pa[oa &+ i &* sa], pb[ob &+ i &* sb]) }
          row += count
        }
        try Interruption.check()
      }
    }
    return result
  }

  /// Adds `other`, of this shape and floating type, to this tensor's own memory, and gives the sum.
  public func accumulate(_ other: Tensor) throws -> Tensor {
    precondition(shape == other.shape && type == other.type && type.isFloating)
    guard isContiguous else { return try adding(other) }
    let other = other.contiguous()
    func add<T: FloatingElement>(_: T.Type) throws {
      try Tensor.withPointers(self, other, of: T.self) { x, y in
        try Kernel.parallelRanges(count, grain: Tensor.parallelGrain) { range in
          for i in range { x[i] += y[i] }
        }
      }
    }
    if type == .float32 { try add(Float.self) } else { try add(Double.self) }
    return self
  }

  /// The sum of two tensors of one shape and floating type: what gradients accumulate with.
  public func adding(_ other: Tensor) throws -> Tensor {
    precondition(shape == other.shape && type == other.type && type.isFloating)
    return try Tensor.combining(.add, self, other)
  }
}
