import Datasets
import Foundation
import Storage
import Synchronization
import Tensors
import Testing

@Suite(.serialized) struct LoaderTests {
  /// Bytes of everything in a batch.
  struct Print: Equatable {
    let image: [Float]
    let guide: [Float]
    let labels: [Int32]
    let names: [String]

    init(_ batch: Batch) {
      (image, guide, labels) = (batch.image.array(), batch.guide.array(), batch.labels.array())
      names = batch.names
    }
  }

  static func settings(threads: Int, batch: Int = 3) throws -> Loader.Settings {
    var settings = Loader.Settings(batch: batch, seed: 21)
    settings.augmentation = [
      try RandomResize(), try RandomFlip(), try RandomCrop(width: 24, height: 16), try RandomBrightness(),
    ]
    settings.collation = Collation(width: 24, height: 16)
    settings.threads = threads
    return settings
  }

  static func scenes() throws -> ScenesDataset { try ScenesDataset(width: 32, height: 16, count: 8, seed: 2) }

  static func batches(_ loader: Loader, _ count: Int) throws -> [Print] {
    try (0..<count).map { _ in Print(try loader.next()) }
  }

  /// Steps that the loader knows nothing of, so that each makes whole images.
  @Test func resizingTheWindowAloneChangesNothing() throws {
    for steps: [any Augmentation] in [
      [try RandomResize(), try RandomCrop(width: 20, height: 12)],
      [try RandomFlip(), try ResizeShorterSide(side: 24), try RandomResize(), try RandomCrop(width: 20, height: 12)],
      [try ResizeShorterSide(side: 24), try RandomCrop(width: 20, height: 12), try RandomFlip()],
    ] {
      var settings = try Self.settings(threads: 2)
      settings.collation = Collation(width: 20, height: 12)
      settings.augmentation = steps
      let known = try Self.batches(Loader(Self.scenes(), settings), 6)
      settings.augmentation = steps.map { step in
        CustomAugmentation(name: step.name, requiresCallerThread: false) { try step.apply(&$0, &$1) }
      }
      #expect(try Self.batches(Loader(Self.scenes(), settings), 6) == known)
    }
  }

  @Test func threadsDoNotChangeABit() throws {
    let one = try Self.batches(Loader(Self.scenes(), Self.settings(threads: 1)), 7)
    let two = try Self.batches(Loader(Self.scenes(), Self.settings(threads: 2)), 7)
    let four = try Self.batches(Loader(Self.scenes(), Self.settings(threads: 4)), 7)
    #expect(one == two && one == four)
    // Epochs of two batches in different orders, every sample at most once in each.
    #expect(one[0].names != one[2].names)
    for epoch in 0..<3 {
      let names = one[2 * epoch].names + one[2 * epoch + 1].names
      #expect(Set(names).count == 6)
    }
  }

  @Test func goesOnWhereItStopped() throws {
    let whole = try Self.batches(Loader(Self.scenes(), Self.settings(threads: 2)), 9)
    for start in [1, 4, 7] {
      let first = try Loader(Self.scenes(), Self.settings(threads: 1))
      _ = try Self.batches(first, start)
      #expect(first.position == start && first.epoch == start / 2 && first.batchInEpoch == start % 2)
      first.stop()
      let rest = try Loader(Self.scenes(), Self.settings(threads: 2), start: first.position)
      #expect(try Self.batches(rest, 9 - start) == Array(whole[start...]))
    }
  }

  /// A data set that may only be read on one thread, as a script's functions.
  @Test func callersThreadGivesTheSameBits() throws {
    let caller = pthread_self()
    let source = try Self.scenes()
    let bound = CustomDataset(
      count: source.count, classes: source.classes, requiresCallerThread: true, names: { source.name($0) },
      get: { index, random in
        #expect(pthread_self() == caller)
        return try source.sample(index, random: random)
      })
    let free = try Self.batches(Loader(source, Self.settings(threads: 2)), 4)
    #expect(try Self.batches(Loader(bound, Self.settings(threads: 2)), 4) == free)

    var settings = try Self.settings(threads: 2)
    let flip = try RandomFlip()
    settings.augmentation[1] = CustomAugmentation(name: flip.name, requiresCallerThread: true) { sample, random in
      #expect(pthread_self() == caller)
      try flip.apply(&sample, &random)
    }
    #expect(try Self.batches(Loader(source, settings), 4) == free)
  }

  struct Bad: ExplainedError {
    let index: Int
    var explanation: Explanation { Explanation("sample \(index) is damaged", place: "file_\(index).png") }
  }

  static func damaged(_ bad: Set<Int>) throws -> CustomDataset {
    let source = try scenes()
    return CustomDataset(
      count: source.count, classes: source.classes, requiresCallerThread: false, names: { source.name($0) },
      get: { index, random in
        if bad.contains(index) { throw Bad(index: index) }
        return try source.sample(index, random: random)
      })
  }

