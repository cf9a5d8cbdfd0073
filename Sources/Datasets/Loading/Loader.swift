import Storage
import Synchronization
import Tensors

/// Serves training batches, made ahead on threads of its own.
///
/// Batch number b is a function of data, settings, seed and b alone: neither the number of threads nor where a run was
/// stopped and resumed changes it. Steps that need the caller's thread, and those after them, run when a batch is asked for.
public final class Loader: Sendable {
  /// How batches are made.
  public struct Settings: Sendable {
    public var batch: Int
    public var seed: UInt64
    public var augmentation: [any Augmentation] = []
    public var collation = Collation()
    public var shuffles = true
    public var dropsLast = true
    /// Replace samples that can't be read by the next one that can, and count them, instead of failing.
    public var skipsBad = false
    public var threads = 1
    /// Called with every finished batch on the thread that made it, say to build its trees early.
    public var prepare: (@Sendable (Batch) throws -> Void)?

    public init(batch: Int, seed: UInt64) { (self.batch, self.seed) = (batch, seed) }
  }

  public let dataset: any Dataset
  public let settings: Settings
  public let sampler: Sampler
  private let recipe: BatchMaker
  private let source: Prefetcher<BatchMaker.Product>?
  private let nextBatch: Mutex<Int>

  /// Begins to make batches at once, unless they need the caller's thread.
  /// - Parameter start: number of the first batch, counted over all epochs: the iterations done so far
  /// - Throws: `DatasetError` if the data don't fill a batch
  public init(_ dataset: any Dataset, _ settings: Settings, start: Int = 0) throws {
    (self.dataset, self.settings) = (dataset, settings)
    sampler = try Sampler(
      count: dataset.count, batch: settings.batch, seed: settings.seed, shuffles: settings.shuffles,
      dropsLast: settings.dropsLast)
    let maker = BatchMaker(dataset: dataset, settings: settings, sampler: sampler)
    recipe = maker
    source =
      dataset.requiresCallerThread
      ? nil : Prefetcher(start: start, threads: settings.threads) { try maker.begin($0) }
    nextBatch = Mutex(start)
  }

  /// Number of the batch that comes next: what to pass as `start` to go on from here.
  public var position: Int { nextBatch.withLock { $0 } }
  /// The epoch of the batch that comes next, and its place in it.
  public var epoch: Int { position / sampler.batchesPerEpoch }
  public var batchInEpoch: Int { position % sampler.batchesPerEpoch }
  /// Names of the samples that couldn't be read and were replaced so far.
  public var skipped: [String] { recipe.skipped.withLock { $0.sorted() } }

  /// The next batch; epochs follow each other without end. Called from one thread.
  /// - Throws: what is wrong with the data; the same again when asked again. `Interrupted`.
  public func next() throws -> Batch {
    let number = position
    try Interruption.check()
    let product: BatchMaker.Product
    if let source {
      guard let made = try source.next() else { throw Interrupted() }
      product = made
    } else {
      product = try recipe.begin(number)
    }
    let batch = try recipe.finish(product, number)
    nextBatch.withLock { $0 = number + 1 }
    return batch
  }

  /// Ends the threads.
  public func stop() { source?.stop() }
}
