import Autograd
import Datasets
import Networks
import Storage
import Tensors
import TestSupport
import Testing
import Training

/// Several scales, mirrors and windows against doing all that by hand.
@Suite(.serialized) struct EvaluationViewsTests {
  private let classes = 3

  /// A network that sees beyond single pixels, and sees left and right differently.
  private func network() throws -> HRNet {
    var configuration = HRNet.Configuration(classes: classes, width: 4)
    (configuration.modules, configuration.blocks, configuration.bottlenecks) = ([1, 1], 1, 1)
    (configuration.stem, configuration.embedding) = (8, 4)
    return try HRNet(configuration, seed: 2)
  }

  private func image(_ height: Int, _ width: Int) -> Tensor {
    var random = RandomStream(seed: 5, purpose: "views")
    return Tensor((0..<3 * height * width).map { _ in Float(random.normal()) }, shape: [1, 3, height, width])
  }

  /// Planes of numbers, one row after another.
  private struct Maps {
    var values: [Double]
    let (count, height, width): (Int, Int, Int)

    init(_ tensor: Tensor) {
      values = tensor.array(of: Double.self)
      (count, height, width) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
    }

    init(count: Int, height: Int, width: Int, _ value: (Int, Int, Int) -> Double) {
      (self.count, self.height, self.width) = (count, height, width)
      values = (0..<count).flatMap { k in
        (0..<height).flatMap { y in (0..<width).map { x in value(k, y, x) } }
      }
    }

    subscript(k: Int, y: Int, x: Int) -> Double { values[(k * height + y) * width + x] }

    var tensor: Tensor { Tensor(values.map { Float($0) }, shape: [1, count, height, width]) }

    var mirrored: Maps { Maps(count: count, height: height, width: width) { self[$0, $1, width - 1 - $2] } }

    /// Bilinear with corners on corners.
    func resized(_ newHeight: Int, _ newWidth: Int) -> Maps {
      func source(_ i: Int, _ length: Int, _ count: Int) -> (Int, Int, Double) {
        let position = count == 1 ? 0 : Double(i) * Double(length - 1) / Double(count - 1)
        let low = min(Int(position), length - 1)
        return (low, min(low + 1, length - 1), position - Double(low))
      }
      return Maps(count: count, height: newHeight, width: newWidth) { k, y, x in
        let (top, bottom, down) = source(y, height, newHeight)
        let (left, right, across) = source(x, width, newWidth)
        let upper = self[k, top, left] * (1 - across) + self[k, top, right] * across
        let lower = self[k, bottom, left] * (1 - across) + self[k, bottom, right] * across
        return upper * (1 - down) + lower * down
      }
    }

    func added(_ other: Maps) -> Maps {
      var sum = self
      for i in values.indices { sum.values[i] += other.values[i] }
      return sum
    }
  }

  /// Logits of an image, in windows if there are some: the mean over those that see a pixel.
  private func obvious(_ network: SegmentationNetwork, _ image: Maps, window: (height: Int, width: Int)?) throws -> Maps
  {
    func forward(_ part: Maps) throws -> Maps { Maps(try network(Variable(part.tensor)).logits.value) }
    guard let window, window.height < image.height || window.width < image.width else { return try forward(image) }
    let (height, width) = (min(window.height, image.height), min(window.width, image.width))
    func starts(_ length: Int, _ size: Int) -> [Int] {
      let regular = (0...(length - size) / size).map { $0 * size }
      return regular.last! + size < length ? regular + [length - size] : regular
    }
    var sum = [Double](repeating: 0, count: classes * image.height * image.width)
    var seen = sum
    for top in starts(image.height, height) {
      for left in starts(image.width, width) {
        let logits = try forward(Maps(count: 3, height: height, width: width) { image[$0, top + $1, left + $2] })
        for k in 0..<classes {
          for y in 0..<height {
            for x in 0..<width {
              let place = (k * image.height + top + y) * image.width + left + x
              sum[place] += logits[k, y, x]
              seen[place] += 1
            }
          }
        }
      }
    }
    return Maps(count: classes, height: image.height, width: image.width) { k, y, x in
      let place = (k * image.height + y) * image.width + x
      return sum[place] / seen[place]
    }
  }

  private func obvious(_ network: SegmentationNetwork, _ image: Maps, _ views: EvaluationViews) throws -> Maps {
    var sum = Maps(count: classes, height: image.height, width: image.width) { _, _, _ in 0 }
    for scale in views.scales {
      let scaled = image.resized(Int(Double(image.height) * scale), Int(Double(image.width) * scale))
      let window = scale < 1 ? nil : views.window.map { (height: $0.height, width: $0.width) }
      var logits = try obvious(network, scaled, window: window)
      if views.flip { logits = logits.added(try obvious(network, scaled.mirrored, window: window).mirrored) }
      sum = sum.added(logits.resized(image.height, image.width))
    }
    return sum
  }

