import Synchronization

/// The user's wish to stop. A signal handler sets it; kernels, loaders and the script host poll it.
public enum Interruption {
  private static let requests = Atomic<Int>(0)
  private static let tolerated = Atomic<Int>(0)

  /// Whether work should stop now: more requests have come than the work under way may ignore.
  public static var isRequested: Bool {
    requests.load(ordering: .relaxed) > tolerated.load(ordering: .relaxed)
  }

  /// Whether the user has asked to stop, even if the work under way is being finished first.
  public static var isPending: Bool { requests.load(ordering: .relaxed) > 0 }

  /// Safe to call from a signal handler.
  public static func request() { requests.wrappingAdd(1, ordering: .relaxed) }
  public static func clear() { requests.store(0, ordering: .relaxed) }
  public static func check() throws { if isRequested { throw Interrupted() } }

  /// Runs `body` to its end although the user asked to stop up to `count` times; one request more interrupts it.
  /// A training step tolerates one, an update of the weights any number. Called from one thread, nested at will.
  public static func tolerating<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
    let outer = tolerated.load(ordering: .relaxed)
    tolerated.store(max(outer, count), ordering: .relaxed)
    defer { tolerated.store(outer, ordering: .relaxed) }
    return try body()
  }
}
