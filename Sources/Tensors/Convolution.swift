import Kernels

/// The geometry of a two-dimensional convolution (cross-correlation, as networks use the word), and its three products.
///
/// Input `[N, C, H, W]`, weight `[O, C, kh, kw]`, output `[N, O, H', W']` with
/// `H' = (H + 2·padding − dilation·(kh − 1) − 1) / stride + 1`, rounded down. How the products are computed, and how
/// memory is laid out meanwhile, is known in this type only.
public struct Convolution: Sendable, Equatable {
  /// One of the two directions of the image.
  public struct Axis: Sendable, Equatable {
    public let size: Int
    public let kernel: Int
    public let stride: Int
    public let padding: Int
    public let dilation: Int
    /// Output positions along this axis.
    public var outputSize: Int { (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1 }
  }

  /// How the window moves; each pair is (vertical, horizontal).
  public struct Window: Sendable, Equatable {
    public var stride: [Int]
    public var padding: [Int]
    public var dilation: [Int]

    public init(stride: [Int], padding: [Int], dilation: [Int]) {
      (self.stride, self.padding, self.dilation) = (stride, padding, dilation)
    }

    /// The same in both directions.
    public init(stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
      self.init(stride: [stride, stride], padding: [padding, padding], dilation: [dilation, dilation])
    }
  }

  public let batch: Int
  public let inputs: Int
  public let outputs: Int
  public let rows: Axis
  public let columns: Axis

  /// - Throws: `TensorError` where the shapes, or the window's numbers, don't make a convolution.
  public init(input: [Int], weight: [Int], window: Window = Window()) throws {
    guard input.count == 4, weight.count == 4, input[1] == weight[1] else {
      throw TensorError.shape(
        operation: "conv2d", found: "input \(input) and weight \(weight)",
        expected: "an input [N, C, H, W] and a weight [O, C, kh, kw]")
    }
    for (name, values, least) in [
      ("stride", window.stride, 1), ("padding", window.padding, 0), ("dilation", window.dilation, 1),
    ] {
      guard values.count == 2, values.allSatisfy({ $0 >= least && $0 <= 1 << 20 }) else {
        throw TensorError.argument(
          operation: "conv2d", name: name, found: "\(values)", expected: "two numbers of at least \(least)")
      }
    }
    func axis(_ d: Int) -> Axis {
      Axis(
        size: input[2 + d], kernel: weight[2 + d], stride: window.stride[d], padding: window.padding[d],
        dilation: window.dilation[d])
    }
    (batch, inputs, outputs) = (input[0], input[1], weight[0])
    (rows, columns) = (axis(0), axis(1))
    for axis in [rows, columns] {
      guard axis.kernel >= 1, axis.size + 2 * axis.padding >= axis.dilation * (axis.kernel - 1) + 1 else {
        throw TensorError.shape(
          operation: "conv2d", found: "input \(input) and weight \(weight)",
          expected: "an image with its padding at least as large as the kernel with its dilation")
      }
    }
  }

  public var inputShape: [Int] { [batch, inputs, rows.size, columns.size] }
  public var weightShape: [Int] { [outputs, inputs, rows.kernel, columns.kernel] }
  public var outputShape: [Int] { [batch, outputs, rows.outputSize, columns.outputSize] }

  /// Entries of the kernel per channel.
  var taps: Int { rows.kernel * columns.kernel }
  var inputPlane: Int { rows.size * columns.size }
  var outputPlane: Int { rows.outputSize * columns.outputSize }

  /// Whether every output pixel sees just the input pixel at its place.
  var isPointwise: Bool {
    [rows, columns].allSatisfy { $0.kernel == 1 && $0.stride == 1 && $0.padding == 0 }
  }

  /// The convolution of `input` with `weight`, plus `bias` `[O]` per channel.
  /// - Parameter maps: what is done to the input's channels first.
  public func forward(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil, maps: ChannelMaps? = nil
  ) throws -> Tensor {
    try check(input, inputShape, "input")
    try check(weight, weightShape, "weight", like: input)
    if let bias { try check(bias, [outputs], "bias", like: input) }
    let (input, weight, bias) = (input.contiguous(), weight.contiguous(), bias?.contiguous())
    let output = Tensor(uninitialized: outputShape, input.type)
    if output.count == 0 { return output }
    switch path(for: input.type) {
    case .winograd(let kernels, let dilation):
      let product = WinogradProduct(
        kernels: kernels, tiles: winogradTiles(dilation), inputs: inputs, outputs: outputs, outputStride: 9 * inputs,
        inputStride: 9, backwards: false)
      try Tensor.withPointers(input, weight, output, of: Float.self) { x, w, y in
        try product.run(x, maps, w, bias: bias.map { Floats($0.address(Float.self)) }, into: y)
      }
    case .direct(let kernels):
      let product = PatchProduct(
        kernels: kernels, batch: batch, inputs: inputs, outputs: outputs, sourceRows: rows.size,
        sourceColumns: columns.size, targetRows: rows.outputSize, targetColumns: columns.outputSize,
        outputStride: inputs * taps, inputStride: taps, kernelColumns: columns.kernel)
      try Tensor.withPointers(input, weight, output, of: Float.self) { x, w, y in
        try product.run([forwardPhase], x, maps, w, bias: bias.map { Floats($0.address(Float.self)) }, into: y)
      }
    case .reference where input.type == .float32:
      try forward(try maps?.applied(to: input) ?? input, weight, bias, into: output, Float.self)
    case .reference:
      try forward(try maps?.applied(to: input) ?? input, weight, bias, into: output, Double.self)
    }
    extendLifetime((bias, maps))
    return output
  }

