/// Sums of several maps, as networks with parallel branches fuse them.
extension Tensor {
  /// The sum of tensors of one shape and floating type, in order; with a ReLU after it if asked.
  public static func sum(_ terms: [Tensor], relu: Bool) throws -> Tensor {
    guard let first = terms.first, terms.allSatisfy({ $0.shape == first.shape && $0.type == first.type }) else {
      throw TensorError.shape(
        operation: "add", found: terms.map { "\($0.shape)" }.joined(separator: " and "), expected: "one shape and type")
    }
    try first.requireFloating("add")
    let result = Tensor(uninitialized: first.shape, first.type)
    let sources = terms.map { $0.contiguous() }
    if first.type == .float32 {
      try sum(sources, relu, into: result, Float.self)
    } else {
      try sum(sources, relu, into: result, Double.self)
    }
    return result
  }

  private static func sum<T: FloatingElement>(_ terms: [Tensor], _ relu: Bool, into result: Tensor, _: T.Type) throws {
    let sources = terms.map { $0.address(T.self) }
    defer { extendLifetime(terms) }
    let block = 1 << 12
    try withPointers(result, of: T.self) { y in
      try Kernel.parallelRanges(result.count, grain: Tensor.parallelGrain) { range in
        // Block by block, so that the running sum stays in the cache.
        for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
          let y = y + start
          let count = min(block, range.upperBound - start)
          y.update(from: sources[0] + start, count: count)
          for source in sources.dropFirst() {
            let x = source + start
            for i in 0..<count { y[i] += x[i] }
          }
          if relu {
            for i in 0..<count { y[i] = larger(y[i], 0) }
          }
        }
      }
    }
  }

  /// This gradient where `result`, of a ReLU, is positive, and 0 elsewhere.
  public func masked(where result: Tensor) throws -> Tensor {
    let (gradient, result) = (contiguous(), result.contiguous())
    let back = Tensor(uninitialized: shape, type)
    func run<T: FloatingElement>(_: T.Type) throws {
      try Tensor.withPointers(gradient, result, back, of: T.self) { g, y, dx in
        try Kernel.parallelRanges(count, grain: Tensor.parallelGrain) { range in
          for i in range {
            // Loaded whatever y is, so that the loop becomes vector code.
            let value = g[i]
            dx[i] = y[i] > 0 ? value : 0
          }
        }
      }
    }
    if type == .float32 { try run(Float.self) } else { try run(Double.self) }
    return back
  }
}
