/// Arithmetic element by element, with NumPy's broadcasting.
extension Tensor {
  /// `body` applied to each element of a floating tensor; contiguous result.
  @inline(__always)
  func mapped<T: FloatingElement>(_: T.Type, _ body: (T) -> T) -> Tensor {
    let source = contiguous()
    let result = Tensor(uninitialized: shape, type)
    Kernel.run {
      Tensor.withPointers(source, result, of: T.self) { x, y in
        for i in 0..<source.count { y[i] = body(x[i]) }
      }
    }
    return result
  }

  /// `body` applied to each pair of elements of two tensors of type `T`, broadcast against each other.
  @inline(__always)
  static func combined<T: Element, R: Element>(
    _ a: Tensor, _ b: Tensor, _ operation: String, _: T.Type, _: R.Type, _ body: (T, T) -> R
  ) throws -> Tensor {
    let shape = a.shape == b.shape ? a.shape : try broadcastShape(a.shape, b.shape, operation)
    let result = Tensor(uninitialized: shape, R.elementType)
    if result.count == 0 || Kernel.isDry { return result }
    let (left, right) = (try a.expanded(to: shape), try b.expanded(to: shape))
    defer { extendLifetime((a.buffer, b.buffer)) }
    let pa = left.buffer.bytes.assumingMemoryBound(to: T.self)
    let pb = right.buffer.bytes.assumingMemoryBound(to: T.self)
    withPointers(result, of: R.self) { out in
      if left.isContiguous && right.isContiguous {
        let (pa, pb) = (pa + left.offset, pb + right.offset)
        for i in 0..<result.count { out[i] = body(pa[i], pb[i]) }
      } else {
        var row = 0
        forEachRow(left, right) { oa, ob, count, sa, sb in
          for i in 0..<count { out[row &+ i] = body(pa[oa &+ i &* sa], pb[ob &+ i &* sb]) }
          row += count
        }
      }
    }
    return result
  }

  /// The sum of two tensors of one shape and floating type (the one that gradients accumulate with).
  public func adding(_ other: Tensor) -> Tensor {
    precondition(shape == other.shape && type == other.type)
    let (a, b) = (contiguous(), other.contiguous())
    let result = Tensor(uninitialized: shape, type)
    Kernel.run {
      if type == .float32 { Tensor.addContiguous(a, b, result, Float.self) } else { Tensor.addContiguous(a, b, result, Double.self) }
    }
    return result
  }

  private static func addContiguous<T: FloatingElement>(_ a: Tensor, _ b: Tensor, _ result: Tensor, _: T.Type) {
    withPointers(a, b, result, of: T.self) { x, y, out in
      for i in 0..<a.count { out[i] = x[i] + y[i] }
    }
  }
}
