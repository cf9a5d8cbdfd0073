/// Memory for a tensor's elements, 64-byte aligned, returned to the pool when the last tensor lets go of it.
public final class Buffer: @unchecked Sendable {
  public let bytes: UnsafeMutableRawPointer
  public let byteCount: Int
  /// How many recorded operations still need these values, and where the last of them was recorded.
  /// Read and written by the autograd room from the interpreter's thread only.
  public var recordings = 0
  public var recordedAt: String?

  /// Uninitialised memory. Large buffers come from, and go back to, `BufferPool`.
  public init(byteCount: Int) {
    self.byteCount = byteCount
    bytes = BufferPool.shared.take(byteCount)
  }

  deinit { BufferPool.shared.give(bytes, byteCount) }
}
