import Autograd
import Datasets
import Foundation
import Networks
import Storage
import Tensors
import TestSupport
import Testing
import Training
import TreeFilter

/// A network with coarse logits and an embedding at a fourth of the image: two convolutions.
private final class CoarseNetwork: SegmentationNetwork {
  private let head: Variable
  private let projection: Variable?

  init(classes: Int, embeds: Bool = true) {
    var random = RandomStream(seed: 3, purpose: "coarse network")
    func weight(_ channels: Int, _ scale: Float) -> Variable {
      let values = (0..<channels * 48).map { _ in scale * Float(random.normal()) }
      return Variable(Tensor(values, shape: [channels, 3, 4, 4]), requiresGradient: true)
    }
    head = weight(classes, 0.5)
    projection = embeds ? weight(5, 0.1) : nil
    super.init(classes: classes)
    addParameter("head.weight", head, .constant(0))
    if let projection { addParameter("projection.weight", projection, .constant(0)) }
  }

  override func callAsFunction(_ image: Variable) throws -> NetworkOutput {
    let window = Convolution.Window(stride: 4)
    let coarse = try image.convolved(head, window: window)
    let logits = try coarse.resized(height: image.shape[2], width: image.shape[3], .bilinear(alignCorners: true))
    return NetworkOutput(
      logits: logits, coarse: coarse, embedding: try projection.map { try image.convolved($0, window: window) })
  }
}

extension Tensor {
  fileprivate var ints: [Int] { array(of: Int64.self).map { Int($0) } }
}

