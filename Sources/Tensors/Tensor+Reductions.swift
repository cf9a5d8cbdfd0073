/// Sums, extremes and their relatives over one dimension or over everything.
extension Tensor {
  /// The sum over one dimension (which is dropped unless `keep`), or over all. Float32 adds up in double.
  /// Integers give `int64`.
  public func sum(_ dimension: Int? = nil, keep: Bool = false) throws -> Tensor {
    if !type.isFloating {
      return try converted(to: .float64).sum(dimension, keep: keep).converted(to: .int64)
    }
    return try type == .float32
      ? reduced("sum", dimension, keep, Float.self) { $0 } : reduced("sum", dimension, keep, Double.self) { $0 }
  }

  /// The sum of squares, as `sum`.
  public func sumOfSquares(_ dimension: Int? = nil, keep: Bool = false) throws -> Tensor {
    let x = type.isFloating ? self : converted(to: .float32)
    return try x.type == .float32
      ? x.reduced("norm", dimension, keep, Float.self) { $0 * $0 }
      : x.reduced("norm", dimension, keep, Double.self) { $0 * $0 }
  }

  /// Adds up `term(x)` along a dimension.
  @inline(__always)
  private func reduced<T: FloatingElement>(
    _ operation: String, _ dimension: Int?, _ keep: Bool, _: T.Type, _ term: (Double) -> Double
  ) throws -> Tensor {
    let split = try Split(self, dimension, operation)
    let source = contiguous()
    let result = Tensor(uninitialized: split.resultShape(keep: keep, shape), type)
    try Tensor.withPointers(source, result, of: T.self) { x, y in
      if split.inner == 1 {
        try Kernel.parallel(split.outer) { o in y[o] = T(Tensor.total(x + o * split.length, split.length, term)) }
      } else {
        try Kernel.parallel(split.outer) { o in
          let sums = UnsafeMutablePointer<Double>.allocate(capacity: split.inner)
          defer { sums.deallocate() }
          sums.initialize(repeating: 0, count: split.inner)
          for n in 0..<split.length {
            let row = x + (o * split.length + n) * split.inner
            for i in 0..<split.inner { sums[i] += term(Double(row[i])) }
          }
          for i in 0..<split.inner { y[o * split.inner + i] = T(sums[i]) }
        }
      }
    }
    return result
  }

  @inline(__always)
  private static func total<T: FloatingElement>(_ x: UnsafeMutablePointer<T>, _ count: Int, _ term: (Double) -> Double)
    -> Double
  {
    // Four sums side by side, since one sum waits for itself at every addition.
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    var i = 0
    while i + 4 <= count {
      a += term(Double(x[i]))
      b += term(Double(x[i + 1]))
      c += term(Double(x[i + 2]))
      d += term(Double(x[i + 3]))
      i += 4
    }
    while i < count {
      a += term(Double(x[i]))
      i += 1
    }
    return (a + b) + (c + d)
  }

  /// The smallest or largest elements along a dimension and where they are (`int64`, from 0; the first of equals; NaN counts as extreme).
  public func extreme(largest: Bool, _ dimension: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    switch type {
    case .float32: try extreme(largest, dimension, keep, Float.self)
    case .float64: try extreme(largest, dimension, keep, Double.self)
    case .uint8: try extreme(largest, dimension, keep, UInt8.self)
    case .int32: try extreme(largest, dimension, keep, Int32.self)
    case .int64: try extreme(largest, dimension, keep, Int64.self)
    }
  }

