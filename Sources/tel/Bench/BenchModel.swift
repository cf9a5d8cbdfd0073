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

  @Argument(help: "hrnet_w18, hrnet_w32 or hrnet_w48, as in tel.models.")
  var name: String

  @Option(help: ArgumentHelp("Pixels of the images.", valueName: "HxW"))
  var size = ImageSize(height: 512, width: 512)

  @Option(help: "Images at once.")
  var batch = 1

  @Option(help: "Classes.")
  var classes = 19

  @Flag(help: "Only the forward pass, in evaluation.")
  var forward = false

  @OptionGroup var options: BenchOptions

  private static let widths = ["hrnet_w18": 18, "hrnet_w32": 32, "hrnet_w48": 48]

  func validate() throws {
    guard Self.widths[name] != nil else {
      throw ValidationError(
        "there is no model \(name); there are: " + Self.widths.keys.sorted().joined(separator: ", "))
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
    var seconds: [Double]
    var median: Double
    var spread: Double
    var phases: [BenchPhase]
    var peakResidentBytes: Int
  }

  func run() throws {
    options.apply()
    let network = try HRNet(HRNet.Configuration(classes: classes, width: Self.widths[name]!), seed: 0)
    let images = BenchInput.noise([batch, 3, size.height, size.width], "images")
    let labels = BenchInput.labels([batch, size.height, size.width], classes: classes)
    let optimizer = try SGD(
      network.namedParameters, .init(learningRate: 1e-3, momentum: 0.9, weightDecay: 5e-4))
    network.isTraining = !forward
    var iteration = 0
    let time = try options.time {
      // The first time doesn't count.
      if iteration == 1 { Profile.start() }
      network.randomness = .init(seed: 0, iteration: iteration)
      iteration += 1
      if forward {
        return try Profile.phase("forward") {
          _ = try Tape.withoutRecording { try network(Variable(images)).logits.value }
        }
      }
      let output = try Profile.phase("forward") { try network(Variable(images)) }
      let loss = try Profile.phase("loss") { try output.logits.crossEntropy(labels: labels).loss }
      try Profile.phase("backward") {
        try loss.backward { leaf in try Profile.phase("optimizer") { try optimizer.update(leaf, factor: 1) } }
      }
    }
    let profile = Profile.stop()
    let report = Report(
      model: name, work: forward ? "forward" : "step", size: [size.height, size.width], batch: batch,
      threads: Kernel.threads, seconds: time.seconds, median: time.median, spread: time.spread,
      phases: BenchPhase.all(of: profile), peakResidentBytes: MachineMemory.peakResident)
    try options.print(
      report,
      lines: [
        "\(name), \(forward ? "forward" : "training step"), \(batch)×3×\(size), \(Kernel.threads) threads; "
          + Processor.description,
        "\(BenchText.number(time.median, 3)) s (median of \(time.seconds.count), spread \(BenchText.percent(time.spread))), "
          + "\(BenchText.bytes(report.peakResidentBytes)) at most",
      ] + BenchText.table(ProfileText.phases(profile)) + ["the costliest operations"]
        + BenchText.table(ProfileText.operations(profile)))
  }
}

/// A phase's share of what was profiled.
struct BenchPhase: Encodable {
  var name: String
  var seconds: Double
  var share: Double
  var kernelSeconds: Double

  static func all(of report: Profile.Report) -> [BenchPhase] {
    report.phases.map {
      BenchPhase(
        name: $0.name, seconds: $0.seconds / Double(max(1, $0.count)), share: $0.seconds / max(report.seconds, 1e-12),
        kernelSeconds: $0.kernelSeconds)
    }
  }
}
