import Foundation
import Synchronization

/// Where time and memory go, by phase and by operation: what `tel run --profile` and `tel bench` print.
///
/// It watches one thread, the one that switched it on; a loader's kernels don't count. While it is off, it costs one look
/// at a flag per kernel and operation.
public enum Profile {
  /// What a phase amounted to. Phases lie within each other; the inner one's time is not counted in the outer one.
  public struct Phase: Sendable, Equatable {
    public var name: String
    public var count = 0
    public var seconds = 0.0
    /// Of these, in kernels.
    public var kernelSeconds = 0.0
    /// Of those, in kernels that several threads share.
    public var sharedSeconds = 0.0
    /// What one thread does while all others wait: kernels that aren't shared, and the host's work.
    public var aloneSeconds: Double { seconds - sharedSeconds }
    /// The most bytes of tensors while it lasted.
    public var peakBytes = 0
  }

  /// What the operations of one kind and shape amounted to, in kernels.
  public struct Operation: Sendable, Equatable {
    /// Its name with the shapes of its inputs, as in `conv2d [1, 3, 8, 8] [4, 3, 3, 3]`.
    public var name: String
    public var count = 0
    public var forwardSeconds = 0.0
    public var backwardSeconds = 0.0
    /// Floating-point operations of all forward passes by the definition; 0 where nobody counts them so.
    public var flops = 0.0
    /// Of the backward passes.
    public var backwardFlops = 0.0
    public var seconds: Double { forwardSeconds + backwardSeconds }
    /// Of these, in kernels that several threads share.
    public var sharedSeconds = 0.0
    public var aloneSeconds: Double { seconds - sharedSeconds }
  }

  public struct Report: Sendable {
    /// In the order in which they were first entered.
    public var phases: [Phase] = []
    /// Costliest first.
    public var operations: [Operation] = []
    /// Since it was switched on.
    public var seconds = 0.0
    public var kernelSeconds = 0.0
    /// Of these, in kernels that several threads share.
    public var sharedSeconds = 0.0
    public var aloneSeconds: Double { seconds - sharedSeconds }
  }

  /// Seconds in kernels.
  fileprivate struct KernelSeconds {
    var all = 0.0
    /// In those of several pieces, where there is more than one thread.
    var shared = 0.0

    static func - (a: KernelSeconds, b: KernelSeconds) -> KernelSeconds {
      KernelSeconds(all: a.all - b.all, shared: a.shared - b.shared)
    }
    static func += (a: inout KernelSeconds, b: KernelSeconds) {
      a.all += b.all
      a.shared += b.shared
    }
  }

  /// An operation's name and the shapes of its first inputs, put into words only in the end: that takes longer than some kernels.
  fileprivate struct Key: Hashable {
    var name: String
    var inputs: ArraySlice<[Int]>

    init(_ name: String, _ inputs: [[Int]]) { (self.name, self.inputs) = (name, inputs.prefix(2)) }

    var text: String { ([name] + inputs.map(\.description)).joined(separator: " ") }
  }

  fileprivate struct State {
    var phases: [Phase] = []
    var operations: [Key: Operation] = [:]
    var start = 0.0
    /// Until now, and up to the last operation.
    var kernels = KernelSeconds()
    var noted = KernelSeconds()
    /// Seconds and kernel seconds of the phases inside each open one.
    var inner: [(seconds: Double, kernels: KernelSeconds)] = []
  }

  private static let enabled = Atomic<Bool>(false)
  private static let thread = Atomic<UInt>(0)
  private static let state = Mutex(State())

  /// Whether the calling thread is being watched.
  @inline(__always) public static var isOn: Bool {
    enabled.load(ordering: .relaxed) && thread.load(ordering: .relaxed) == UInt(pthread_self())
  }

  /// Forgets what was noted and watches the calling thread from now on.
  public static func start() {
    state.withLock {
      $0 = State()
      $0.start = now
    }
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    enabled.store(true, ordering: .relaxed)
  }

