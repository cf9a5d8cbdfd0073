import Foundation
import Synchronization

/// Keeps the memory of freed buffers for reuse, so that a steady training step asks the system for nothing, and counts what is
/// in use.
///
/// Buffers are cut out of free ranges, and freed ones become part of the free ranges beside them: in the backward pass the
/// largest maps come last, and take the place of the many small ones that are gone by then. With a list of buffers per size,
/// HRNet-W48's step at 512² held 180 MB that nothing fitted.
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
    var free = FreeRanges()
    /// Where the last mapping begins. The next one goes right before it, if it can, so that freed memory joins; left alone, the
    /// system fills gaps all over the address space first.
    var lowest: UInt = 0
  }

  private let state = Mutex(State())
  /// Buffers below this size are left to malloc.
  private static let smallest = 1 << 16
  /// The size of a large page. Kernels walk many channels at once: with small pages the address translation is what they wait
  /// for.
  private static let hugePage: UInt = 1 << 21

  /// Sizes are rounded up, to 64 bytes below 64 kB and to pages above.
  private static func rounded(_ byteCount: Int) -> Int {
    byteCount < smallest ? max(64, (byteCount + 63) & ~63) : (byteCount + 4095) & ~4095
  }

  /// Memory of at least so many bytes.
  func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let size = Self.rounded(byteCount)
    let pooled = state.withLock { state in
      var address: UInt?
      if size >= Self.smallest {
        let length = UInt(size)
        address = state.free.take(length)
        if address == nil && Self.grow(&state, by: length) { address = state.free.take(length) }
        if address != nil { state.usage.idle -= size }
      }
      state.usage.live += size
      state.usage.peak = max(state.usage.peak, state.usage.live)
      state.usage.footprint = max(state.usage.footprint, state.usage.live + state.usage.idle)
      return address
    }
    if let pooled { return UnsafeMutableRawPointer(bitPattern: pooled)! }
    guard size < Self.smallest, let small = aligned_alloc(64, size) else {
      preconditionFailure("out of memory: \(size) bytes; sizes a user chooses go through Tensor.checkingMemory")
    }
    return small
  }

  /// Asks the system for a free range of at least so many bytes; false if there is none.
  private static func grow(_ state: inout State, by length: UInt) -> Bool {
    // What is free at the edge already needn't be asked for again.
    let edge = state.free.length(at: state.lowest)
    for missing in [length - min(length, edge), length] where missing > 0 {
      guard let range = map(missing, before: state.lowest) else { return false }
      state.lowest = range.start
      state.free.give(range.start, range.length)
      state.usage.idle += Int(range.length)
      if state.free.fits(length) { return true }
    }
    return false
  }

  /// Fresh memory in whole large pages, right before an address if possible.
  private static func map(_ length: UInt, before edge: UInt) -> (start: UInt, length: UInt)? {
    let (sum, overflows) = length.addingReportingOverflow(hugePage - 1)
    guard !overflows else { return nil }
    let whole = sum / hugePage * hugePage
    func ask(_ length: UInt) -> UInt? {
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
      let place = edge > length ? UnsafeMutableRawPointer(bitPattern: edge - length) : nil
      guard let found = mmap(place, Int(length), PROT_READ | PROT_WRITE, flags, -1, 0), found != MAP_FAILED else {
        return nil
      }
      return UInt(bitPattern: found)
    }
    guard var start = ask(whole) else { return nil }
    if start % hugePage != 0 {
      munmap(UnsafeMutableRawPointer(bitPattern: start)!, Int(whole))
      guard let wide = ask(whole + hugePage) else { return nil }
      start = (wide + hugePage - 1) / hugePage * hugePage
      let (before, after) = (start - wide, wide + hugePage - start)
      if before > 0 { munmap(UnsafeMutableRawPointer(bitPattern: wide)!, Int(before)) }
      if after > 0 { munmap(UnsafeMutableRawPointer(bitPattern: start + whole)!, Int(after)) }
    }
    madvise(UnsafeMutableRawPointer(bitPattern: start)!, Int(whole), Int32(MADV_HUGEPAGE))
    return (start, whole)
  }

  /// Takes back what `take` gave.
  func give(_ bytes: UnsafeMutableRawPointer, _ byteCount: Int) {
    let size = Self.rounded(byteCount)
    let isPooled = size >= Self.smallest
    state.withLock { state in
      state.usage.live -= size
      if isPooled {
        state.usage.idle += size
        state.free.give(UInt(bitPattern: bytes), UInt(size))
      }
    }
    if !isPooled { free(bytes) }
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

  /// Gives idle memory back to the system.
  public func trim() {
    state.withLock { state in
      for range in state.free.ranges { munmap(UnsafeMutableRawPointer(bitPattern: range.start)!, Int(range.length)) }
      (state.free, state.usage.idle) = (FreeRanges(), 0)
    }
  }
}
