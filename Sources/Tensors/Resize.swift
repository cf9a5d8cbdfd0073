/// How an image gets another size.
public enum ResizeMode: Sendable, Equatable {
  /// The source pixel ⌊i · in / out⌋.
  case nearest
  /// Between the two nearest source pixels in each direction. With `alignCorners` source `i · (in − 1) / (out − 1)`, else
  /// `(i + ½) · in / out − ½`, not below 0. No smoothing when shrinking.
  case bilinear(alignCorners: Bool)
}

/// Where the pixels along one axis of a resized image come from: `(1 − weight) · source[low] + weight · source[high]`.
struct ResizeAxis {
  var low: [Int] = []
  var high: [Int] = []
  var weight: [Double] = []

  init(from input: Int, to output: Int, alignCorners: Bool) {
    for i in 0..<output {
      let source =
        alignCorners
        ? (output > 1 ? Double(i * (input - 1)) / Double(output - 1) : 0)
        : max(0, (Double(i) + 0.5) * Double(input) / Double(output) - 0.5)
      let first = min(Int(source), input - 1)
      low.append(first)
      high.append(min(first + 1, input - 1))
      weight.append(source - Double(first))
    }
  }
}

extension Tensor {
  /// Images `[…, H, W]` at another size `[…, height, width]`. Any type for `.nearest`, floating types for `.bilinear`.
  /// - Throws: `TensorError` where the shape, type or size doesn't fit; `Interrupted`.
  public func resized(height: Int, width: Int, _ mode: ResizeMode) throws -> Tensor {
    guard rank >= 2, shape[rank - 1] > 0, shape[rank - 2] > 0 else {
      throw TensorError.shape(operation: "resize", found: "\(shape)", expected: "[…, H, W] with at least one pixel")
    }
    guard height > 0, width > 0 else {
      throw TensorError.argument(
        operation: "resize", name: "size", found: "\(height)×\(width)", expected: "a positive height and width")
    }
    try Tensor.checkingMemory(shape.dropLast(2) + [height, width], type)
    let source = contiguous()
    let result = Tensor(uninitialized: shape.dropLast(2) + [height, width], type)
    switch (mode, type) {
    case (.nearest, .float32), (.nearest, .int32): try source.resizeNearest(into: result, UInt32.self)
    case (.nearest, .float64), (.nearest, .int64): try source.resizeNearest(into: result, UInt64.self)
    case (.nearest, .uint8): try source.resizeNearest(into: result, UInt8.self)
    case (.bilinear(let align), .float32): try source.resizeBilinear(into: result, align, Float.self)
    case (.bilinear(let align), .float64): try source.resizeBilinear(into: result, align, Double.self)
    case (.bilinear, _):
      throw TensorError.type(operation: "resize", found: type, expected: "float32 or float64 for bilinear")
    }
    return result
  }

  private var planes: Int { shape.dropLast(2).reduce(1, *) }

  /// Copies elements as bits of their size.
  private func resizeNearest<Bits>(into result: Tensor, _: Bits.Type) throws {
    let (inputHeight, inputWidth) = (shape[rank - 2], shape[rank - 1])
    let (height, width) = (result.shape[rank - 2], result.shape[rank - 1])
    let columns = (0..<width).map { $0 * inputWidth / width }
    let source = buffer.bytes.assumingMemoryBound(to: Bits.self) + offset
    let target = result.buffer.bytes.assumingMemoryBound(to: Bits.self)
    defer { extendLifetime((buffer, result.buffer)) }
    try Kernel.parallelRanges(planes * height, grain: max(1, Tensor.parallelGrain / width)) { rows in
      for row in rows {
        let (plane, y) = row.quotientAndRemainder(dividingBy: height)
        let line = source + (plane * inputHeight + y * inputHeight / height) * inputWidth
        let out = target + row * width
        for x in 0..<width { out[x] = line[columns[x]] }
      }
    }
  }

  /// The adjoint of `resized`: from the gradient of the resized images, that of images `[…, H, W]`.
  /// - Parameter gradient: floating, shaped like the result of `resized`.
  public static func resizeGradient(_ gradient: Tensor, height: Int, width: Int, _ mode: ResizeMode) throws -> Tensor {
    let gradient = gradient.contiguous()
    let result = Tensor(uninitialized: gradient.shape.dropLast(2) + [height, width], gradient.type)
    if gradient.type == .float32 {
      try gradient.resizeGradient(into: result, mode, Float.self)
    } else {
      try gradient.resizeGradient(into: result, mode, Double.self)
    }
    return result
  }
}

extension ResizeAxis {
  init(_ mode: ResizeMode, from input: Int, to output: Int) {
    switch mode {
    case .bilinear(let align): self.init(from: input, to: output, alignCorners: align)
    case .nearest: self.init(nearestFrom: input, to: output)
    }
  }

  /// One source pixel each, with all the weight.
  private init(nearestFrom input: Int, to output: Int) {
    low = (0..<output).map { $0 * input / output }
    high = low
    weight = [Double](repeating: 0, count: output)
  }
}
