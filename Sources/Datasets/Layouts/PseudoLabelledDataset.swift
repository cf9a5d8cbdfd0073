import Storage
import Tensors

/// Images of a data set with pseudo-labels instead of its labels, or where these say nothing.
public struct PseudoLabelledDataset: Dataset {
  /// The data set whose images these are.
  public let base: any Dataset
  private let sources: [PseudoLabels]
  private let confidence: Double
  private let keepsLabels: Bool
  /// The images of `base` that are there.
  private let indices: [Int]
  /// Images that were left out, since nobody labelled them.
  public let skipped: [String]

  public var count: Int { indices.count }
  public var classes: ClassList { base.classes }
  public var labelIDs: [UInt8] { base.labelIDs }
  public var requiresCallerThread: Bool { base.requiresCallerThread }
  public var notices: Notices { base.notices }
  public func name(_ index: Int) -> String { base.name(indices[index]) }

  /// - Parameters:
  ///   - sources: at least one; of an image that several have labels of, the first counts.
  ///   - confidence: below it a pseudo-label is none, 0…1.
  ///   - keepsLabels: whether the labels of `base` win where it has some.
  ///   - skipBad: leave out images without pseudo-labels instead of failing.
  /// - Throws: `PseudoLabelError.missing`.
  public init(
    _ base: any Dataset, sources: [PseudoLabels], confidence: Double, keepsLabels: Bool, skipBad: Bool = false
  ) throws {
    (self.base, self.sources, self.confidence, self.keepsLabels) = (base, sources, confidence, keepsLabels)
    let isLabelled = (0..<base.count).map { index in sources.contains { $0.contains(base.name(index)) } }
    indices = isLabelled.indices.filter { isLabelled[$0] }
    skipped = isLabelled.indices.filter { !isLabelled[$0] }.map { base.name($0) }
    if let first = skipped.first, !skipBad || indices.isEmpty {
      throw PseudoLabelError.missing(
        image: first, place: sources.map(\.name).joined(separator: ", "), others: skipped.count - 1)
    }
  }

  public func files(_ index: Int) -> [String] {
    base.files(indices[index]) + [source(name(index)).file(of: name(index))].compactMap(\.self)
  }

  /// The source of an image's labels.
  private func source(_ name: String) -> PseudoLabels { sources.first { $0.contains(name) } ?? sources[0] }

  /// - Throws: `PseudoLabelError`, `HDF5Error`, and what the data set throws.
  public func sample(_ index: Int, random: RandomStream) throws -> Sample {
    var sample = try base.sample(indices[index], random: random)
    let name = name(index)
    var labels = try source(name).labels(
      of: name, width: sample.image.width, height: sample.image.height, classes: classes.count, confidence: confidence,
      unlabelled: Sample.unlabelled)
    if keepsLabels {
      for (pixel, label) in sample.labels.pixels.enumerated() where label != Sample.unlabelled {
        labels.pixels[pixel] = label
      }
    }
    sample.labels = labels
    return sample
  }

  public func check(_ index: Int) throws {
    try base.check(indices[index])
    guard let size = try base.imageSize(indices[index]) else { return }
    let name = name(index)
    try source(name).check(name, width: size.width, height: size.height)
  }
}