  /// Stops watching and tells what was seen.
  @discardableResult public static func stop() -> Report {
    enabled.store(false, ordering: .relaxed)
    return state.withLock { state in
      Report(
        phases: state.phases, operations: state.operations.values.sorted { $0.seconds > $1.seconds },
        seconds: now - state.start, kernelSeconds: state.kernels.all, sharedSeconds: state.kernels.shared)
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// Runs `body` as a part of the named phase.
  public static func phase<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    if !isOn { return try body() }
    let start = now
    let outer = BufferPool.shared.usage.peak
    BufferPool.shared.resetPeak()
    let kernels = state.withLock { state in
      state.inner.append((0, KernelSeconds()))
      if !state.phases.contains(where: { $0.name == name }) { state.phases.append(Phase(name: name)) }
      state.noted = state.kernels
      return state.kernels
    }
    defer {
      let seconds = now - start
      let peak = BufferPool.shared.usage.peak
      state.withLock { state in
        let total = state.kernels - kernels
        let inner = state.inner.popLast() ?? (0, KernelSeconds())
        if let last = state.inner.indices.last {
          state.inner[last].seconds += seconds
          state.inner[last].kernels += total
        }
        if let index = state.phases.firstIndex(where: { $0.name == name }) {
          state.phases[index].count += 1
          state.phases[index].seconds += seconds - inner.seconds
          let own = total - inner.kernels
          state.phases[index].kernelSeconds += own.all
          state.phases[index].sharedSeconds += own.shared
          state.phases[index].peakBytes = max(state.phases[index].peakBytes, peak)
        }
        // What ran in it is none of the next operation's.
        state.noted = state.kernels
      }
      BufferPool.shared.raisePeak(to: outer)
    }
    return try body()
  }

  /// Times a kernel; kernels within it are part of it.
  /// - Parameter pieces: how many threads could work on it.
  @inline(__always) static func kernel<R>(pieces: Int, _ body: () throws -> R) rethrows -> R {
    if !isOn { return try body() }
    let start = now
    let before = state.withLock { $0.kernels }
    defer {
      let seconds = now - start
      let isShared = pieces > 1 && Kernel.threads > 1
      state.withLock {
        $0.kernels.all = before.all + seconds
        if isShared { $0.kernels.shared = before.shared + seconds }
      }
    }
    return try body()
  }

  /// Notes an operation whose kernels are those since the last one.
  /// - Parameters:
  ///   - inputs: shapes of what goes in.
  ///   - output: that of the result.
  public static func note(_ name: String, inputs: [[Int]], output: [Int]) {
    guard isOn else { return }
    state.withLock { state in
      let seconds = state.kernels - state.noted
      state.add(Key(name, inputs)) {
        $0.count += 1
        $0.forwardSeconds += seconds.all
        $0.sharedSeconds += seconds.shared
        $0.flops += flops(name, inputs, output)
      }
      state.noted = state.kernels
    }
  }

  /// Runs the way back of an operation.
  public static func backward<R>(_ name: String, inputs: [[Int]], output: [Int], _ body: () throws -> R) rethrows -> R {
    if !isOn { return try body() }
    let before = state.withLock { $0.kernels }
    defer {
      state.withLock { state in
        let seconds = state.kernels - before
        state.add(Key(name, inputs)) {
          $0.backwardSeconds += seconds.all
          $0.sharedSeconds += seconds.shared
          $0.backwardFlops += 2 * flops(name, inputs, output)
        }
        state.noted = state.kernels
      }
    }
    return try body()
  }

  /// A convolution's products, two operations each.
  private static func flops(_ name: String, _ inputs: [[Int]], _ output: [Int]) -> Double {
    guard name.hasPrefix("conv2d"), inputs.count >= 2, inputs[1].count == 4 else { return 0 }
    return 2 * Double(output.reduce(1, *)) * Double(inputs[1].dropFirst().reduce(1, *))
  }
}

extension Profile.State {
  fileprivate mutating func add(_ key: Profile.Key, _ change: (inout Profile.Operation) -> Void) {
    if let index = operations.index(forKey: key) {
      change(&operations.values[index])
    } else {
      var operation = Profile.Operation(name: key.text)
      change(&operation)
      operations[key] = operation
    }
  }
}