  /// From the gradient of the output, that of the input (after its maps).
  public func inputGradient(_ gradient: Tensor, weight: Tensor) throws -> Tensor {
    try check(gradient, outputShape, "gradient")
    try check(weight, weightShape, "weight", like: gradient)
    let (gradient, weight) = (gradient.contiguous(), weight.contiguous())
    let result = Tensor(uninitialized: inputShape, gradient.type)
    if result.count == 0 { return result }
    switch path(for: gradient.type) {
    case .winograd(let kernels, let dilation):
      let product = WinogradProduct(
        kernels: kernels, tiles: winogradTiles(dilation), inputs: outputs, outputs: inputs, outputStride: 9,
        inputStride: 9 * inputs, backwards: true)
      try Tensor.withPointers(gradient, weight, result, of: Float.self) { g, w, dx in
        try product.run(g, nil, w, bias: nil, into: dx)
      }
    case .direct(let kernels):
      let product = PatchProduct(
        kernels: kernels, batch: batch, inputs: outputs, outputs: inputs, sourceRows: rows.outputSize,
        sourceColumns: columns.outputSize, targetRows: rows.size, targetColumns: columns.size, outputStride: taps,
        inputStride: inputs * taps, kernelColumns: columns.kernel)
      try Tensor.withPointers(gradient, weight, result, of: Float.self) { g, w, dx in
        try product.run(gradientPhases, g, nil, w, bias: nil, into: dx)
      }
    case .reference where gradient.type == .float32:
      try inputGradient(gradient, weight, into: result, Float.self)
    case .reference:
      try inputGradient(gradient, weight, into: result, Double.self)
    }
    return result
  }

  /// From the gradient of the output, that of the weight; sums over images and pixels have a fixed order.
  /// - Parameter maps: what was done to the input's channels first.
  public func weightGradient(_ gradient: Tensor, input: Tensor, maps: ChannelMaps? = nil) throws -> Tensor {
    try check(gradient, outputShape, "gradient")
    try check(input, inputShape, "input", like: gradient)
    let (gradient, input) = (gradient.contiguous(), input.contiguous())
    if weightShape.contains(0) || gradient.count == 0 { return Tensor(zeros: weightShape, gradient.type) }
    let path = path(for: gradient.type)
    let result: Tensor
    switch path {
    case .winograd: result = Tensor(uninitialized: weightShape, gradient.type)
    case .direct where forwardPhase.taps == taps: result = Tensor(uninitialized: weightShape, gradient.type)
    default: result = Tensor(zeros: weightShape, gradient.type)
    }
    switch path {
    case .winograd(let kernels, let dilation):
      let product = WinogradWeightGradient(
        kernels: kernels, tiles: winogradTiles(dilation), inputs: inputs, outputs: outputs)
      try Tensor.withPointers(input, gradient, result, of: Float.self) { x, g, dw in
        try product.run(x, maps, g, into: dw)
      }
    case .direct(let kernels):
      let product = PatchWeightGradient(
        kernels: kernels, batch: batch, inputs: inputs, outputs: outputs, sourceRows: rows.size,
        sourceColumns: columns.size, entries: taps, kernelColumns: columns.kernel)
      try Tensor.withPointers(input, gradient, result, of: Float.self) { x, g, dw in
        try product.run(forwardPhase, x, maps, g, into: dw)
      }
    case .reference where gradient.type == .float32:
      try weightGradient(gradient, try maps?.applied(to: input) ?? input, into: result, Float.self)
    case .reference:
      try weightGradient(gradient, try maps?.applied(to: input) ?? input, into: result, Double.self)
    }
    extendLifetime(maps)
    return result
  }

  private func check(_ tensor: Tensor, _ shape: [Int], _ name: String, like other: Tensor? = nil) throws {
    guard tensor.shape == shape else {
      throw TensorError.shape(operation: "conv2d", found: "\(name) \(tensor.shape)", expected: "\(shape)")
    }
    guard tensor.type.isFloating, tensor.type == other?.type ?? tensor.type else {
      throw TensorError.type(
        operation: "conv2d", found: tensor.type, expected: other?.type.rawValue ?? "float32 or float64")
    }
  }
}