  @Test func errorsComeWhenTheirBatchIsAskedFor() throws {
    var settings = try Self.settings(threads: 2)
    settings.shuffles = false
    settings.batch = 2
    let loader = try Loader(Self.damaged([5]), settings)
    _ = try loader.next()
    _ = try loader.next()
    for _ in 0..<2 {
      let error = #expect(throws: Bad.self) { try loader.next() }
      #expect(error?.index == 5)
    }
    #expect(loader.position == 2)
  }

  @Test func badSamplesAreReplacedTheSameWayByAnyThreads() throws {
    func run(_ threads: Int) throws -> ([Print], [String]) {
      var settings = try Self.settings(threads: threads)
      settings.skipsBad = true
      let loader = try Loader(Self.damaged([1, 4]), settings)
      let batches = try Self.batches(loader, 6)
      loader.stop()
      return (batches, loader.skipped)
    }
    let (one, skipped) = try run(1)
    #expect(try run(3).0 == one)
    #expect(skipped == ["scene_000001", "scene_000004"])
    #expect(one.allSatisfy { !$0.names.contains("scene_000001") && !$0.names.contains("scene_000004") })
    var settings = try Self.settings(threads: 1)
    settings.skipsBad = true
    let hopeless = try Loader(Self.damaged(Set(0..<8)), settings)
    #expect(throws: DatasetError.self) { try hopeless.next() }
  }

  @Test func preparesOnItsOwnThreads() throws {
    let seen = Mutex<[String]>([])
    let caller = pthread_self()
    var settings = try Self.settings(threads: 1)
    settings.prepare = { batch in
      #expect(pthread_self() != caller)
      seen.withLock { $0 += batch.names }
    }
    let loader = try Loader(Self.scenes(), settings)
    let names = try loader.next().names
    loader.stop()
    // Made ahead by at most the window: this batch and two more.
    let prepared = seen.withLock { $0 }
    #expect(Array(prepared.prefix(3)) == names && prepared.count <= 9)
  }

  @Test func askingToStopEndsTheWaitAndLosesNothing() throws {
    let gate = Mutex(false)
    let source = try Self.scenes()
    let slow = CustomDataset(count: 8, classes: source.classes, requiresCallerThread: false) { index, random in
      while !gate.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.005) }
      return try source.sample(index, random: random)
    }
    let loader = try Loader(slow, Self.settings(threads: 2))
    Interruption.request()
    defer { Interruption.clear() }
    let before = Date()
    #expect(throws: Interrupted.self) { try loader.next() }
    #expect(Date().timeIntervalSince(before) < 0.5)
    Interruption.clear()
    gate.withLock { $0 = true }
    #expect(try Self.batches(loader, 3) == Self.batches(Loader(source, Self.settings(threads: 1)), 3))
  }

  @Test func tooFewSamplesForABatch() throws {
    #expect(throws: DatasetError.tooFewSamples(count: 8, batch: 9)) {
      try Loader(Self.scenes(), Loader.Settings(batch: 9, seed: 1))
    }
    var settings = Loader.Settings(batch: 9, seed: 1)
    settings.dropsLast = false
    #expect(try Loader(Self.scenes(), settings).next().names.count == 8)
  }

  @Test func evaluationKeepsOrderAndLeavesBadSamplesOut() throws {
    let all = EvaluationSample.sequence(try Self.scenes(), threads: 2)
    var names: [String] = []
    while let sample = try all.next() {
      names.append(sample.name)
      #expect(sample.input.image.shape == [1, 3, 16, 32] && sample.labels.width == 32)
    }
    #expect(names == (0..<8).map { "scene_00000\($0)" })
    let some = EvaluationSample.sequence(try Self.damaged([2]), threads: 2, skipsBad: true)
    var count = 0
    while try some.next() != nil { count += 1 }
    #expect(count == 7 && some.skipped == ["scene_000002"])
    let strict = EvaluationSample.sequence(try Self.damaged([0]), threads: 1)
    #expect(throws: Bad.self) { try strict.next() }
  }

  @Test func mixesByWeight() throws {
    let (a, b) = (try Self.scenes(), try ScenesDataset(width: 32, height: 16, count: 4, seed: 3, first: 100))
    let mix = try MixDataset([a, b], weights: [1, 3])
    #expect(mix.count == 12 && mix.classes.count == 11)
    let fromB = try (0..<200).filter {
      try mix.sample($0, random: RandomStream(seed: 1, purpose: "mix", index: $0)).name > "scene_000099"
    }.count
    #expect((120...180).contains(fromB))
    #expect(throws: DatasetError.self) { try MixDataset([a, b], weights: [1]) }
    #expect(throws: DatasetError.self) {
      try MixDataset([a, try ScenesDataset(width: 32, height: 16, count: 4, seed: 3, coding: .cityscapes)])
    }
  }
}
