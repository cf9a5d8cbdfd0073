/// A window that moves over each plane of `[N, C, H, W]`. Sizes are rounded down: a window that sticks out further than the
/// padding is left out (PyTorch's `ceil_mode = false`).
public struct Pooling: Sendable, Equatable {
  /// Each pair is (vertical, horizontal).
  public var kernel: [Int]
  public var stride: [Int]
  public var padding: [Int]

  public init(kernel: [Int], stride: [Int]? = nil, padding: [Int] = [0, 0]) {
    (self.kernel, self.stride, self.padding) = (kernel, stride ?? kernel, padding)
  }

  /// `[N, C, H', W']`.
  /// - Throws: `TensorError` where the window doesn't fit.
  public func outputShape(_ input: [Int], _ operation: String) throws -> [Int] {
    guard input.count == 4 else {
      throw TensorError.shape(operation: operation, found: "\(input)", expected: "[N, C, H, W]")
    }
    for (name, values, least) in [("kernel", kernel, 1), ("stride", stride, 1), ("padding", padding, 0)] {
      guard values.count == 2, values.allSatisfy({ $0 >= least && $0 <= 1 << 20 }) else {
        throw TensorError.argument(
          operation: operation, name: name, found: "\(values)", expected: "two numbers of at least \(least)")
      }
    }
    guard (0..<2).allSatisfy({ 2 * padding[$0] <= kernel[$0] }) else {
      throw TensorError.argument(
        operation: operation, name: "padding", found: "\(padding)", expected: "at most half of the kernel \(kernel)")
    }
    guard (0..<2).allSatisfy({ input[2 + $0] + 2 * padding[$0] >= kernel[$0] }) else {
      throw TensorError.shape(
        operation: operation, found: "\(input)", expected: "an image with its padding at least as large as \(kernel)")
    }
    return [input[0], input[1]] + (0..<2).map { (input[2 + $0] + 2 * padding[$0] - kernel[$0]) / stride[$0] + 1 }
  }

  /// The part of the window at output position `i` that lies in the image.
  @inline(__always)
  func window(_ i: Int, axis: Int, size: Int) -> Range<Int> {
    let start = i * stride[axis] - padding[axis]
    return max(0, start)..<min(size, start + kernel[axis])
  }
}

extension Tensor {
  /// The largest value in each window, and where it was (`int32`, row-major in its plane; the first of equals).
  public func maxPooled(_ pooling: Pooling) throws -> (values: Tensor, indices: Tensor) {
    let shape = try pooling.outputShape(self.shape, "max_pool")
    try requireFloating("max_pool")
    let (values, indices) = (Tensor(uninitialized: shape, type), Tensor(uninitialized: shape, .int32))
    if type == .float32 {
      try contiguous().maxPool(pooling, values, indices, Float.self)
    } else {
      try contiguous().maxPool(pooling, values, indices, Double.self)
    }
    return (values, indices)
  }

  func requireFloating(_ operation: String) throws {
    guard type.isFloating else {
      throw TensorError.type(operation: operation, found: type, expected: "float32 or float64")
    }
  }

  private func maxPool<T: FloatingElement>(_ pooling: Pooling, _ values: Tensor, _ indices: Tensor, _: T.Type) throws {
    let (height, width) = (shape[2], shape[3])
    let (rows, columns) = (values.shape[2], values.shape[3])
    try Tensor.withPointers(self, values, of: T.self) { source, values in
      try Tensor.withPointers(indices, of: Int32.self) { indices in
        try Normalization.forEachChannel(shape[0] * shape[1], elements: height * width) { plane in
          let source = source + plane * height * width
          var target = plane * rows * columns
          for y in 0..<rows {
            let vertical = pooling.window(y, axis: 0, size: height)
            for x in 0..<columns {
              let horizontal = pooling.window(x, axis: 1, size: width)
              var best = vertical.lowerBound * width + horizontal.lowerBound
              var value = source[best]
              for row in vertical {
                for i in row &* width &+ horizontal.lowerBound..<row &* width &+ horizontal.upperBound {
                  let candidate = source[i]
                  if candidate > value || candidate.isNaN { (best, value) = (i, candidate) }
                }
              }
              values[target] = value
              indices[target] = Int32(truncatingIfNeeded: best)
              target += 1
            }
          }
        }
      }
    }
  }

