import ArgumentParser
import Tensors
import Training

/// `tel bench convolution`: the layers that networks here are made of.
struct BenchConvolution: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convolution", abstract: "Measure convolutions, forward and both gradients.")

  @Option(help: ArgumentHelp("Only layers whose description contains this.", valueName: "text"))
  var only: String?

  @OptionGroup var options: BenchOptions

  private struct Layer {
    let kernel: Int
    let inputs: Int
    let outputs: Int
    let size: Int
    var stride = 1
    var dilation = 1

    var name: String {
      "\(kernel)x\(kernel) \(inputs)->\(outputs) @\(size)" + (stride > 1 ? " stride \(stride)" : "")
        + (dilation > 1 ? " dilation \(dilation)" : "")
    }

    func geometry() throws -> Convolution {
      try Convolution(
        input: [1, inputs, size, size], weight: [outputs, inputs, kernel, kernel],
        window: .init(stride: stride, padding: dilation * (kernel / 2), dilation: dilation))
    }
  }

  /// Those of HRNet-W48 at 512×512, and the dilated ones of a DeepLab head.
  private static let layers = [
    Layer(kernel: 3, inputs: 3, outputs: 64, size: 512, stride: 2),
    Layer(kernel: 3, inputs: 64, outputs: 64, size: 256, stride: 2),
    Layer(kernel: 3, inputs: 64, outputs: 64, size: 128), Layer(kernel: 3, inputs: 48, outputs: 48, size: 128),
    Layer(kernel: 3, inputs: 96, outputs: 96, size: 64), Layer(kernel: 3, inputs: 192, outputs: 192, size: 32),
    Layer(kernel: 3, inputs: 384, outputs: 384, size: 16), Layer(kernel: 3, inputs: 720, outputs: 720, size: 128),
    Layer(kernel: 3, inputs: 48, outputs: 96, size: 128, stride: 2),
    Layer(kernel: 3, inputs: 192, outputs: 384, size: 32, stride: 2),
    Layer(kernel: 1, inputs: 256, outputs: 64, size: 128), Layer(kernel: 1, inputs: 64, outputs: 256, size: 128),
    Layer(kernel: 1, inputs: 720, outputs: 19, size: 128), Layer(kernel: 1, inputs: 720, outputs: 256, size: 128),
    Layer(kernel: 3, inputs: 2048, outputs: 256, size: 33, dilation: 12),
    Layer(kernel: 3, inputs: 2048, outputs: 256, size: 33, dilation: 24),
    Layer(kernel: 3, inputs: 2048, outputs: 256, size: 33, dilation: 36),
  ]

  private struct Product: Encodable {
    var time: Timing
    /// Billions of floating-point operations a second, counted by the definition.
    var gflops: Double
  }

  private struct Entry: Encodable {
    var layer: String
    var forward: Product
    var inputGradient: Product
    var weightGradient: Product
  }

  private struct Report: Encodable {
    var threads: Int
    var layers: [Entry]
    var peakResidentBytes: Int
  }

  func run() throws {
    options.apply()
    let chosen = Self.layers.filter { only.map($0.name.contains) ?? true }
    guard !chosen.isEmpty else {
      throw ValidationError(
        "no layer has “\(only ?? "")” in it; there are: " + Self.layers.map(\.name).joined(separator: ", "))
    }
    let entries = try chosen.map(measure)
    let report = Report(
      threads: Kernel.threads, layers: entries, peakResidentBytes: MachineMemory.peakResident)
    let rows =
      [["layer", "forward ms", "GF/s", "to input ms", "GF/s", "to weights ms", "GF/s"]]
      + entries.map { entry in
        [entry.layer]
          + [entry.forward, entry.inputGradient, entry.weightGradient].flatMap {
            [BenchText.number(1e3 * $0.time.median), BenchText.number($0.gflops, 0)]
          }
      }
    try options.print(
      report, lines: ["\(Kernel.threads) threads; \(Processor.description)"] + BenchText.table(rows))
  }

  private func measure(_ layer: Layer) throws -> Entry {
    let geometry = try layer.geometry()
    let input = BenchInput.noise(geometry.inputShape, "input")
    let weight = BenchInput.noise(geometry.weightShape, "weight")
    let gradient = BenchInput.noise(geometry.outputShape, "gradient")
    let flops = 2 * Double(gradient.count) * Double(weight.count / layer.outputs)
    func product(_ body: () throws -> Void) throws -> Product {
      let time = try options.time(body)
      return Product(time: time, gflops: flops / time.median / 1e9)
    }
    return Entry(
      layer: layer.name, forward: try product { _ = try geometry.forward(input, weight: weight) },
      inputGradient: try product { _ = try geometry.inputGradient(gradient, weight: weight) },
      weightGradient: try product { _ = try geometry.weightGradient(gradient, input: input) })
  }
}

/// What is measured on.
enum BenchInput {
  static func noise(_ shape: [Int], _ purpose: String) -> Tensor {
    var random = RandomStream(seed: 0, purpose: purpose)
    return Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-1, 1)) }, shape: shape)
  }

  static func labels(_ shape: [Int], classes: Int) -> Tensor {
    var random = RandomStream(seed: 0, purpose: "labels")
    return Tensor((0..<shape.reduce(1, *)).map { _ in Int32(random.uniform(0, Double(classes))) }, shape: shape)
  }
}