  private func extreme<T: Element>(_ largest: Bool, _ dimension: Int, _ keep: Bool, _: T.Type) throws -> (
    Tensor, Tensor
  ) {
    let operation = largest ? "max" : "min"
    let split = try Split(self, dimension, operation)
    guard split.length > 0 else {
      throw TensorError.shape(operation: operation, found: "\(shape)", expected: "at least one element to choose from")
    }
    let source = contiguous()
    let values = Tensor(uninitialized: split.resultShape(keep: keep, shape), type)
    let indices = Tensor(uninitialized: values.shape, .int64)
    try Tensor.withPointers(source, values, of: T.self) { x, best in
      try Tensor.withPointers(indices, of: Int64.self) { index in
        try Kernel.parallel(split.outer) { o in
          for i in 0..<split.inner {
            best[o * split.inner + i] = x[o * split.length * split.inner + i]
            index[o * split.inner + i] = 0
          }
          for n in 1..<max(1, split.length) {
            let row = x + (o * split.length + n) * split.inner
            for i in 0..<split.inner {
              let (slot, value) = (o * split.inner + i, row[i])
              let isNaN = value != value
              if (largest ? value > best[slot] : value < best[slot]) || (isNaN && best[slot] == best[slot]) {
                best[slot] = value
                index[slot] = Int64(n)
              }
            }
          }
        }
      }
    }
    return (values, indices)
  }

  /// The `count` largest elements along a dimension, largest first, with their places (`int64`, from 0; equals in order of place).
  public func largest(_ count: Int, _ dimension: Int) throws -> (values: Tensor, indices: Tensor) {
    let d = try checkedDimension(dimension, "topk")
    guard count >= 0 && count <= shape[d] else {
      throw TensorError.argument(operation: "topk", name: "k", found: "\(count)", expected: "0...\(shape[d])")
    }
    let rows = try moved(d, to: rank - 1).contiguous()
    let values = rows.array(of: Double.self)
    let (outer, length) = (shape[d] == 0 ? 0 : self.count / shape[d], shape[d])
    var places: [Int64] = []
    places.reserveCapacity(outer * count)
    for o in 0..<outer {
      try Interruption.check()
      let order = (0..<length).sorted { a, b in
        let (x, y) = (values[o * length + a], values[o * length + b])
        return x == y || x.isNaN || y.isNaN ? (x.isNaN && !y.isNaN) || (x.isNaN == y.isNaN && a < b) : x > y
      }
      places += order.prefix(count).map(Int64.init)
    }
    let indices = try Tensor(places, shape: rows.shape.dropLast() + [count]).moved(rank - 1, to: d).contiguous()
    return (try gathered(d, indices), indices)
  }

  /// Dimension `from` moved to place `to`, the others in their order.
  func moved(_ from: Int, to: Int) throws -> Tensor {
    var order = Array(0..<rank)
    order.insert(order.remove(at: from), at: to)
    return try permuted(order)
  }

  /// The sum of a gradient over the dimensions along which an operand of `shape` was broadcast.
  public func summed(to wanted: [Int]) throws -> Tensor {
    if shape == wanted { return self }
    var result = self
    while result.rank > wanted.count { result = try result.sum(0) }
    for d in 0..<wanted.count where wanted[d] == 1 && result.shape[d] != 1 { result = try result.sum(d, keep: true) }
    return result
  }
}

/// A shape seen as outer × length × inner around one dimension; all dimensions as one when none is named.
struct Split {
  let outer: Int
  let length: Int
  let inner: Int
  private let dimension: Int?

  init(_ tensor: Tensor, _ dimension: Int?, _ operation: String) throws {
    guard let dimension else {
      (outer, length, inner) = (1, tensor.count, 1)
      self.dimension = nil
      return
    }
    let d = try tensor.checkedDimension(dimension, operation)
    outer = tensor.shape[..<d].reduce(1, *)
    length = tensor.shape[d]
    inner = tensor.shape[(d + 1)...].reduce(1, *)
    self.dimension = d
  }

  func resultShape(keep: Bool, _ shape: [Int]) -> [Int] {
    guard let dimension else { return keep ? shape.map { _ in 1 } : [] }
    var shape = shape
    if keep { shape[dimension] = 1 } else { shape.remove(at: dimension) }
    return shape
  }
}
