import Synchronization

/// Scratch memory for the pieces of a parallel kernel: one equal part for each thread, lent to whichever piece runs.
///
/// It is taken from the pool before the kernel starts, so that it is counted in a dry run too.
final class Workspace: Sendable {
  private let buffer: Buffer
  private let partBytes: Int
  private let free: Mutex<[Int]>

  /// - Parameter pieces: how many pieces the kernel has; no more than this many parts are made.
  init(bytesPerThread: Int, pieces: Int) {
    let parts = max(1, min(Kernel.threads, pieces))
    partBytes = (bytesPerThread + 63) & ~63
    buffer = Buffer(byteCount: partBytes * parts)
    free = Mutex(Array(0..<parts))
  }

  /// Lends a part to `body`, as `T`s; its contents are whatever was there before.
  @inline(__always)
  func borrow<T>(as _: T.Type, _ body: (UnsafeMutablePointer<T>) -> Void) {
    let part = free.withLock { $0.removeLast() }
    body((buffer.bytes + part * partBytes).assumingMemoryBound(to: T.self))
    free.withLock { $0.append(part) }
  }
}
