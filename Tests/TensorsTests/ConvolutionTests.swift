import Tensors
import Testing

/// Convolution by its definition, one multiplication at a time, in double precision.
struct SlowConvolution {
  let geometry: Convolution

  /// Calls `body` with the flat indices of each (output, input, weight) element that are multiplied.
  func forEachProduct(_ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void) {
    let g = geometry
    let (oh, ow) = (g.rows.outputSize, g.columns.outputSize)
    for n in 0..<g.batch {
      for o in 0..<g.outputs {
        for y in 0..<oh {
          for x in 0..<ow {
            for c in 0..<g.inputs {
              for ky in 0..<g.rows.kernel {
                for kx in 0..<g.columns.kernel {
                  let iy = y * g.rows.stride + ky * g.rows.dilation - g.rows.padding
                  let ix = x * g.columns.stride + kx * g.columns.dilation - g.columns.padding
                  guard iy >= 0, iy < g.rows.size, ix >= 0, ix < g.columns.size else { continue }
                  body(
                    ((n * g.outputs + o) * oh + y) * ow + x,
                    ((n * g.inputs + c) * g.rows.size + iy) * g.columns.size + ix,
                    ((o * g.inputs + c) * g.rows.kernel + ky) * g.columns.kernel + kx)
                }
              }
            }
          }
        }
      }
    }
  }

  func forward(_ input: [Double], _ weight: [Double], _ bias: [Double]) -> [Double] {
    let plane = geometry.rows.outputSize * geometry.columns.outputSize
    var output = (0..<geometry.outputShape.reduce(1, *)).map { bias[$0 / plane % geometry.outputs] }
    forEachProduct { o, i, w in output[o] += input[i] * weight[w] }
    return output
  }

  func inputGradient(_ gradient: [Double], _ weight: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: geometry.inputShape.reduce(1, *))
    forEachProduct { o, i, w in result[i] += gradient[o] * weight[w] }
    return result
  }

  func weightGradient(_ gradient: [Double], _ input: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: geometry.weightShape.reduce(1, *))
    forEachProduct { o, i, w in result[w] += gradient[o] * input[i] }
    return result
  }
}

func randomTensor(_ shape: [Int], _ purpose: String, _ type: ElementType = .float64) -> Tensor {
  var stream = RandomStream(seed: 7, purpose: purpose)
  return Tensor((0..<shape.reduce(1, *)).map { _ in stream.uniform(-1, 1) }, shape: shape).converted(to: type)
}

func worstDifference(_ a: Tensor, _ b: [Double]) -> Double {
  zip(a.array(of: Double.self), b).map { abs($0 - $1) }.max() ?? 0
}

struct ConvolutionCase: CustomTestStringConvertible, Sendable {
  let input: [Int]
  let outputs: Int
  let kernel: [Int]
  var stride = [1, 1]
  var padding = [0, 0]
  var dilation = [1, 1]
  var testDescription: String {
    "\(input) → \(outputs), kernel \(kernel) stride \(stride) padding \(padding) dilation \(dilation)"
  }

  func geometry() throws -> Convolution {
    try Convolution(
      input: input, weight: [outputs, input[1]] + kernel,
      window: .init(stride: stride, padding: padding, dilation: dilation))
  }

  static let all: [ConvolutionCase] = [
    .init(input: [2, 5, 9, 7], outputs: 4, kernel: [1, 1]),
    .init(input: [2, 5, 9, 7], outputs: 4, kernel: [1, 1], stride: [2, 2]),
    .init(input: [1, 3, 8, 8], outputs: 6, kernel: [1, 1], padding: [1, 1]),
    .init(input: [2, 3, 8, 9], outputs: 5, kernel: [3, 3], padding: [1, 1]),
    .init(input: [2, 3, 9, 8], outputs: 5, kernel: [3, 3], stride: [2, 2], padding: [1, 1]),
    .init(input: [1, 3, 10, 11], outputs: 5, kernel: [3, 3], stride: [3, 2], padding: [0, 2]),
    .init(input: [1, 2, 7, 6], outputs: 3, kernel: [3, 3], padding: [4, 4], dilation: [4, 4]),
    .init(input: [1, 2, 5, 6], outputs: 3, kernel: [3, 3], padding: [12, 12], dilation: [12, 12]),
    .init(input: [1, 2, 12, 13], outputs: 3, kernel: [3, 3], stride: [2, 2], padding: [2, 2], dilation: [2, 2]),
    .init(input: [1, 2, 13, 12], outputs: 3, kernel: [2, 5], stride: [3, 1], padding: [1, 0], dilation: [1, 2]),
    .init(input: [1, 2, 11, 11], outputs: 2, kernel: [2, 2], stride: [4, 4]),
    .init(input: [1, 70, 6, 6], outputs: 3, kernel: [3, 3], padding: [1, 1]),
    .init(input: [1, 3, 1, 1], outputs: 3, kernel: [3, 3], padding: [1, 1]),
    .init(input: [3, 1, 40, 70], outputs: 1, kernel: [7, 7], stride: [2, 2], padding: [3, 3]),
  ]
}

