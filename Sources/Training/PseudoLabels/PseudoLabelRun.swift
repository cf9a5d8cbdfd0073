import Datasets
import Foundation
import Networks
import Storage
import Tensors
import TreeFilter

/// What a recipe says of the pseudo-labels that it stores.
public struct PseudoLabelSettings: Sendable, Equatable {
  /// Which images get labels.
  public enum Split: String, Sendable, CaseIterable { case train, val }

  /// Iterations of a training between one set of pseudo-labels and the next; nil makes none on the way.
  public var every: Int?
  public var split = Split.train
  /// How many classes of each pixel are kept.
  public var top = 1
  /// Images of a file at most; a run that is stopped loses those of the file that it hadn't finished.
  public var imagesPerFile = 256

  public init() {}
}

/// Gives the images of a data set the labels that a trained network's filtered predictions make likeliest, as files.
public struct PseudoLabelRun {
  /// `pseudo_labels/iteration-I` below the run's folder, or `-2`, … where that was taken.
  public let folder: String
  /// In words, how a label comes about.
  public let protocolLine: String

  private let soft: SoftLabels
  private let writer: PseudoLabelWriter
  private let data: ValidationData
  private let top: Int
  private let lock: RunLock

  /// What came of it.
  public struct Report: Sendable {
    /// Images that were labelled now, and those that were before.
    public var done = 0
    public var earlier = 0
    /// Names of images that could not be read.
    public var skipped: [String] = []
    public var files = 0
    public var bytes = 0
    public var seconds = 0.0

    public var line: String {
      "\(done) images labelled" + (earlier > 0 ? ", \(earlier) were before" : "")
        + ", \(files) file\(files == 1 ? "" : "s"), "
        + "\(ByteText.of(bytes)), \(ProgressText.duration(seconds))"
    }
  }

  /// The run's folder where pseudo-labels were begun from weights that are no checkpoint of it.
  /// - Throws: `RunError.nothingToResume`.
  public static func existing(base: String, name: String) throws -> RunFolder {
    let folder = RunFolder(base: base, name: name)
    guard FileManager.default.fileExists(atPath: folder.path + "/pseudo_labels") else {
      throw RunError.nothingToResume(path: folder.path + "/pseudo_labels")
    }
    return folder
  }

  /// Makes ready to write.
  /// - Parameters:
  ///   - weights: what the network's weights are called.
  ///   - iteration: how far they were trained.
  ///   - resumes: whether to go on with the folder that is there, which must be of the same weights, recipe and protocol.
  /// - Throws: `PseudoLabelError`, `PredictionError`, `RunError`, `RunLockError`, and what reading throws.
  public init(
    _ experiment: Experiment, network: SegmentationNetwork, run: RunFolder, weights: String, iteration: Int,
    resumes: Bool
  ) throws {
    let settings = experiment.pseudoLabels
    data = try Self.data(experiment, settings.split)
    let classes = data.dataset.classes
    if classes.count > 255 { throw PredictionError.tooManyClasses(classes.count) }
    if let count = network.classes, count != classes.count {
      throw PredictionError.otherClasses(network: count, expected: classes.count)
    }
    (soft, top) = (try SoftLabels(network, loss: experiment.treeLoss), settings.top)
    let images = EvaluationProtocol.line(images: data.count, of: data, views: EvaluationViews())
    protocolLine =
      "\(soft.description), enlarged bilinearly with aligned corners; "
      + images.prefix(while: { $0 != "," }) + ", whole, one scale, no flip"
    let parent = run.path + "/pseudo_labels"
    try RunFolder.make(parent, withParents: true)
    let name = "pseudo_labels/iteration-\(iteration)"
    let latest = resumes ? Self.latest(run.path + "/" + name) : nil
    folder = try latest ?? run.freshFolder(name)
    lock = try RunLock(folder: folder)
    writer = try PseudoLabelWriter(
      folder: folder,
      origin: PseudoLabelOrigin(
        classes: classes.names,
        provenance: [
          "weights": .string(weights), "weights_hash": .string(Checkpoint.fingerprint(network.namedState)),
          "iteration": .integer(iteration), "run": .string(run.name), "split": .string(settings.split.rawValue),
          "images": .integer(data.count), "protocol": .string(protocolLine),
        ], recipe: experiment.record), fileImages: settings.imagesPerFile)
  }

  /// The last of a folder, that with -2, that with -3, … that is there.
  private static func latest(_ path: String) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var (latest, attempt) = (path, 2)
    while FileManager.default.fileExists(atPath: "\(path)-\(attempt)") {
      (latest, attempt) = ("\(path)-\(attempt)", attempt + 1)
    }
    return latest
  }

  /// The images of a split, shown to the network as in validation.
  private static func data(_ experiment: Experiment, _ split: PseudoLabelSettings.Split) throws -> ValidationData {
    let training = experiment.training
    var data = ValidationData(dataset: training.dataset, threads: training.threads, skipsBad: training.skipsBad)
    if split == .val {
      guard let validation = experiment.validation else { throw RunError.noValidationData }
      data = validation
      data.indices = nil
    }
    data.transform = experiment.validation?.transform ?? EvaluationTransform()
    if data.dataset is MixDataset {
      throw TrainingError.setting(
        name: "data.\(split.rawValue)", found: "a mix, which has no images of its own",
        expected: "one data set: label those that are mixed one after the other")
    }
    return data
  }

  /// Labels the images that have no labels yet, one after the other.
  /// - Parameter progress: called with how many images are done and how many there are, before each.
  /// - Throws: `Interrupted`, when finished files stay; what reading, the network and writing throw.
  public func run(progress: (Int, Int) -> Void = { _, _ in }) throws -> Report {
    let start = ContinuousClock.now
    var report = Report()
    let left = (0..<data.dataset.count).filter { !writer.finished.contains(data.dataset.name($0)) }
    report.earlier = data.dataset.count - left.count
    let samples = EvaluationSample.sequence(
      data.dataset, indices: left, transform: data.transform, threads: data.threads, skipsBad: data.skipsBad)
    defer { samples.stop() }
    progress(report.earlier, data.dataset.count)
    while let sample = try samples.next() {
      // Names that only samples know.
      if writer.finished.contains(sample.name) {
        report.earlier += 1
      } else {
        try writer.add(try map(of: sample), name: sample.name)
        report.done += 1
      }
      progress(report.earlier + report.done, data.dataset.count)
    }
    try writer.finish()
    (report.skipped, report.files, report.bytes) = (samples.skipped, writer.files, writer.bytes)
    report.seconds = (ContinuousClock.now - start).inSeconds
    return report
  }

  private func map(of sample: EvaluationSample) throws -> PseudoLabelMap {
    let image = sample.original
    let input = sample.input.image
    let labels = try soft(input, guide: try data.transform.guide(image))
    return try SoftLabels.map(
      labels, size: (input.shape[2], input.shape[3]), shown: (sample.input.height, sample.input.width),
      height: image.height, width: image.width, top: top)
  }
}
