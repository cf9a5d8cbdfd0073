import Tensors

/// In which order samples are seen: shuffled anew in each epoch, as a function of seed and epoch.
public struct Sampler: Sendable, Equatable {
  /// Samples in an epoch.
  public let count: Int
  /// Samples per batch.
  public let batch: Int
  /// Of the shuffling.
  public let seed: UInt64
  /// Whether each epoch has another order.
  public let shuffles: Bool
  /// Whether samples that don't fill the last batch of an epoch are left out of it.
  public let dropsLast: Bool

  /// - Throws: `DatasetError` if no batch can be filled
  public init(count: Int, batch: Int, seed: UInt64, shuffles: Bool = true, dropsLast: Bool = true) throws {
    guard batch >= 1 else {
      throw DatasetError.argument(name: "batch", found: "\(batch)", expected: "1 or more")
    }
    guard count >= (dropsLast ? batch : 1) else { throw DatasetError.tooFewSamples(count: count, batch: batch) }
    (self.count, self.batch, self.seed, self.shuffles, self.dropsLast) = (count, batch, seed, shuffles, dropsLast)
  }

  /// Batches in an epoch.
  public var batchesPerEpoch: Int { dropsLast ? count / batch : (count + batch - 1) / batch }

  /// The samples of an epoch in order.
  public func order(epoch: Int) -> [Int] {
    if !shuffles { return Array(0..<count) }
    var random = RandomStream(seed: seed, purpose: "shuffle", epoch: epoch)
    return random.shuffled(Array(0..<count))
  }

  /// Where batch `number`, counted from 0 over all epochs, lies: its epoch and the places of its samples in it.
  public func places(ofBatch number: Int) -> (epoch: Int, places: Range<Int>) {
    let (epoch, inEpoch) = number.quotientAndRemainder(dividingBy: batchesPerEpoch)
    return (epoch, inEpoch * batch..<min(count, (inEpoch + 1) * batch))
  }
}
