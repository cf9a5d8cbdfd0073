/// Putting tensors together, taking elements out by index, mirroring and padding.
extension Tensor {
  /// Tensors one after the other along an existing dimension; all other sizes are equal.
  public static func concatenated(_ tensors: [Tensor], _ dimension: Int) throws -> Tensor {
    guard let first = tensors.first else {
      throw TensorError.argument(operation: "concat", name: "tensors", found: "empty", expected: "at least one tensor")
    }
    let d = try first.checkedDimension(dimension, "concat")
    let type = tensors.dropFirst().reduce(first.type) { $0 == $1.type ? $0 : commonType($0, $1.type) }
    var shape = first.shape
    shape[d] = 0
    for tensor in tensors {
      var other = tensor.shape
      if other.count == shape.count { other[d] = shape[d] }
      guard other == shape else {
        throw TensorError.shape(
          operation: "concat", found: tensors.map { "\($0.shape)" }.joined(separator: ", "),
          expected: "equal sizes but for dimension \(d)")
      }
      shape[d] += tensor.shape[d]
    }
    let result = Tensor(uninitialized: shape, type)
    var start = 0
    for tensor in tensors {
      try result.narrowed(d, start: start, count: tensor.shape[d]).assign(tensor)
      start += tensor.shape[d]
    }
    return result
  }

  /// Mirrored along one dimension.
  public func flipped(_ dimension: Int) throws -> Tensor {
    let d = try checkedDimension(dimension, "flip")
    if shape[d] == 0 { return self }
    var strides = strides
    let last = offset + (shape[d] - 1) * strides[d]
    strides[d] = -strides[d]
    return Tensor(buffer: buffer, type: type, shape: shape, strides: strides, offset: last).copy()
  }

  /// `amounts[d] = (before, after)` elements of `value` around each dimension.
  public func padded(_ amounts: [(before: Int, after: Int)], value: Double) throws -> Tensor {
    guard amounts.count == rank,
      amounts.allSatisfy({ (0...1 << 40).contains($0.before) && (0...1 << 40).contains($0.after) })
    else {
      throw TensorError.argument(
        operation: "pad", name: "amounts", found: "\(amounts)",
        expected: "two numbers, not negative, for each of \(rank) dimensions")
    }
    let padded = zip(shape, amounts).map { $0 + $1.before + $1.after }
    try Tensor.checkingMemory(padded, type)
    let result = Tensor(filling: padded, with: value, type)
    var inside = result
    for d in 0..<rank { inside = try inside.narrowed(d, start: amounts[d].before, count: shape[d]) }
    inside.assign(self)
    return result
  }

  /// The element whose index along `dimension` is given by `indices` (`int64` or `int32`, from 0), the other indices as in the result.
  public func gathered(_ dimension: Int, _ indices: Tensor) throws -> Tensor {
    let d = try checkedDimension(dimension, "gather")
    let places = try checkedPlaces(indices, d, "gather")
    let result = Tensor(uninitialized: indices.shape, type)
    let (source, width) = (contiguous(), type.byteCount)
    defer { extendLifetime((source.buffer, result.buffer)) }
    let (from, to) = (source.buffer.bytes + source.offset * width, result.buffer.bytes)
    Kernel.run {
      for i in 0..<places.count { (to + i * width).copyMemory(from: from + places[i] * width, byteCount: width) }
    }
    return result
  }

  /// The adjoint of `gathered`: adds each element of `values` to the place in a zero tensor of `shape` that it was taken from.
  public static func scattered(_ values: Tensor, _ dimension: Int, _ indices: Tensor, into shape: [Int]) throws
    -> Tensor
  {
    let result = Tensor(zeros: shape, values.type)
    let places = try result.checkedPlaces(indices, try result.checkedDimension(dimension, "gather"), "gather")
    func add<T: FloatingElement>(_: T.Type) {
      withPointers(values.contiguous(), result, of: T.self) { x, y in
        for i in 0..<places.count { y[places[i]] += x[i] }
      }
    }
    Kernel.run { if values.type == .float32 { add(Float.self) } else { add(Double.self) } }
    return result
  }

  /// Row-major offsets of what `indices` address, checked.
  private func checkedPlaces(_ indices: Tensor, _ d: Int, _ operation: String) throws -> [Int] {
    guard indices.type == .int64 || indices.type == .int32 else {
      throw TensorError.type(operation: operation, found: indices.type, expected: "int64 or int32 indices")
    }
    guard indices.rank == rank, (0..<rank).allSatisfy({ $0 == d || indices.shape[$0] <= shape[$0] }) else {
      throw TensorError.shape(
        operation: operation, found: "\(shape) with indices \(indices.shape)",
        expected: "indices of the same rank, no larger but in dimension \(d)")
    }
    if Kernel.isDry { return [] }
    let strides = Tensor.rowMajorStrides(shape)
    let wanted = indices.array(of: Int64.self)
    var position = [Int](repeating: 0, count: rank)
    var places = [Int](repeating: 0, count: wanted.count)
    for i in 0..<wanted.count {
      let index = Int(wanted[i])
      guard index >= 0 && index < shape[d] else {
        throw TensorError.argument(
          operation: operation, name: "index", found: "\(index) (counting from 0)", expected: "0..<\(shape[d])")
      }
      var place = 0
      for k in 0..<rank { place += (k == d ? index : position[k]) * strides[k] }
      places[i] = place
      var k = rank - 1
      while k >= 0 {
        position[k] += 1
        if position[k] < indices.shape[k] { break }
        position[k] = 0
        k -= 1
      }
    }
    return places
  }

  /// More classes than this are a slip of the hand.
  private static let mostOneHotClasses = 1 << 20

  /// Class ids (any integer type, from 0) of shape `[N, …]` as 0 or 1 over a new dimension 1 of `classes`; other ids give all zeros.
  public func oneHot(_ classes: Int, _ type: ElementType = .float32) throws -> Tensor {
    guard (1...Tensor.mostOneHotClasses).contains(classes) else {
      throw TensorError.argument(
        operation: "one_hot", name: "classes", found: "\(classes)", expected: "1 to \(Tensor.mostOneHotClasses)")
    }
    let at = min(1, rank)
    let ids = Tensor((0..<Int64(classes)).map { $0 }, shape: [classes] + [Int](repeating: 1, count: rank - at))
    return try Tensor.comparing(.equal, unsqueezed(at), ids).converted(to: type)
  }
}
