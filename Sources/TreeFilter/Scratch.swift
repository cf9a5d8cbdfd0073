import Tensors

/// Memory that a kernel needs while it runs, handed out front to back from one block of the pool.
struct Scratch {
  private var next: UnsafeMutableRawPointer
  private let end: UnsafeMutableRawPointer

  /// All of a buffer, which the caller keeps alive.
  init(_ buffer: Buffer) { (next, end) = (buffer.bytes, buffer.bytes + buffer.byteCount) }

  /// Bytes that `take` uses up for `count` elements.
  static func byteCount<E>(_ count: Int, of _: E.Type) -> Int { (count * MemoryLayout<E>.stride + 63) & ~63 }

  /// Uninitialised memory for `count` trivial elements, 64-byte aligned.
  mutating func take<E>(_ count: Int, of type: E.Type) -> UnsafeMutablePointer<E> {
    let taken = next
    next += Scratch.byteCount(count, of: type)
    precondition(next <= end, "more scratch memory taken than planned")
    return taken.bindMemory(to: type, capacity: count)
  }

  /// Runs `body` for each of `count` pieces on all threads, each with `byteCount` bytes of its own while it runs.
  /// In a dry run the memory that all threads hold at once is taken and given back.
  static func parallel(_ count: Int, byteCount: Int, _ body: (Int, inout Scratch) -> Void) throws {
    if Kernel.isDry {
      let held = (0..<min(count, Kernel.threads)).map { _ in Buffer(byteCount: byteCount) }
      return extendLifetime(held)
    }
    try Kernel.parallel(count) { piece in
      let buffer = Buffer(byteCount: byteCount)
      var scratch = Scratch(buffer)
      body(piece, &scratch)
      extendLifetime(buffer)
    }
  }
}