@Suite(.serialized) struct PseudoLabelRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func experiment(
    embeds: Bool = true, loss: TreeEnergyLoss? = try! TreeEnergyLoss(sigma: 0.02), count: Int = 5
  ) throws -> Experiment {
    let scenes = try ScenesDataset(width: 36, height: 20, count: count, seed: 2)
    let experiment = Experiment(
      name: "pseudo", iterations: 4, batch: 2, network: { CoarseNetwork(classes: 11, embeds: embeds) },
      training: TrainingData(dataset: scenes), validation: ValidationData(dataset: scenes),
      loss: LossTerm.sum([.crossEntropy()]), optimizer: .sgd(.init(learningRate: 0.01, momentum: 0.9)))
    experiment.treeLoss = loss
    return experiment
  }

  private func run(_ experiment: Experiment, resumes: Bool = false) throws -> (PseudoLabelRun, PseudoLabelRun.Report) {
    let run = try PseudoLabelRun(
      experiment, network: experiment.network(), run: RunFolder.create(base: folder.path, name: "pseudo"),
      weights: "w.h5", iteration: 12, resumes: resumes)
    return (run, try run.run())
  }

  /// What is stored, from the definition: softmax, the two filters one after the other, enlarged, the largest.
  private func expected(_ image: Image8, embeds: Bool) throws -> (soft: Tensor, argmax: [Int], largest: [Double]) {
    let network = CoarseNetwork(classes: 11, embeds: embeds)
    let output = try network(Variable(NetworkInput.normalized(image)))
    let (h, w) = (output.coarse!.shape[2], output.coarse!.shape[3])
    let guide = Variable(
      try NetworkInput.guide(image).resized(height: h, width: w, .bilinear(alignCorners: false)))
    var soft = Variable(try output.coarse!.value.softmax(1))
    soft = try treeFilter(soft, embedding: guide, tree: .build(guide: guide.value), sigma: 0.02)
    if let embedding = output.embedding {
      soft = try treeFilter(soft, embedding: embedding, tree: .build(guide: embedding.value))
    }
    let large = try soft.value.resized(height: image.height, width: image.width, .bilinear(alignCorners: true))
    let values = large.array(of: Double.self)
    let count = image.height * image.width
    let argmax = (0..<count).map { p in (0..<11).max { values[$0 * count + p] < values[$1 * count + p] }! }
    return (soft.value, argmax, (0..<count).map { values[argmax[$0] * count + $0] })
  }

  @Test(arguments: [true, false]) func storedLabelsAreTheLossesOwnFilteredPredictions(embeds: Bool) throws {
    let experiment = try experiment(embeds: embeds)
    experiment.pseudoLabels.top = 3
    let (run, report) = try run(experiment)
    #expect(report.done == 5 && report.earlier == 0 && report.files == 1 && report.skipped.isEmpty)
    #expect(run.folder == folder.file("runs/pseudo/pseudo_labels/iteration-12"))
    #expect(run.protocolLine.contains("coarse logits (1/4)") && run.protocolLine.contains("sigma 0.02"))
    #expect(run.protocolLine.contains("the embedding's tree") == embeds)
    #expect(run.protocolLine.contains("alone, since the network gives no embedding") == !embeds)
    let file = try HDF5File(reading: run.folder + "/00000.h5")
    for index in 0..<5 {
      let name = experiment.training.dataset.name(index)
      let (soft, argmax, largest) = try expected(experiment.training.dataset.sample(index).image, embeds: embeds)
      // The filters must matter for the comparison to mean something.
      #expect(soft.count == 11 * 5 * 9)
      let labels = try file.read("/pseudo_labels/\(name)/labels").ints
      let confidence = try file.read("/pseudo_labels/\(name)/confidence").array(of: Double.self)
      #expect(labels.count == 36 * 20)
      for pixel in labels.indices {
        #expect(abs(confidence[pixel] / 255 - largest[pixel]) < 0.503 / 255)
        #expect(labels[pixel] == argmax[pixel], "\(name) \(pixel)")
      }
      let top = try file.read("/pseudo_labels/\(name)/top_confidence").ints
      let classes = try file.read("/pseudo_labels/\(name)/top_labels").ints
      for pixel in labels.indices {
        #expect(top[pixel] >= top[pixel + 720] && top[pixel + 720] >= top[pixel + 1440])
        #expect(Set([0, 720, 1440].map { classes[pixel + $0] }).count == 3)
      }
    }
    #expect(try file.attribute("iteration", of: "/provenance") == 12)
    #expect(try file.attribute("protocol", of: "/provenance") == .string(run.protocolLine))
  }

  @Test(arguments: ["head.weight", "projection.weight"]) func whatIsNoNumberIsNotStored(_ parameter: String) throws {
    let experiment = try experiment()
    let network = try experiment.network()
    try #require(network.namedParameters.first { $0.name == parameter }).variable.value.fill(.nan)
    let run = try PseudoLabelRun(
      experiment, network: network, run: RunFolder.create(base: folder.path, name: "pseudo"), weights: "w.h5",
      iteration: 12, resumes: false)
    #expect(throws: RunError.self) { try run.run() }
  }

  @Test func withoutATreeLossPredictionsStayAsTheyAre() throws {
    let experiment = try experiment(loss: nil, count: 1)
    let (run, _) = try run(experiment)
    #expect(run.protocolLine.contains("unfiltered, since the recipe lists no tree_energy loss"))
    let image = try experiment.training.dataset.sample(0).image
    let output = try CoarseNetwork(classes: 11)(Variable(NetworkInput.normalized(image)))
    let plain = try output.coarse!.value.softmax(1).resized(height: 20, width: 36, .bilinear(alignCorners: true))
    let values = plain.array(of: Float.self)
    let labels = try HDF5File(reading: run.folder + "/00000.h5")
      .read("/pseudo_labels/\(experiment.training.dataset.name(0))/labels").ints
    #expect(labels == (0..<720).map { p in (0..<11).max { values[$0 * 720 + p] < values[$1 * 720 + p] }! })
  }

  @Test func embeddingAloneNeedsAnEmbedding() throws {
    let high = try TreeEnergyLoss(sigma: 0.02, levels: [.high])
    #expect(try run(experiment(embeds: false, loss: high, count: 1)).0.protocolLine.contains("unfiltered"))
  }

  @Test func onlyOneAtATimeWritesToAFolder() throws {
    let experiment = try experiment(count: 1)
    let (first, _) = try run(experiment)
    #expect(throws: RunLockError.self) {
      try PseudoLabelRun(
        experiment, network: experiment.network(), run: PseudoLabelRun.existing(base: folder.path, name: "pseudo"),
        weights: "w.h5", iteration: 12, resumes: true)
    }
    extendLifetime(first)
  }

  @Test func resumingWritesTheSameBytes() throws {
    let experiment = try experiment()
    experiment.pseudoLabels.imagesPerFile = 2
    func start(_ resumes: Bool, _ learnt: Double = 0) throws -> PseudoLabelRun {
      let network = try experiment.network()
      if learnt != 0 { network.parameters()[0].variable.value.fill(learnt) }
      let run =
        try resumes
        ? PseudoLabelRun.existing(base: folder.path, name: "pseudo")
        : RunFolder.create(base: folder.path, name: "pseudo")
      return try PseudoLabelRun(
        experiment, network: network, run: run, weights: "w.h5", iteration: 1, resumes: resumes)
    }
    let path = folder.file("runs/pseudo/pseudo_labels/iteration-1")
    #expect(try start(false).run().done == 5)
    let bytes = try (0..<3).map { try FileBytes(path: "\(path)/0000\($0).h5").array }
    try FileManager.default.removeItem(atPath: path + "/00002.h5")
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path + "/00002.h5.part"))
    #expect(throws: PseudoLabelError.self) { try start(true, 0.5) }
    let report = try start(true).run()
    #expect(report.done == 1 && report.earlier == 4 && report.files == 3)
    #expect(try (0..<3).map { try FileBytes(path: "\(path)/0000\($0).h5").array } == bytes)
    let nothing = try start(true).run()
    #expect(nothing.done == 0 && nothing.earlier == 5)
  }

  @Test func paddedAndResizedImagesGetLabelsOfTheirOwnSize() throws {
    let experiment = try experiment(count: 1)
    experiment.validation!.transform = EvaluationTransform(size: .shorterSide(40), multiple: 32)
    let (run, _) = try run(experiment)
    let name = experiment.training.dataset.name(0)
    let file = try HDF5File(reading: run.folder + "/00000.h5")
    #expect(try file.read("/pseudo_labels/\(name)/labels").shape == [20, 36])
    // Twice the size is 40×72, which pads to 64×96: the lower right corner of the image is at 39 of 63 and 71 of 95 of the input.
    let image = try experiment.training.dataset.sample(0).image
    let transform = experiment.validation!.transform
    let input = try transform.input(image)
    let output = try CoarseNetwork(classes: 11)(Variable(input.image))
    let soft = try TreeEnergyLoss(sigma: 0.02)(
      logits: output.coarse!, image: transform.guide(image), embedding: output.embedding,
      mask: Tensor(filling: [1, 64, 96], with: 1, .uint8)
    ).softLabels()
    let (y, x) = (39.0 / 63 * 15, 71.0 / 95 * 23)
    let values = soft.array(of: Double.self)
    let corner = (0..<11).map { k in
      func at(_ dy: Int, _ dx: Int) -> Double { values[(k * 16 + Int(y) + dy) * 24 + Int(x) + dx] }
      let (fy, fx) = (y - y.rounded(.down), x - x.rounded(.down))
      return at(0, 0) * (1 - fy) * (1 - fx) + at(0, 1) * (1 - fy) * fx + at(1, 0) * fy * (1 - fx) + at(1, 1) * fy * fx
    }
    let confidence = try file.read("/pseudo_labels/\(name)/confidence").array(of: Double.self)
    let labels = try file.read("/pseudo_labels/\(name)/labels").ints
    #expect(labels.last == corner.indices.max { corner[$0] < corner[$1] })
    #expect(abs(confidence.last! / 255 - corner.max()!) < 0.503 / 255)
  }

  @Test func aTrainingStoresThemOnItsWay() throws {
    let experiment = try experiment(count: 4)
    (experiment.pseudoLabels.every, experiment.validation) = (2, nil)
    let recorder = Recorder()
    let trainer = try Trainer(experiment, RunOptions(out: folder.path), console: recorder.console(isTerminal: false))
    #expect(try trainer.run() == .finished)
    let parent = folder.file("runs/pseudo/pseudo_labels")
    #expect(try FileManager.default.contentsOfDirectory(atPath: parent).sorted() == ["iteration-2", "iteration-4"])
    let labels = try PseudoLabels(path: parent + "/iteration-2", group: "pseudo_labels")
    #expect(labels.count == 4)
    #expect(recorder.texts.joined().contains("iteration-4: 4 images labelled"))
    // A network in training goes on training.
    #expect(trainer.network.givesAllOutputs == false)
  }

  @Test func aMixHasNoImagesOfItsOwn() throws {
    let experiment = try experiment()
    experiment.training.dataset = try MixDataset([experiment.training.dataset])
    #expect(throws: TrainingError.self) { try run(experiment) }
  }
}
