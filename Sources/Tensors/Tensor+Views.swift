/// Views: other shapes on the same buffer, no element moves. Dimensions count from 0; negative ones from the end.
extension Tensor {
  /// `dimension` made non-negative, or an error that names `operation`.
  public func checkedDimension(_ dimension: Int, _ operation: String) throws -> Int {
    let d = dimension < 0 ? dimension + rank : dimension
    guard d >= 0 && d < rank else {
      throw TensorError.argument(
        operation: operation, name: "dimension", found: "\(dimension)", expected: "a dimension of the shape \(shape)")
    }
    return d
  }

  private func view(_ shape: [Int], _ strides: [Int], offset: Int? = nil) -> Tensor {
    Tensor(buffer: buffer, type: type, shape: shape, strides: strides, offset: offset ?? self.offset)
  }

  /// The same elements in another shape; one entry may be -1 and is worked out. Copies only where a view can't do it.
  public func reshaped(_ wanted: [Int]) throws -> Tensor {
    var shape = wanted
    if let unknown = wanted.firstIndex(of: -1) {
      let rest = wanted.enumerated().reduce(1) { $1.offset == unknown ? $0 : $0 * $1.element }
      shape[unknown] = rest == 0 ? 0 : count / rest
    }
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1, *) == count else {
      throw TensorError.shape(
        operation: "reshape", found: "\(self.shape) and \(wanted)", expected: "a shape of \(count) elements")
    }
    return contiguous().view(shape, Tensor.rowMajorStrides(shape))
  }

  /// Dimensions in another order.
  public func permuted(_ order: [Int]) throws -> Tensor {
    guard order.sorted() == Array(0..<rank) else {
      throw TensorError.argument(
        operation: "permute", name: "order", found: "\(order)", expected: "each of 0..<\(rank) once")
    }
    return view(order.map { shape[$0] }, order.map { strides[$0] })
  }

  public func transposed(_ a: Int, _ b: Int) throws -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(try checkedDimension(a, "transpose"), try checkedDimension(b, "transpose"))
    return try permuted(order)
  }

  /// The part `start..<start + count` of one dimension.
  public func narrowed(_ dimension: Int, start: Int, count: Int) throws -> Tensor {
    let d = try checkedDimension(dimension, "narrow")
    guard start >= 0, count >= 0, start + count <= shape[d] else {
      throw TensorError.argument(
        operation: "narrow", name: "range", found: "\(start)..<\(start + count)", expected: "within 0..<\(shape[d])")
    }
    return part(d, start: start, count: count)
  }

  /// The same for a range that is known to fit.
  func part(_ d: Int, start: Int, count: Int) -> Tensor {
    var shape = shape
    shape[d] = count
    return view(shape, strides, offset: offset + start * strides[d])
  }

  /// One index of one dimension, which is dropped.
  public func selected(_ dimension: Int, index: Int) throws -> Tensor {
    let d = try checkedDimension(dimension, "select")
    let part = try narrowed(d, start: index, count: 1)
    var (shape, strides) = (part.shape, part.strides)
    shape.remove(at: d)
    strides.remove(at: d)
    return part.view(shape, strides)
  }

  /// Repeats along dimensions of size 1 (and new leading ones) without copying, as NumPy broadcasts.
  public func expanded(to wanted: [Int]) throws -> Tensor {
    let missing = wanted.count - rank
    guard missing >= 0, zip(shape, wanted.dropFirst(missing)).allSatisfy({ $0 == $1 || $0 == 1 }) else {
      throw TensorError.shape(
        operation: "expand", found: "\(shape)", expected: "sizes equal to those of \(wanted), or 1")
    }
    let strides = zip(shape, zip(self.strides, wanted.dropFirst(missing))).map { $0 == $1.1 ? $1.0 : 0 }
    return view(wanted, [Int](repeating: 0, count: missing) + strides)
  }

  public func squeezed(_ dimension: Int) throws -> Tensor {
    let d = try checkedDimension(dimension, "squeeze")
    guard shape[d] == 1 else {
      throw TensorError.shape(operation: "squeeze", found: "\(shape)", expected: "size 1 in dimension \(d)")
    }
    return try selected(d, index: 0)
  }

  /// A new dimension of size 1 before `dimension` (which may equal the rank).
  public func unsqueezed(_ dimension: Int) throws -> Tensor {
    let d = dimension < 0 ? dimension + rank + 1 : dimension
    guard d >= 0 && d <= rank else {
      throw TensorError.argument(
        operation: "unsqueeze", name: "dimension", found: "\(dimension)", expected: "0...\(rank)")
    }
    var (shape, strides) = (shape, strides)
    shape.insert(1, at: d)
    strides.insert(d < rank ? self.shape[d] * self.strides[d] : 1, at: d)
    return view(shape, strides)
  }

  /// The shape that `a` and `b` broadcast to, as NumPy does it.
  public static func broadcastShape(_ a: [Int], _ b: [Int], _ operation: String) throws -> [Int] {
    let rank = max(a.count, b.count)
    let left = [Int](repeating: 1, count: rank - a.count) + a
    let right = [Int](repeating: 1, count: rank - b.count) + b
    return try zip(left, right).map { x, y in
      guard x == y || x == 1 || y == 1 else {
        throw TensorError.shape(
          operation: operation, found: "\(a) and \(b)", expected: "sizes that are equal or 1, dimension by dimension")
      }
      return x == 1 ? y : x
    }
  }
}
