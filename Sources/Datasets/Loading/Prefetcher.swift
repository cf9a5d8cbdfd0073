import Foundation
import Synchronization
import Tensors

/// Makes numbered items ahead of time on threads of its own and hands them out in order.
///
/// At most `window` items wait or are being made. An item's error is thrown when its turn comes, each time it is asked for.
/// What an item is may only depend on its number, so the number of threads changes nothing but time.
public final class Prefetcher<Item: Sendable>: Sendable {
  /// Shared with the threads, so that letting go of the prefetcher ends them.
  private final class Shared: @unchecked Sendable {
    let condition = NSCondition()
    let window: Int
    let end: Int
    let make: @Sendable (Int) throws -> Item
    // Guarded by `condition`.
    var nextToMake: Int
    var nextToGive: Int
    var ready: [Int: Result<Item, any Error>] = [:]
    var isStopped = false
    var running = 0

    init(start: Int, end: Int, window: Int, make: @escaping @Sendable (Int) throws -> Item) {
      (nextToMake, nextToGive, self.end, self.window, self.make) = (start, start, end, window, make)
    }

    /// What a thread does until there is no more to make.
    func work() {
      condition.lock()
      while !isStopped && nextToMake < end {
        if nextToMake >= nextToGive + window {
          condition.wait()
          continue
        }
        let number = nextToMake
        nextToMake += 1
        condition.unlock()
        let result = attempt(number)
        condition.lock()
        ready[number] = result
        condition.broadcast()
      }
      running -= 1
      condition.broadcast()
      condition.unlock()
    }

    /// Makes an item; while the user's wish to stop holds, waits, since what was cut short is no result.
    private func attempt(_ number: Int) -> Result<Item, any Error>? {
      while true {
        let result = Result { try make(number) }
        guard case .failure(let error) = result, error is Interrupted else { return result }
        while Interruption.isRequested && !hasStopped { Thread.sleep(forTimeInterval: 0.02) }
        if hasStopped { return nil }
      }
    }

    private var hasStopped: Bool { condition.withLock { isStopped } }

    func stop() {
      condition.withLock {
        isStopped = true
        ready = [:]
        condition.broadcast()
      }
    }
  }

  private let shared: Shared

  /// Begins at once.
  /// - Parameters:
  ///   - start, end: numbers of the first item and of the one after the last
  ///   - threads: at least 1
  ///   - window: how many items are made ahead; by default one more than threads
  ///   - make: makes an item, on any thread
  public init(
    start: Int, end: Int = .max, threads: Int, window: Int? = nil, make: @escaping @Sendable (Int) throws -> Item
  ) {
    let threads = max(1, threads)
    let shared = Shared(start: start, end: end, window: max(1, window ?? threads + 1), make: make)
    self.shared = shared
    shared.running = threads
    for _ in 0..<threads {
      let thread = Thread { shared.work() }
      thread.name = "tel loader"
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit { shared.stop() }

  /// The next item, or nil after the last.
  /// - Throws: the item's error, or `Interrupted` within a twentieth of a second of the user's wish
  public func next() throws -> Item? {
    shared.condition.lock()
    defer { shared.condition.unlock() }
    if shared.nextToGive >= shared.end { return nil }
    while true {
      try Interruption.check()
      if let result = shared.ready[shared.nextToGive] {
        let item = try result.get()
        shared.ready[shared.nextToGive] = nil
        shared.nextToGive += 1
        shared.condition.broadcast()
        return item
      }
      if shared.isStopped { return nil }
      _ = shared.condition.wait(until: Date(timeIntervalSinceNow: 0.05))
    }
  }

  /// Ends the threads and waits for the items they are making.
  public func stop() {
    shared.stop()
    shared.condition.lock()
    while shared.running > 0 { shared.condition.wait() }
    shared.condition.unlock()
  }
}