  @Test(arguments: [
    EvaluationViews(scales: [0.5, 0.75, 1, 1.3]), EvaluationViews(flip: true),
    EvaluationViews(scales: [0.7, 1, 1.6], flip: true, window: EvaluationWindow(height: 24, width: 40)),
    EvaluationViews(window: EvaluationWindow(height: 20, width: 100)), EvaluationViews(scales: [2]),
  ]) func equalsResizingMirroringAndAddingByHand(_ views: EvaluationViews) throws {
    let (network, image) = (try network(), image(33, 54))
    let logits = try Evaluator(network: network, views: views).output(of: image).logits.value
    expectClose(logits, try obvious(network, Maps(image), views).tensor, relative: 2e-5)
  }

  @Test func windowsAsLargeAsTheImageAreTheWholeImage() throws {
    let (network, image) = (try network(), image(32, 48))
    let whole: [Float] = try Evaluator(network: network).output(of: image).logits.value.array()
    for (height, width) in [(32, 48), (100, 48), (1000, 1000)] {
      let views = EvaluationViews(window: EvaluationWindow(height: height, width: width))
      #expect(try Evaluator(network: network, views: views).output(of: image).logits.value.array() == whole)
    }
    let cut = EvaluationViews(window: EvaluationWindow(height: 16, width: 48))
    #expect(try Evaluator(network: network, views: cut).output(of: image).logits.value.array() != whole)
  }

  @Test func logitsThatAreNoNumbersAreAnError() throws {
    let network = try network()
    for weight in network.namedParameters.map(\.variable) {
      weight.value.assign(Tensor(filling: weight.shape, with: .nan))
    }
    for views in [EvaluationViews(), EvaluationViews(flip: true)] {
      let error = #expect(throws: RunError.self) {
        try Evaluator(network: network, views: views).output(of: image(32, 45))
      }
      #expect(error?.explanation.what.contains("no numbers") == true)
    }
  }

  @Test func mirroredImagesGetMirroredLogits() throws {
    let evaluator = Evaluator(network: try network(), views: EvaluationViews(flip: true))
    let image = image(32, 45)
    let mirrored = try evaluator.output(of: image.flipped(3)).logits.value
    expectClose(mirrored, try evaluator.output(of: image).logits.value.flipped(3), relative: 1e-6)
  }

  @Test func evaluationLeavesTheModeAlone() throws {
    let network = try network()
    network.isTraining = true
    let mean = network.state().first { $0.name.hasSuffix("running_mean") }!.tensor
    let before: [Float] = mean.array()
    _ = try Evaluator(network: network, views: EvaluationViews(scales: [1, 2], flip: true)).output(of: image(32, 32))
    #expect(network.isTraining && mean.array() == before)
  }

  @Test func theProtocolSaysHowImagesWereShown() {
    func line(_ views: EvaluationViews) -> String {
      EvaluationProtocol.line(images: 3, of: ValidationData(dataset: PixelExperiment.data(count: 3)), views: views)
    }
    #expect(line(EvaluationViews()).contains("whole, one scale, no flip"))
    let text = line(EvaluationViews(scales: [0.5, 1], flip: true, window: EvaluationWindow(height: 2, width: 4)))
    for part in ["windows of 4×2", "whole below scale 1", "scales 0.5, 1", "mirrored", "added"] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test(arguments: [
    EvaluationViews(), EvaluationViews(scales: [0.5, 1, 1.5], flip: true),
    EvaluationViews(window: EvaluationWindow(height: 128, width: 128)),
  ]) func memoryIsForeseen(_ views: EvaluationViews) throws {
    let evaluator = Evaluator(network: try network(), views: views)
    let foreseen = try EvaluationMemory(evaluator).bytes(height: 700, width: 900)
    BufferPool.shared.trim()
    BufferPool.shared.resetPeak()
    let before = BufferPool.shared.usage.live
    _ = try evaluator.classMap(of: Image8(width: 900, height: 700, channels: 3, filling: 90))
    let taken = BufferPool.shared.usage.footprint - before
    // Pictures and their files are not among the buffers of tensors.
    #expect(foreseen >= taken && foreseen < 2 * taken + 40 * 700 * 900, "\(foreseen) foreseen, \(taken) taken")
  }

  @Test func imagesBeyondMemoryAreRefusedWithAdvice() throws {
    func advice(_ views: EvaluationViews) throws -> String {
      let memory = try EvaluationMemory(Evaluator(network: try network(), views: views))
      return try #require(#expect(throws: RunError.self) { try memory.check(height: 1 << 20, width: 1 << 20) })
        .description
    }
    #expect(try advice(EvaluationViews()).contains("--window"))
    let window = EvaluationWindow(height: 512, width: 512)
    #expect(try advice(EvaluationViews(scales: [0.5, 1], window: window)).contains("below 1"))
    #expect(try advice(EvaluationViews(window: window)).contains("smaller"))
    let memory = try EvaluationMemory(Evaluator(network: try network()))
    try memory.check(height: 64, width: 64)
  }

  @Test func aTestNamesTheImageThatMemoryIsTooSmallFor() throws {
    let evaluator = Evaluator(network: try network(), views: EvaluationViews(scales: [65536]))
    let memory = try EvaluationMemory(evaluator)
    let data = ValidationData(dataset: PixelExperiment.data(count: 2))
    let error = try #require(throws: RunError.self) { _ = try evaluator.validate(data, memory: memory) }
    #expect(error.description.contains("picture0") && error.description.contains("memory"), "\(error)")
  }
}
