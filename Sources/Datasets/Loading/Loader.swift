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
    /// Samples per batch.
    public var batch: Int
    /// Of the order of samples and of all random steps.
    public var seed: UInt64
    /// Steps on each sample, in order.
    public var augmentation: [any Augmentation] = []
    /// How samples become a batch.
    public var collation = Collation()
    /// Whether each epoch has another order.
    public var shuffles = true
    /// Whether samples that don't fill the last batch of an epoch are left out of it.
    public var dropsLast = true
    /// Replace samples that can't be read by the next one that can, and count them, instead of failing.
    public var skipsBad = false
    /// Threads that make batches, at least 1.
    public var threads = 1
    /// Batches that wait or are being made, at least 1; nil: one more than threads.
    public var ahead: Int?
    /// Called with every finished batch on the thread that made it, say to build its trees early.
    public var prepare: (@Sendable (Batch) throws -> Void)?

    public init(batch: Int, seed: UInt64) { (self.batch, self.seed) = (batch, seed) }
  }

  /// Where samples come from.
  public let dataset: any Dataset
  /// How batches are made.
  public let settings: Settings
  /// In which order.
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
      ? nil : Prefetcher(start: start, threads: settings.threads, window: settings.ahead) { try maker.begin($0) }
    nextBatch = Mutex(start)
  }

  /// Number of the batch that comes next: what to pass as `start` to go on from here.
  public var position: Int { nextBatch.withLock { $0 } }
  /// The epoch of the batch that comes next, from 0.
  public var epoch: Int { position / sampler.batchesPerEpoch }
  /// The place of the next batch in its epoch.
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