@Suite struct ConvolutionTests {
  @Test(arguments: ConvolutionCase.all)
  func agreesWithTheDefinition(_ example: ConvolutionCase) throws {
    let geometry = try example.geometry()
    let slow = SlowConvolution(geometry: geometry)
    let input = randomTensor(geometry.inputShape, "input")
    let weight = randomTensor(geometry.weightShape, "weight")
    let bias = randomTensor([geometry.outputs], "bias")
    let gradient = randomTensor(geometry.outputShape, "gradient")
    let (x, w, b) = (input.array(of: Double.self), weight.array(of: Double.self), bias.array(of: Double.self))
    let g = gradient.array(of: Double.self)

    #expect(worstDifference(try geometry.forward(input, weight: weight, bias: bias), slow.forward(x, w, b)) < 1e-12)
    #expect(worstDifference(try geometry.inputGradient(gradient, weight: weight), slow.inputGradient(g, w)) < 1e-12)
    #expect(worstDifference(try geometry.weightGradient(gradient, input: input), slow.weightGradient(g, x)) < 1e-11)

    let single = ElementType.float32
    let narrow = try geometry.forward(
      input.converted(to: single), weight: weight.converted(to: single), bias: bias.converted(to: single))
    #expect(worstDifference(narrow, slow.forward(x, w, b)) < 1e-4)
  }

  /// Several strips, several blocks of channels and several groups at once, twice; and what is adjoint stays so.
  @Test func runsAgree() throws {
    Convolution.algorithm = .direct
    defer { Convolution.algorithm = .fastest }
    let geometry = try Convolution(
      input: [2, 96, 40, 48], weight: [32, 96, 3, 3], window: .init(padding: 1))
    let input = randomTensor(geometry.inputShape, "input", .float32)
    let weight = randomTensor(geometry.weightShape, "weight", .float32)
    let gradient = randomTensor(geometry.outputShape, "gradient", .float32)
    func all() throws -> [[Float]] {
      [
        try geometry.forward(input, weight: weight).array(),
        try geometry.inputGradient(gradient, weight: weight).array(),
        try geometry.weightGradient(gradient, input: input).array(),
      ]
    }
    let first = try all()
    #expect(try all() == first)
    let (dx, dw) = (first[1].map(Double.init), first[2].map(Double.init))
    // <conv(x), g> = <x, conv'(g)> = <w, conv''(g, x)>.
    let left = zip(first[0], gradient.array(of: Double.self)).reduce(0) { $0 + Double($1.0) * $1.1 }
    let middle = zip(dx, input.array(of: Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
    let right = zip(dw, weight.array(of: Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(left - middle) < 1e-2 && abs(left - right) < 1e-2, "\(left) \(middle) \(right)")
  }

  @Test func refusesWhatDoesNotFit() {
    #expect(throws: TensorError.self) { try Convolution(input: [1, 3, 8, 8], weight: [4, 2, 3, 3]) }
    #expect(throws: TensorError.self) { try Convolution(input: [1, 3, 2, 8], weight: [4, 3, 3, 3]) }
    #expect(throws: TensorError.self) {
      try Convolution(input: [1, 3, 8, 8], weight: [4, 3, 3, 3], window: .init(stride: 0))
    }
    #expect(throws: TensorError.self) {
      try Convolution(input: [1, 3, 8, 8], weight: [4, 3, 3, 3], window: .init(padding: -1))
    }
  }

  @Test func matrixProductsAgreeWithTheDefinition() throws {
    for (m, k, n) in [(1, 1, 1), (3, 4, 5), (17, 1, 9), (40, 33, 21), (2, 0, 3), (0, 2, 3)] {
      let (a, b) = (randomTensor([m, k], "a"), randomTensor([k, n], "b"))
      let (x, y) = (a.array(of: Double.self), b.array(of: Double.self))
      let expected = (0..<m * n).map { i in (0..<k).reduce(0) { $0 + x[i / n * k + $1] * y[$1 * n + i % n] } }
      #expect(worstDifference(try a.matrixProduct(b), expected) < 1e-12)
      let turned = try a.transposed(0, 1).copy().transposed(0, 1)
      #expect(worstDifference(try turned.matrixProduct(b), expected) < 1e-12)
    }
    #expect(throws: TensorError.self) { try randomTensor([2, 3], "a").matrixProduct(randomTensor([2, 3], "b")) }
  }
}
