import Storage
import Synchronization
import Tensors

/// Makes a batch from its number, in two parts: what may run on any thread, and what only the caller's thread may do.
final class BatchMaker: Sendable {
  enum Product: Sendable {
    case finished(Batch)
    /// Samples with their places in the epoch, after the first `steps` augmentations.
    case begun([Sample])
  }

  private let dataset: any Dataset
  private let settings: Loader.Settings
  private let sampler: Sampler
  /// Augmentations before the first that needs the caller's thread.
  private let freeSteps: Int
  let skipped = Mutex<Set<String>>([])
  /// The order of the epoch that was asked for last.
  private let order = Mutex<(epoch: Int, samples: [Int])>((-1, []))

  init(dataset: any Dataset, settings: Loader.Settings, sampler: Sampler) {
    (self.dataset, self.settings, self.sampler) = (dataset, settings, sampler)
    freeSteps = settings.augmentation.firstIndex { $0.requiresCallerThread } ?? settings.augmentation.count
  }

  /// Reads the samples of a batch and augments them as far as any thread may.
  func begin(_ number: Int) throws -> Product {
    let (epoch, places) = sampler.places(ofBatch: number)
    let samples = try places.map { place in
      try Interruption.check()
      var sample = try load(place, epoch)
      try augment(&sample, steps: 0..<freeSteps, place, epoch)
      return sample
    }
    return freeSteps == settings.augmentation.count
      ? .finished(try collate(samples, places, epoch)) : .begun(samples)
  }

  /// Does what is left to do, on the caller's thread.
  func finish(_ product: Product, _ number: Int) throws -> Batch {
    guard case .begun(var samples) = product else {
      guard case .finished(let batch) = product else { preconditionFailure("a product of neither kind") }
      return batch
    }
    let (epoch, places) = sampler.places(ofBatch: number)
    for (index, place) in places.enumerated() {
      try augment(&samples[index], steps: freeSteps..<settings.augmentation.count, place, epoch)
    }
    return try collate(samples, places, epoch)
  }

  private func collate(_ samples: [Sample], _ places: Range<Int>, _ epoch: Int) throws -> Batch {
    let batch = try settings.collation.collate(samples, random: places.map { stream("place", $0, epoch) })
    try settings.prepare?(batch)
    return batch
  }

  private func stream(_ purpose: String, _ place: Int, _ epoch: Int) -> RandomStream {
    RandomStream(seed: settings.seed, purpose: "sample \(purpose)", epoch: epoch, index: place)
  }

  private func augment(_ sample: inout Sample, steps: Range<Int>, _ place: Int, _ epoch: Int) throws {
    func random(_ step: Int) -> RandomStream { stream("\(settings.augmentation[step].name) \(step)", place, epoch) }
    var step = steps.lowerBound
    while step < steps.upperBound {
      var own = random(step)
      if let resize = settings.augmentation[step] as? any ResizingAugmentation, steps.contains(step + 1),
        let crop = settings.augmentation[step + 1] as? RandomCrop
      {
        var following = random(step + 1)
        let size = resize.size(width: sample.image.width, height: sample.image.height, &own)
        sample.resize(
          width: size.width, height: size.height,
          window: crop.window(width: size.width, height: size.height, &following))
        step += 2
      } else {
        try settings.augmentation[step].apply(&sample, &own)
        step += 1
      }
    }
  }

  /// The sample at a place of the epoch; if bad ones are skipped, the next good one in the epoch's order.
  private func load(_ place: Int, _ epoch: Int) throws -> Sample {
    let order = order(epoch)
    var first: String?
    for offset in 0..<order.count {
      let index = order[(place + offset) % order.count]
      do {
        return try dataset.sample(index, random: stream("make", place, epoch))
      } catch let error as any ExplainedError where settings.skipsBad && !(error is Interrupted) {
        skipped.withLock { _ = $0.insert(dataset.name(index)) }
        first = first ?? error.explanation.what
      }
    }
    throw DatasetError.nothingReadable(count: order.count, first: first ?? "there is none")
  }

  private func order(_ epoch: Int) -> [Int] {
    order.withLock { held in
      if held.epoch != epoch { held = (epoch, sampler.order(epoch: epoch)) }
      return held.samples
    }
  }
}
