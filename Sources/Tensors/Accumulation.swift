/// Sums over contiguous memory: many lanes of `T` over short blocks, and the blocks' sums in double precision, so that the
/// error doesn't grow with the length and the order of additions is fixed.
enum Accumulation {
  typealias Lanes<T: FloatingElement> = SIMD16<T>
  private static let width = 16
  private static let block = 1024

  /// The sum of `term` at each index of `0..<count`; `lanes` gives sixteen terms at once.
  @inline(__always)
  static func sum<T: FloatingElement>(
    _ count: Int, _: T.Type, lanes: (Int) -> Lanes<T>, term: (Int) -> T
  ) -> Double {
    var total = 0.0
    var i = 0
    while i + width <= count {
      let end = min(i + block, count - count % width)
      var sums = Lanes<T>(repeating: 0)
      while i < end {
        sums += lanes(i)
        i &+= width
      }
      total += sums.sum().asDouble
    }
    while i < count {
      total += term(i).asDouble
      i &+= 1
    }
    return total
  }

  /// Sixteen neighbours.
  @inline(__always)
  static func load<T: FloatingElement>(_ p: UnsafeMutablePointer<T>, _ i: Int) -> Lanes<T> {
    UnsafeRawPointer(p + i).loadUnaligned(as: Lanes<T>.self)
  }

  /// Σ x.
  static func sum<T: FloatingElement>(_ x: UnsafeMutablePointer<T>, _ count: Int) -> Double {
    sum(count, T.self, lanes: { load(x, $0) }, term: { x[$0] })
  }

  /// Σ (x − center)².
  static func squares<T: FloatingElement>(_ x: UnsafeMutablePointer<T>, around center: T, _ count: Int) -> Double {
    let middle = Lanes<T>(repeating: center)
    return sum(
      count, T.self,
      lanes: {
        let d = load(x, $0) - middle
        return d * d
      }, term: { (x[$0] - center) * (x[$0] - center) })
  }

  /// Σ a · (x − center).
  static func products<T: FloatingElement>(
    _ a: UnsafeMutablePointer<T>, _ x: UnsafeMutablePointer<T>, around center: T, _ count: Int
  ) -> Double {
    let middle = Lanes<T>(repeating: center)
    return sum(
      count, T.self, lanes: { load(a, $0) * (load(x, $0) - middle) }, term: { a[$0] * (x[$0] - center) })
  }
}

extension Tensor {
  /// The sum over images and pixels for each channel of `[N, C, …]`: `[C]`.
  public func channelSums() throws -> Tensor {
    guard rank >= 2, type.isFloating else {
      throw TensorError.shape(operation: "channel sums", found: "\(shape)", expected: "[N, C, …] of a floating type")
    }
    let result = Tensor(uninitialized: [shape[1]], type)
    if type == .float32 {
      try channelSums(into: result, Float.self)
    } else {
      try channelSums(into: result, Double.self)
    }
    return result
  }

  private func channelSums<T: FloatingElement>(into result: Tensor, _: T.Type) throws {
    let source = contiguous()
    let (batch, channels) = (shape[0], shape[1])
    let plane = shape.dropFirst(2).reduce(1, *)
    try Tensor.withPointers(source, result, of: T.self) { x, sums in
      try Kernel.parallelRanges(channels, grain: max(1, Tensor.parallelGrain / max(1, batch * plane))) { range in
        for c in range {
          var total = 0.0
          for n in 0..<batch { total += Accumulation.sum(x + (n * channels + c) * plane, plane) }
          sums[c] = T(nearest: total)
        }
      }
    }
  }
}
