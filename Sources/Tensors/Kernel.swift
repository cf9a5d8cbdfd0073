import CProcessor
import Foundation
import Synchronization

/// Where all heavy work passes through: threads, interruption and dry runs are decided here and nowhere else.
public enum Kernel {
  private static let threadCount = Atomic<Int>(ProcessInfo.processInfo.activeProcessorCount)
  private static let dry = Atomic<Bool>(false)

  /// How many threads kernels use. Results are reproducible for a given number.
  public static var threads: Int {
    get { threadCount.load(ordering: .relaxed) }
    set { threadCount.store(max(1, newValue), ordering: .relaxed) }
  }

  /// In a dry run buffers are taken and returned as always, but nothing is computed: this is how memory is predicted.
  public static var isDry: Bool {
    get { dry.load(ordering: .relaxed) }
    set { dry.store(newValue, ordering: .relaxed) }
  }

  /// Runs serial work, or nothing in a dry run.
  @inline(__always) public static func run(_ body: () throws -> Void) rethrows {
    if !isDry { try Profile.kernel(pieces: 1) { try withoutDenormals(body) } }
  }

  /// Calls `body` for each of `count` pieces of work, on all threads. Pieces must write to different places.
  /// Which thread runs which piece is not fixed, so a piece's result must not depend on it.
  /// - Throws: `Interrupted` after the pieces under way are done, if the user asked to stop.
  public static func parallel(_ count: Int, _ body: (Int) -> Void) throws {
    if isDry || count == 0 { return }
    if Interruption.isRequested { throw Interrupted() }
    try Profile.kernel(pieces: count) {
      if count > 1 && threads > 1 {
        return Workers.shared.run(count, helpers: threads - 1, isInterruptible: true, body)
      }
      try withoutDenormals {
        for piece in 0..<count {
          if Interruption.isRequested { throw Interrupted() }
          body(piece)
        }
      }
    }
    if Interruption.isRequested { throw Interrupted() }
  }

  /// As `parallel`, for short work that must not end half done: interruption waits for all pieces.
  static func complete(_ count: Int, _ body: (Int) -> Void) {
    if isDry { return }
    Profile.kernel(pieces: count) {
      if count > 1 && threads > 1 {
        return Workers.shared.run(count, helpers: threads - 1, isInterruptible: false, body)
      }
      withoutDenormals { for piece in 0..<count { body(piece) } }
    }
  }

  /// Kernels know no denormal numbers: a network or a tree filter that fades out would become many times slower.
  @inline(__always) static func withoutDenormals<R>(_ body: () throws -> R) rethrows -> R {
    let mode = processor_flush_denormals()
    defer { processor_restore(mode) }
    return try body()
  }

  /// Splits `0..<count` into equal ranges of at least `grain`, one per thread, and calls `body` for each.
  public static func parallelRanges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) throws {
    let pieces = max(1, min(threads, count / max(1, grain)))
    try parallel(pieces) { piece in
      body(count * piece / pieces..<count * (piece + 1) / pieces)
    }
  }
}
