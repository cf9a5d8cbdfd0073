import Foundation
import Synchronization

/// Memory for a tensor's elements, 64-byte aligned, returned to the pool when the last tensor lets go of it.
public final class Buffer: @unchecked Sendable {
  public let bytes: UnsafeMutableRawPointer
  public let byteCount: Int
  /// Bytes that the pool gave: it may have had a somewhat larger one lying about.
  private let capacity: Int
  /// How many recorded operations still need these values, and where the last of them was recorded.
  /// Read and written by the autograd room from the interpreter's thread only.
  public var recordings = 0
  public var recordedAt: String?

  /// Uninitialised memory. Large buffers come from, and go back to, `BufferPool`.
  /// - Parameter isScratch: it is given back soon, so that any larger buffer lying idle will do.
  public init(byteCount: Int, isScratch: Bool = false) {
    self.byteCount = byteCount
    (bytes, capacity) = BufferPool.shared.take(byteCount, isScratch: isScratch)
  }

  deinit { BufferPool.shared.give(bytes, capacity) }
}

/// Keeps freed large buffers for reuse, so that a steady training step asks the system for nothing, and counts what is in use.
public final class BufferPool: Sendable {
  public static let shared = BufferPool()

  /// Bytes handed out now, the most ever handed out, and bytes held for reuse.
  public struct Usage: Sendable {
    public var live = 0
    public var peak = 0
    public var idle = 0
    /// The most memory ever held, in use or idle.
    public var footprint = 0
  }

  private struct State {
    var usage = Usage()
    var idle: [Int: [UInt]] = [:]
    /// Sizes of which there are idle buffers, ascending.
    var sizes: [Int] = []

    /// The smallest idle buffer of `range` bytes.
    mutating func takeIdle(_ range: ClosedRange<Int>) -> (address: UInt, size: Int)? {
      var (low, high) = (0, sizes.count)
      while low < high {
        let middle = (low + high) / 2
        if sizes[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
      }
      guard low < sizes.count, sizes[low] <= range.upperBound else { return nil }
      let found = sizes[low]
      let address = idle[found]!.removeLast()
      if idle[found]!.isEmpty {
        idle[found] = nil
        sizes.remove(at: low)
      }
      return (address, found)
    }

    mutating func giveIdle(_ address: UInt, _ size: Int) {
      idle[size, default: []].append(address)
      if idle[size]!.count > 1 { return }
      sizes.insert(size, at: sizes.firstIndex { $0 > size } ?? sizes.count)
    }
  }

  private let state = Mutex(State())
  /// Buffers below this size are left to malloc.
  private static let smallest = 1 << 16
  /// The size of a large page, which the system gives for the asking.
  private static let hugePage = 1 << 21

  /// Sizes are rounded up, to 64 bytes below 64 kB and to an eighth of a power of two above, so that buffers fit again.
  static func rounded(_ byteCount: Int) -> Int {
    if byteCount < smallest { return max(64, (byteCount + 63) & ~63) }
    let step = max(4096, (1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount)) >> 3)
    return (byteCount + step - 1) / step * step
  }

  /// Memory of at least so many bytes, and of how many it is.
  func take(_ byteCount: Int, isScratch: Bool) -> (UnsafeMutableRawPointer, capacity: Int) {
    let size = Self.rounded(byteCount)
    // What stays for long may waste a quarter of its buffer.
    let most = isScratch ? Int.max : size + size / 3
    let reused = state.withLock { state in
      let idle = size >= Self.smallest ? state.takeIdle(size...most) : nil
      state.usage.live += idle?.size ?? size
      state.usage.idle -= idle?.size ?? 0
      state.usage.peak = max(state.usage.peak, state.usage.live)
      state.usage.footprint = max(state.usage.footprint, state.usage.live + state.usage.idle)
      return idle
    }
    if let reused { return (UnsafeMutableRawPointer(bitPattern: reused.address)!, reused.size) }
    return (fresh(size), size)
  }

  private func fresh(_ size: Int) -> UnsafeMutableRawPointer {
    if size >= Self.hugePage {
      // Kernels walk many channels at once: with small pages the address translation is what they wait for.
      if let fresh = aligned_alloc(Self.hugePage, size) {
        madvise(fresh, size, Int32(MADV_HUGEPAGE))
        return fresh
      }
    } else if let fresh = aligned_alloc(size >= Self.smallest ? 4096 : 64, size) {
      return fresh
    }
    trim()
    guard let fresh = aligned_alloc(64, size) else {
      preconditionFailure("out of memory: \(size) bytes; sizes a user chooses go through Tensor.checkingMemory")
    }
    return fresh
  }

  /// Takes back what `take` gave, with its capacity.
  func give(_ bytes: UnsafeMutableRawPointer, _ capacity: Int) {
    let keep = capacity >= Self.smallest
    state.withLock { state in
      state.usage.live -= capacity
      if keep {
        state.usage.idle += capacity
        state.giveIdle(UInt(bitPattern: bytes), capacity)
      }
    }
    if !keep { free(bytes) }
  }

  public var usage: Usage { state.withLock { $0.usage } }

  /// Forgets the peaks, so that they tell of what comes next.
  public func resetPeak() {
    state.withLock {
      $0.usage.peak = $0.usage.live
      $0.usage.footprint = $0.usage.live + $0.usage.idle
    }
  }

  /// The peak is at least this: for what was measured within something else.
  func raisePeak(to bytes: Int) { state.withLock { $0.usage.peak = max($0.usage.peak, bytes) } }

  /// Gives idle buffers back to the system.
  public func trim() {
    let idle = state.withLock { state in
      defer {
        (state.idle, state.sizes) = ([:], [])
        state.usage.idle = 0
      }
      return state.idle
    }
    for address in idle.values.joined() { free(UnsafeMutableRawPointer(bitPattern: address)) }
  }
}
