import Storage
import Synchronization
import Tensors

/// Made scenes, drawn when they are first asked for: the same pictures and labels that `SceneWriter` writes, without files.
/// They are kept as long as they take at most `largestCache` bytes together, beyond that drawn again.
public struct ScenesDataset: Dataset {
  public let count: Int
  public let coding: LabelCoding
  public let notices = Notices()
  private let generator: SceneGenerator
  private let first: Int
  private let kept = Kept()
  /// Bytes of samples that one data set keeps.
  public static let largestCache = 1 << 28
  /// Share of each region that stays labelled; nil for dense labels.
  private let share: Double?

  public var classes: ClassList { coding.classes }

  /// - Parameters:
  ///   - first: number of the first scene; validation scenes follow the training scenes of the same seed
  ///   - labels: "label" or "dense" for dense ones, else "block10", "block20" or "block50", also behind "sparse_label/"
  ///   - coding: the 11 classes that occur, or `.cityscapes` for all 19
  /// - Throws: `SceneError`, `DatasetError.argument`
  public init(
    width: Int, height: Int, count: Int, seed: UInt64, first: Int = 0, labels: String = "block10",
    coding: LabelCoding = .scenes
  ) throws {
    generator = try SceneGenerator(width: width, height: height, seed: seed)
    guard (1...1_000_000).contains(count), first >= 0 else { throw SceneError.count(name: "scenes", count: count) }
    let kind = labels.split(separator: "/").last.map(String.init) ?? labels
    let block = BlockLabels.shares.first { $0.name == kind }
    guard block != nil || kind == "label" || kind == "dense" else {
      throw DatasetError.argument(
        name: "labels", found: "\"\(labels)\"",
        expected: "\"dense\" or one of " + BlockLabels.shares.map { "\"\($0.name)\"" }.joined(separator: ", "))
    }
    (self.count, self.first, self.coding, share) = (count, first, coding, block?.share)
  }

  public func name(_ index: Int) -> String { SceneWriter.name(first + index) }

  public func imageSize(_ index: Int) -> (width: Int, height: Int)? { (generator.width, generator.height) }

  public func sample(_ index: Int, random: RandomStream) throws -> Sample {
    if let sample = kept.samples.withLock({ $0[index] }) { return sample }
    var (image, labels) = generator.scene(first + index)
    if let share { labels = BlockLabels(labels).keeping(share) }
    let sample = Sample(image: image, labels: coding.mapped(labels), name: name(index))
    kept.samples.withLock {
      if ($0.count + 1) * 4 * image.width * image.height <= Self.largestCache { $0[index] = sample }
    }
    return sample
  }

  /// Scenes drawn so far.
  private final class Kept: Sendable {
    let samples = Mutex<[Int: Sample]>([:])
  }
}
