import Foundation
import Notebook
import Scripting
import Synchronization
import Tensors
import Testing

/// Random input of every kind must not crash the host, hang it beyond an interrupt, or break the memory limit.
///
/// `TEL_FUZZ_SECONDS` says how long, `TEL_FUZZ_SEED` where it starts, `TEL_FUZZ_LOG` names a file that holds the input that runs,
/// for when the host doesn't live to tell it.
@Suite(.serialized) struct Fuzzing {
  private static let memoryLimit = 64 << 20

  @Test func randomInputDoesNoHarm() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["TEL_FUZZ_SECONDS"].flatMap(Double.init) ?? 4
    var seed = environment["TEL_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
    try withFolder { folder in
      let watchdog = Watchdog(log: environment["TEL_FUZZ_LOG"])
      watchdog.start()
      defer { watchdog.stop() }
      let end = Date().addingTimeInterval(seconds)
      while Date() < end {
        try run(seed: seed, folder: folder, until: end, watchdog)
        seed += 1
      }
    }
  }

  /// One session with some dozens of inputs.
  private func run(seed: UInt64, folder: URL, until end: Date, _ watchdog: Watchdog) throws {
    let session = makeSession(memoryLimit: Self.memoryLimit)
    session.state.writePolicy = WritePolicy(only: folder.path)
    session.state.outputFolder = folder.path
    var fuzz = Fuzz(seed: seed, functions: session.state.topicNames)
    for _ in 0..<40 where Date() < end {
      let text = fuzz.input()
      watchdog.begin("seed \(seed): \(text)")
      _ = session.completeness(of: text)
      let cursor = fuzz.below(text.utf8.count + 2)
      let completion = session.complete(text, cursor: cursor)
      #expect(completion.range.lowerBound >= 0 && completion.range.upperBound <= text.utf8.count, "\(text)")
      _ = try? session.inspect(text, cursor: cursor)
      if let error = session.run(text).error { _ = ErrorText.text(of: error) }
      let waited = watchdog.end()
      #expect(waited < Watchdog.patience, "an interrupt took \(waited) s: \(text)")
      #expect(session.state.memory < 2 * Self.memoryLimit, "\(session.state.memory) bytes: \(text)")
    }
    // The session is of use as before.
    #expect(session.run("return rawequal(1, 1)").error == nil)
  }
}

/// Asks what runs for too long to stop, as Ctrl-C would, and measures how long that takes.
private final class Watchdog: Sendable {
  /// Seconds until an input is interrupted, and that it may take then on a busy machine.
  static let limit = 0.3
  static let patience = 20.0

  private struct State {
    var text = ""
    var start: Date?
    var interrupted: Date?
    var isOver = false
  }
  private let state = Mutex(State())
  private let log: String?

  init(log: String?) { self.log = log }

  func start() {
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isOver }) {
        Thread.sleep(forTimeInterval: 0.02)
        state.withLock { state in
          guard let start = state.start else { return }
          if state.interrupted == nil, Date().timeIntervalSince(start) > Self.limit {
            state.interrupted = Date()
            Interruption.request()
          }
          if let interrupted = state.interrupted, Date().timeIntervalSince(interrupted) > 2 * Self.patience {
            fatalError("it can't be interrupted: \(state.text)")
          }
        }
      }
    }
  }

  func stop() { state.withLock { $0.isOver = true } }

  func begin(_ text: String) {
    if let log { try? text.write(toFile: log, atomically: false, encoding: .utf8) }
    state.withLock { ($0.text, $0.start, $0.interrupted) = (text, Date(), nil) }
  }

  /// Seconds between the interrupt and now, 0 if there was none.
  func end() -> Double {
    let waited = state.withLock { state in
      defer { (state.start, state.interrupted) = (nil, nil) }
      return state.interrupted.map { Date().timeIntervalSince($0) } ?? 0
    }
    Interruption.clear()
    return waited
  }
}
