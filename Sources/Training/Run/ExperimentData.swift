import Datasets
import Storage
import Tensors

/// What a recipe trains on and how batches are made of it.
public struct TrainingData {
  public var dataset: any Dataset
  public var augmentation: [any Augmentation]
  public var collation: Collation
  /// Threads that prepare batches ahead.
  public var threads: Int
  /// Replaces images that can't be read instead of failing.
  public var skipsBad: Bool
  /// Called with each batch on the thread that made it, say to build its trees.
  public var prepare: (@Sendable (Batch) throws -> Void)?

  public init(
    dataset: any Dataset, augmentation: [any Augmentation] = [], collation: Collation = Collation(), threads: Int = 1,
    skipsBad: Bool = false, prepare: (@Sendable (Batch) throws -> Void)? = nil
  ) {
    (self.dataset, self.augmentation, self.collation) = (dataset, augmentation, collation)
    (self.threads, self.skipsBad, self.prepare) = (threads, skipsBad, prepare)
  }

  /// Batches of an experiment from number `start` on.
  /// - Throws: `DatasetError` where the data don't fill a batch.
  func loader(batch: Int, seed: UInt64, start: Int) throws -> Loader {
    var settings = Loader.Settings(batch: batch, seed: seed)
    (settings.augmentation, settings.collation) = (augmentation, collation)
    (settings.threads, settings.skipsBad, settings.prepare) = (threads, skipsBad, prepare)
    return try Loader(dataset, settings, start: start)
  }

  /// Batches that may wait or be under way beside the one in use.
  var batchesAhead: Int { dataset.requiresCallerThread ? 0 : threads + 1 }
}

/// What a recipe is scored on and how images are shown to the network.
public struct ValidationData {
  public var dataset: any Dataset
  public var transform: EvaluationTransform
  /// Threads that read images ahead.
  public var threads: Int
  /// Leaves out images that can't be read instead of failing.
  public var skipsBad: Bool
  /// Which images are scored, in this order; nil scores each once.
  public var indices: [Int]?
  /// Colours of the classes in pictures.
  public var palette: [RGB]
  /// Whose rules these are, and what is peculiar about them: part of the line that follows every score.
  public var rules: String?
  public var peculiarities: [String] = []

  public init(
    dataset: any Dataset, transform: EvaluationTransform = EvaluationTransform(), threads: Int = 1,
    skipsBad: Bool = false
  ) {
    (self.dataset, self.transform, self.threads, self.skipsBad) = (dataset, transform, threads, skipsBad)
    palette = dataset.classes.palette
  }

  /// Images that are scored, those named twice counted so.
  public var count: Int { indices?.count ?? dataset.count }
}
