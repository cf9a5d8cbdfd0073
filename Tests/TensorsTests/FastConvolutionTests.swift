import Tensors
import Testing

/// Every way to compute a convolution in single precision against double precision, on each instruction set.
@Suite(.serialized) struct FastConvolutionTests {
  /// Shapes that leave tiles, registers, panels and blocks of every algorithm partly empty, and shapes that fill several.
  static let cases: [ConvolutionCase] = [
    .init(input: [1, 8, 4, 4], outputs: 8, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 16, 16, 16], outputs: 16, kernel: [3, 3], padding: [1, 1]),
    .init(input: [2, 17, 13, 19], outputs: 33, kernel: [3, 3], padding: [1, 1]),
    .init(input: [3, 24, 5, 7], outputs: 20, kernel: [3, 3], padding: [1, 1]),
    .init(input: [2, 40, 8, 8], outputs: 40, kernel: [3, 3], padding: [1, 1]),
    .init(input: [3, 20, 12, 16], outputs: 24, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 48, 66, 62], outputs: 48, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 9, 1, 300], outputs: 12, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 12, 90, 3], outputs: 9, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 130, 20, 64], outputs: 50, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 20, 33, 31], outputs: 24, kernel: [3, 3], padding: [2, 2], dilation: [2, 2]),
    .init(input: [2, 10, 17, 33], outputs: 16, kernel: [3, 3], padding: [6, 6], dilation: [6, 6]),
    .init(input: [1, 9, 4, 5], outputs: 8, kernel: [3, 3], padding: [6, 6], dilation: [6, 6]),
    .init(input: [1, 24, 33, 33], outputs: 20, kernel: [3, 3], padding: [12, 12], dilation: [12, 12]),
    .init(input: [1, 24, 33, 33], outputs: 20, kernel: [3, 3], padding: [36, 36], dilation: [36, 36]),
    .init(input: [2, 40, 32, 32], outputs: 36, kernel: [3, 3], padding: [24, 24], dilation: [24, 24]),
    .init(input: [1, 33, 17, 40], outputs: 17, kernel: [3, 3], padding: [12, 12], dilation: [12, 12]),
    .init(input: [2, 9, 20, 15], outputs: 18, kernel: [2, 2], padding: [8, 9], dilation: [17, 18]),
    .init(
      input: [1, 10, 40, 44], outputs: 16, kernel: [3, 3], stride: [2, 3], padding: [20, 15], dilation: [20, 15]),
    .init(input: [1, 3, 65, 63], outputs: 30, kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
    .init(input: [2, 30, 31, 33], outputs: 70, kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
    .init(input: [1, 70, 40, 44], outputs: 20, kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
    .init(input: [1, 64, 30, 30], outputs: 17, kernel: [1, 1]),
    .init(input: [2, 19, 11, 13], outputs: 100, kernel: [1, 1]),
    .init(input: [1, 300, 9, 9], outputs: 40, kernel: [1, 1]),
    .init(input: [1, 20, 17, 19], outputs: 20, kernel: [1, 1], stride: [2, 2]),
    .init(input: [1, 5, 24, 24], outputs: 6, kernel: [7, 7], stride: [2, 2], padding: [3, 3]),
    .init(input: [1, 6, 14, 15], outputs: 10, kernel: [2, 5], stride: [3, 1], padding: [1, 0], dilation: [1, 2]),
  ]

  private struct Products {
    var forward: Tensor
    var inputGradient: Tensor
    var weightGradient: Tensor

    /// - Parameter maps: what is done to the input first.
    init(_ geometry: Convolution, _ type: ElementType, maps: ChannelMaps? = nil) throws {
      let input = randomTensor(geometry.inputShape, "input", type)
      let weight = randomTensor(geometry.weightShape, "weight", type)
      let bias = randomTensor([geometry.outputs], "bias", type)
      let gradient = randomTensor(geometry.outputShape, "gradient", type)
      forward = try geometry.forward(input, weight: weight, bias: bias, maps: maps)
      inputGradient = try geometry.inputGradient(gradient, weight: weight)
      weightGradient = try geometry.weightGradient(gradient, input: input, maps: maps)
    }

    var all: [Tensor] { [forward, inputGradient, weightGradient] }
    var bits: [[Float]] { all.map { $0.array(of: Float.self) } }
  }

  private static func distance(_ a: Tensor, _ b: Tensor) -> Double {
    let (x, y) = (a.array(of: Double.self), b.array(of: Double.self))
    let squares = zip(x, y).reduce(into: (0.0, 0.0)) {
      $0.0 += ($1.0 - $1.1) * ($1.0 - $1.1)
      $0.1 += $1.1 * $1.1
    }
    return (squares.0 / max(squares.1, 1e-300)).squareRoot()
  }

  /// Batch normalisation and ReLU as maps of a random input.
  private static func maps(_ geometry: Convolution, _ type: ElementType) throws -> ChannelMaps {
    let channels = geometry.inputs
    let (mean, variance) = (randomTensor([channels], "mean"), randomTensor([channels], "variance"))
    let norm = try Normalization(
      mean: mean, variance: try variance.applying(.affine(scale: 0.3, shift: 1)), epsilon: 1e-5)
    return try norm.maps(
      weight: randomTensor([channels], "scale", type), bias: randomTensor([channels], "shift", type), relu: true,
      for: randomTensor(geometry.inputShape, "input", type))
  }

  @Test(arguments: ["wide", "narrow", "plain"], [Convolution.Algorithm.fastest, .direct])
  func agreesWithDoublePrecision(_ kernels: String, _ algorithm: Convolution.Algorithm) throws {
    Processor.use(kernels)
    Convolution.algorithm = algorithm
    defer {
      Processor.use(nil)
      Convolution.algorithm = .fastest
    }
    // Winograd's transforms cost one digit.
    let bound = algorithm == .fastest ? 1e-5 : 1e-6
    for example in Self.cases {
      let geometry = try example.geometry()
      for mapped in [false, true] {
        let exact = try Products(geometry, .float64, maps: mapped ? Self.maps(geometry, .float64) : nil)
        let fast = try Products(geometry, .float32, maps: mapped ? Self.maps(geometry, .float32) : nil)
        for (name, (a, b)) in zip(["forward", "input", "weight"], zip(fast.all, exact.all)) {
          let distance = Self.distance(a, b)
          #expect(distance < bound, "\(example), \(name)\(mapped ? " mapped" : ""): \(distance)")
        }
      }
    }
  }

  /// The order of sums is a matter of sizes alone.
  @Test(arguments: ["wide", "narrow"]) func threadsGiveTheSameBits(_ kernels: String) throws {
    Processor.use(kernels)
    let threads = Kernel.threads
    defer {
      Processor.use(nil)
      Kernel.threads = threads
    }
    for example in Self.cases + [.init(input: [2, 48, 64, 64], outputs: 50, kernel: [3, 3], padding: [1, 1])] {
      let geometry = try example.geometry()
      Kernel.threads = 1
      let alone = try Products(geometry, .float32).bits
      for count in [2, 3, 5] {
        Kernel.threads = count
        #expect(try Products(geometry, .float32).bits == alone, "\(example), \(count) threads")
      }
    }
  }

  /// <conv(x), g> = <x, conv'(g)> = <w, conv''(g, x)>, relative to the sizes of what is multiplied.
  @Test func gradientsAreAdjoint() throws {
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.array(of: Double.self), b.array(of: Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for example in Self.cases {
      let geometry = try example.geometry()
      let input = randomTensor(geometry.inputShape, "input", .float32)
      let weight = randomTensor(geometry.weightShape, "weight", .float32)
      let gradient = randomTensor(geometry.outputShape, "gradient", .float32)
      let output = try geometry.forward(input, weight: weight)
      let left = product(output, gradient)
      let scale = (product(output, output) * product(gradient, gradient)).squareRoot()
      #expect(abs(left - product(try geometry.inputGradient(gradient, weight: weight), input)) < 1e-5 * scale)
      #expect(abs(left - product(try geometry.weightGradient(gradient, input: input), weight)) < 1e-5 * scale)
    }
  }

  /// What is not finite must be noticed at the loss, on every path.
  @Test(arguments: [Convolution.Algorithm.fastest, .direct]) func badNumbersGoThrough(
    _ algorithm: Convolution.Algorithm
  ) throws {
    Convolution.algorithm = algorithm
    defer { Convolution.algorithm = .fastest }
    let geometry = try ConvolutionCase(input: [1, 16, 12, 12], outputs: 16, kernel: [3, 3], padding: [1, 1]).geometry()
    var values = [Float](repeating: 1, count: geometry.inputShape.reduce(1, *))
    values[16 * 70] = .nan
    let output = try geometry.forward(
      Tensor(values, shape: geometry.inputShape), weight: randomTensor(geometry.weightShape, "weight", .float32))
    #expect(output.array(of: Float.self).contains { $0.isNaN })
  }
}