  /// The adjoint of `maxPooled`: each value's gradient goes to where the value came from.
  public static func maxPoolGradient(_ gradient: Tensor, indices: Tensor, height: Int, width: Int) throws -> Tensor {
    let gradient = gradient.contiguous()
    let result = Tensor(zeros: [gradient.shape[0], gradient.shape[1], height, width], gradient.type)
    if gradient.type == .float32 {
      try gradient.maxPoolGradient(indices, into: result, Float.self)
    } else {
      try gradient.maxPoolGradient(indices, into: result, Double.self)
    }
    return result
  }

  private func maxPoolGradient<T: FloatingElement>(_ indices: Tensor, into result: Tensor, _: T.Type) throws {
    let (from, to) = (shape[2] * shape[3], result.shape[2] * result.shape[3])
    try Tensor.withPointers(self, result, of: T.self) { gradient, target in
      try Tensor.withPointers(indices, of: Int32.self) { indices in
        try Normalization.forEachChannel(shape[0] * shape[1], elements: to) { plane in
          for i in plane * from..<(plane + 1) * from { target[plane * to + Int(indices[i])] += gradient[i] }
        }
      }
    }
  }

  /// The mean of each window; padding counts as zeros, as PyTorch's `count_include_pad` has it.
  public func averagePooled(_ pooling: Pooling) throws -> Tensor {
    let result = Tensor(uninitialized: try pooling.outputShape(shape, "average_pool"), type)
    try requireFloating("average_pool")
    if type == .float32 {
      try contiguous().averagePool(pooling, into: result, Float.self)
    } else {
      try contiguous().averagePool(pooling, into: result, Double.self)
    }
    return result
  }

  private func averagePool<T: FloatingElement>(_ pooling: Pooling, into result: Tensor, _: T.Type) throws {
    let (height, width) = (shape[2], shape[3])
    let (rows, columns) = (result.shape[2], result.shape[3])
    let share = 1 / Double(pooling.kernel[0] * pooling.kernel[1])
    try Tensor.withPointers(self, result, of: T.self) { source, target in
      try Normalization.forEachChannel(shape[0] * shape[1], elements: height * width) { plane in
        let source = source + plane * height * width
        var target = target + plane * rows * columns
        for y in 0..<rows {
          for x in 0..<columns {
            let horizontal = pooling.window(x, axis: 1, size: width)
            var sum = 0.0
            for row in pooling.window(y, axis: 0, size: height) {
              sum += Accumulation.sum(source + (row * width + horizontal.lowerBound), horizontal.count)
            }
            target.pointee = T(nearest: sum * share)
            target += 1
          }
        }
      }
    }
  }

  /// The adjoint of `averagePooled`.
  public static func averagePoolGradient(_ gradient: Tensor, _ pooling: Pooling, height: Int, width: Int) throws
    -> Tensor
  {
    let gradient = gradient.contiguous()
    let result = Tensor(zeros: [gradient.shape[0], gradient.shape[1], height, width], gradient.type)
    if gradient.type == .float32 {
      try gradient.averagePoolGradient(pooling, into: result, Float.self)
    } else {
      try gradient.averagePoolGradient(pooling, into: result, Double.self)
    }
    return result
  }

  private func averagePoolGradient<T: FloatingElement>(_ pooling: Pooling, into result: Tensor, _: T.Type) throws {
    let (height, width) = (result.shape[2], result.shape[3])
    let (rows, columns) = (shape[2], shape[3])
    let share = T(nearest: 1 / Double(pooling.kernel[0] * pooling.kernel[1]))
    try Tensor.withPointers(self, result, of: T.self) { gradient, target in
      try Normalization.forEachChannel(shape[0] * shape[1], elements: height * width) { plane in
        let target = target + plane * height * width
        var gradient = gradient + plane * rows * columns
        for y in 0..<rows {
          for x in 0..<columns {
            let horizontal = pooling.window(x, axis: 1, size: width)
            for row in pooling.window(y, axis: 0, size: height) {
              for column in horizontal { target[row * width + column] += gradient.pointee * share }
            }
            gradient += 1
          }
        }
      }
    }
  }
}
