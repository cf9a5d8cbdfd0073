import CProcessor
import Dispatch
import Foundation
import Synchronization

/// Threads that help the one that runs a kernel.
///
/// A training step is thousands of kernels with microseconds between them, and to wake a thread takes tens of microseconds: a
/// helper looks out for the next kernel for a while before it goes to sleep.
final class Workers: Sendable {
  static let shared = Workers()

  /// One call of a kernel: pieces that anybody may take.
  private final class Job: @unchecked Sendable {
    private let count: Int
    private let isInterruptible: Bool
    /// In the caller's frame, which stays until the last helper has left.
    private let body: UnsafePointer<(Int) -> Void>
    private let next = Atomic<Int>(0)
    /// Helpers that may still join, and those at work; both under the lock of `jobs`, the second read without.
    var places: Int
    let helpers = Atomic<Int>(0)
    private let isAwaited = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)

    init(_ count: Int, helpers: Int, isInterruptible: Bool, _ body: UnsafePointer<(Int) -> Void>) {
      (self.count, self.isInterruptible, self.body, places) = (count, isInterruptible, body, helpers)
    }

    var isOpen: Bool { places > 0 && next.load(ordering: .relaxed) < count }

    /// Works until there are no pieces left, or until the user wants to stop if that is allowed.
    func work() {
      Kernel.withoutDenormals {
        while !(isInterruptible && Interruption.isRequested) {
          let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if piece >= count { return }
          body.pointee(piece)
        }
      }
    }

    func leave() {
      let left = helpers.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
      if left == 0 && isAwaited.load(ordering: .sequentiallyConsistent) { finished.signal() }
    }

    /// Waits for the helpers at work; none may join any more.
    func join() {
      for _ in 0..<Workers.patience {
        if helpers.load(ordering: .acquiring) == 0 { return }
        processor_relax()
      }
      isAwaited.store(true, ordering: .sequentiallyConsistent)
      // The last helper may have left between the two; one that sees the flag signals.
      while helpers.load(ordering: .sequentiallyConsistent) != 0 {
        _ = finished.wait(timeout: .now() + .milliseconds(1))
      }
    }
  }

  /// How often a waiting thread looks before it goes to sleep: about a tenth of a millisecond.
  private static let patience = 2000

  private struct State {
    var jobs: [Job] = []
    var threads = 0
    var sleepers = 0
  }

  private let state = Mutex(State())
  /// Counts jobs: what a thread that looks out for the next one sees change.
  private let version = Atomic<Int>(0)
  private let alarm = DispatchSemaphore(value: 0)

  /// Calls `body` for `0..<count`, on this thread and up to `helpers` more, and returns when all calls have.
  /// - Parameter isInterruptible: whether calls are left out once the user wants to stop.
  func run(_ count: Int, helpers: Int, isInterruptible: Bool, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) {
        let job = Job(count, helpers: min(helpers, count - 1), isInterruptible: isInterruptible, $0)
        run(job, helpers: helpers)
      }
    }
  }

  private func run(_ job: Job, helpers: Int) {
    let (missing, sleepers) = state.withLock { state in
      state.jobs.append(job)
      let missing = max(0, helpers - state.threads)
      state.threads += missing
      return (missing, min(state.sleepers, helpers))
    }
    version.wrappingAdd(1, ordering: .sequentiallyConsistent)
    for _ in 0..<missing { start() }
    for _ in 0..<sleepers { alarm.signal() }
    job.work()
    state.withLock { state in state.jobs.removeAll { $0 === job } }
    job.join()
  }

  private func start() {
    let thread = Thread { [self] in help() }
    thread.name = "tel kernel"
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func help() {
    while true {
      let seen = version.load(ordering: .acquiring)
      let job = state.withLock { state -> Job? in
        guard let job = state.jobs.first(where: \.isOpen) else { return nil }
        job.places -= 1
        job.helpers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        return job
      }
      if let job {
        job.work()
        job.leave()
      } else {
        wait(since: seen)
      }
    }
  }

  /// Returns when there is another job than there were.
  private func wait(since seen: Int) {
    for _ in 0..<Workers.patience {
      if version.load(ordering: .acquiring) != seen { return }
      processor_relax()
    }
    let isNews = state.withLock { state in
      state.sleepers += 1
      return version.load(ordering: .sequentiallyConsistent) != seen
    }
    // With news in between, somebody may have been told to wake this thread already: then it just looks once more.
    if !isNews { alarm.wait() }
    state.withLock { $0.sleepers -= 1 }
  }
}
