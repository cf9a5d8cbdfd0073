/// Moving elements between views: copying, filling, converting.
extension Tensor {
  /// Calls `body` with element offsets into `self` and `other` (same shape) for each innermost row: (offset, offset, length, strides).
  @inline(__always)
  static func forEachRow(
    _ a: Tensor, _ b: Tensor, _ body: (_ a: Int, _ b: Int, _ count: Int, _ strideA: Int, _ strideB: Int) -> Void
  ) {
    let shape = a.shape
    if a.count == 0 { return }
    guard let length = shape.last else { return body(a.offset, b.offset, 1, 1, 1) }
    let outer = shape.count - 1
    var index = [Int](repeating: 0, count: outer)
    var (pa, pb) = (a.offset, b.offset)
    while true {
      body(pa, pb, length, a.strides[outer], b.strides[outer])
      var d = outer - 1
      while d >= 0 {
        index[d] += 1
        pa += a.strides[d]
        pb += b.strides[d]
        if index[d] < shape[d] { break }
        pa -= a.strides[d] * shape[d]
        pb -= b.strides[d] * shape[d]
        index[d] = 0
        d -= 1
      }
      if d < 0 { return }
    }
  }

  /// Copies `source` (same shape, any type) into the elements of this view.
  public func assign(_ source: Tensor) {
    precondition(source.shape == shape, "assigning \(source.shape) to \(shape)")
    let pieces = max(1, min(Kernel.threads, count / Tensor.parallelGrain))
    // Within one memory an element may have to be read before another thread writes there.
    guard pieces > 1, buffer !== source.buffer, let d = shape.firstIndex(where: { $0 >= pieces }) else {
      return Kernel.run { copyElements(of: source) }
    }
    Kernel.complete(pieces) { piece in
      let start = shape[d] * piece / pieces
      let count = shape[d] * (piece + 1) / pieces - start
      part(d, start: start, count: count).copyElements(of: source.part(d, start: start, count: count))
    }
  }

  private func copyElements(of source: Tensor) {
    switch type {
    case .float32: assign(source, to: Float.self)
    case .float64: assign(source, to: Double.self)
    case .uint8: assign(source, to: UInt8.self)
    case .int32: assign(source, to: Int32.self)
    case .int64: assign(source, to: Int64.self)
    }
  }

  private func assign<D: Element>(_ source: Tensor, to _: D.Type) {
    switch source.type {
    case .float32: assign(source, from: Float.self, to: D.self)
    case .float64: assign(source, from: Double.self, to: D.self)
    case .uint8: assign(source, from: UInt8.self, to: D.self)
    case .int32: assign(source, from: Int32.self, to: D.self)
    case .int64: assign(source, from: Int64.self, to: D.self)
    }
  }

  private func assign<S: Element, D: Element>(_ source: Tensor, from _: S.Type, to _: D.Type) {
    let to = buffer.bytes.assumingMemoryBound(to: D.self)
    let from = source.buffer.bytes.assumingMemoryBound(to: S.self)
    defer { extendLifetime((buffer, source.buffer)) }
    if S.self == D.self {
      let from = UnsafeMutableRawPointer(from).assumingMemoryBound(to: D.self)
      if isContiguous && source.isContiguous {
        (to + offset).update(from: from + source.offset, count: count)
        return
      }
      Tensor.forEachRow(self, source) { a, b, count, strideA, strideB in
        if strideA == 1 && strideB == 1 {
          (to + a).update(from: from + b, count: count)
        } else {
          for i in 0..<count { to[a &+ i &* strideA] = from[b &+ i &* strideB] }
        }
      }
    } else {
      Tensor.forEachRow(self, source) { a, b, count, strideA, strideB in
        for i in 0..<count { to[a &+ i &* strideA] = D(nearest: from[b &+ i &* strideB].asDouble) }
      }
    }
  }

  /// Every element becomes `value`.
  public func fill(_ value: Double) {
    Kernel.run {
      switch type {
      case .float32: fillElements(Float(nearest: value))
      case .float64: fillElements(value)
      case .uint8: fillElements(UInt8(nearest: value))
      case .int32: fillElements(Int32(nearest: value))
      case .int64: fillElements(Int64(nearest: value))
      }
    }
  }

  private func fillElements<T: Element>(_ value: T) {
    let to = buffer.bytes.assumingMemoryBound(to: T.self)
    defer { extendLifetime(buffer) }
    Tensor.forEachRow(self, self) { a, _, count, strideA, _ in
      for i in 0..<count { to[a &+ i &* strideA] = value }
    }
  }

  /// A copy with another element type: toward zero and saturating where integers can't hold a value.
  public func converted(to type: ElementType) -> Tensor {
    if type == self.type { return self }
    let result = Tensor(uninitialized: shape, type)
    result.assign(self)
    return result
  }
}
