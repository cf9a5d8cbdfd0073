import ArgumentParser
import Autograd
import Networks
import Tensors
import Training

/// `tel bench model NAME`: a training step of a network, or its forward pass.
struct BenchModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Measure a network's training step (cross entropy, SGD with momentum), or its forward pass.")

  @Argument(help: "One of \(networks.keys.sorted().joined(separator: ", ")); as in tel.models.")
  var name: String

  @Option(help: ArgumentHelp("Height and width of the images, each from 1 to 16384, as in 512x1024.", valueName: "HxW"))
  var size = ImageSize(height: 512, width: 512)

  @Option(help: "Images at once.")
  var batch = 1

  @Option(help: "Classes.")
  var classes = 19

  @Option(help: "How many times smaller DeepLabV3+'s last map is: 8, 16 or 32.")
  var outputStride = 16

  @Flag(help: "Only the forward pass, in evaluation.")
  var forward = false

  @Option(help: "How activations are kept for the backward pass: float32 or bfloat16, as a recipe's storage.")
  var storage = ActivationStorage.float32

  @OptionGroup var options: BenchOptions

  /// How many classes, and which output stride where there is a choice, make a network.
  private static let networks: [String: @Sendable (_ classes: Int, _ stride: Int) throws -> SegmentationNetwork] = [
    "hrnet_w18": { classes, _ in try HRNet(.init(classes: classes, width: 18)) },
    "hrnet_w32": { classes, _ in try HRNet(.init(classes: classes, width: 32)) },
    "hrnet_w48": { classes, _ in try HRNet(.init(classes: classes, width: 48)) },
    "deeplabv3plus": { classes, stride in
      var configuration = DeepLabV3Plus.Configuration(classes: classes)
      configuration.backbone.outputStride = stride
      return try DeepLabV3Plus(configuration)
    },
    "ltf": { classes, _ in try LTF(.init(classes: classes)) },
  ]

  func validate() throws {
    guard Self.networks[name] != nil else {
      throw ValidationError(
        "there is no model \(name); there are: " + Self.networks.keys.sorted().joined(separator: ", "))
    }
    guard (1...1024).contains(batch), (1...1024).contains(classes) else {
      throw ValidationError("--batch and --classes take a number from 1 to 1024")
    }
  }

  private struct Report: Encodable {
    var model: String
    var work: String
    var size: [Int]
    var batch: Int
    var threads: Int
    var storage: String
    var seconds: [Double]
    var median: Double
    var spread: Double
    var phases: [BenchPhase]
    var peakResidentBytes: Int
  }

  func run() throws {
    options.apply()
    guard let network = try Self.networks[name]?(classes, outputStride) else { return }
    network.isTraining = !forward
    try checkMemory(network)
    let images = BenchInput.noise(imageShape, "images")
    let labels = BenchInput.labels(labelShape, classes: classes)
    let optimizer = try optimizer(network)
    var iteration = 0
    let time = try options.time {
      // The first times don't count.
      if iteration == BenchOptions.warmUps { Profile.start() }
      network.randomness = .init(seed: 0, iteration: iteration)
      iteration += 1
      try work(network, optimizer, images, labels)
    }
    let profile = Profile.stop()
    let report = Report(
      model: name, work: forward ? "forward" : "step", size: [size.height, size.width], batch: batch,
      threads: Kernel.threads, storage: storage.rawValue, seconds: time.seconds, median: time.median,
      spread: time.spread,
      phases: BenchPhase.all(of: profile, times: options.repeats), peakResidentBytes: MachineMemory.peakResident)
    try options.print(
      report,
      lines: [
        "\(name), \(forward ? "forward" : "training step"), \(batch)×3×\(size), \(Kernel.threads) threads; "
          + Processor.description,
        "\(BenchText.number(time.median, 3)) s (median of \(time.seconds.count), spread \(BenchText.percent(time.spread))), "
          + "\(BenchText.bytes(report.peakResidentBytes)) at most",
      ] + ProfileText.tables(profile))
  }

  private var imageShape: [Int] { [batch, 3, size.height, size.width] }
  private var labelShape: [Int] { [batch, size.height, size.width] }

  private func optimizer(_ network: SegmentationNetwork) throws -> SGD {
    try SGD(network.namedParameters, .init(learningRate: 1e-3, momentum: 0.9, weightDecay: 5e-4))
  }

  /// One step, or one forward pass.
  private func work(_ network: SegmentationNetwork, _ optimizer: SGD, _ images: Tensor, _ labels: Tensor) throws {
    if forward {
      return try Profile.phase("forward") {
        _ = try Tape.withoutRecording { try network(Variable(images)).logits.value }
      }
    }
    let output = try Profile.phase("forward") {
      try Tape.$storage.withValue(storage) { try network(Variable(images)) }
    }
    let loss = try Profile.phase("loss") { try output.logits.crossEntropy(labels: labels).loss }
    try Profile.phase("backward") {
      try loss.backward { leaf in try Profile.phase("optimizer") { try optimizer.update(leaf, factor: 1) } }
    }
  }

  /// - Throws: `RunError.doesNotFit` for images that memory has no room for.
  private func checkMemory(_ network: SegmentationNetwork) throws {
    let advice = "a smaller --size or --batch"
    // Images, logits, and some 300 maps at a quarter of the size are the least of it: where they don't fit, a rehearsal's
    // buffers may not exist either.
    let pixels = Double(batch) * Double(size.height) * Double(size.width)
    try BenchMemory.require(4 * pixels * (Double(3 + classes) + 300 / 16), advice: advice)
    let needed = try BenchMemory.rehearse {
      try work(network, try optimizer(network), Tensor(uninitialized: imageShape), Tensor(zeros: labelShape, .int32))
    }
    try BenchMemory.require(needed, advice: advice)
  }
}

extension ActivationStorage: ExpressibleByArgument {}

/// A phase's part in what was profiled.
struct BenchPhase: Encodable {
  var name: String
  /// Of each time that the work was done.
  var seconds: Double
  /// Of these, in kernels.
  var kernelSeconds: Double
  /// Of these, those in which one thread works and all others wait.
  var aloneSeconds: Double
  var share: Double

  static func all(of report: Profile.Report, times: Int) -> [BenchPhase] {
    report.phases.map {
      BenchPhase(
        name: $0.name, seconds: $0.seconds / Double(times), kernelSeconds: $0.kernelSeconds / Double(times),
        aloneSeconds: $0.aloneSeconds / Double(times), share: $0.seconds / max(report.seconds, 1e-12))
    }
  }
}
