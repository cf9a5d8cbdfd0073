import Foundation
import Synchronization

/// A message that came from a client.
struct Request: Sendable {
  enum Channel: Sendable {
    case shell, control
  }
  let channel: Channel
  let message: JupyterMessage
  /// When it came, in seconds since 1970.
  let arrival: Double

  var content: JSON { message.content }
}

/// Requests that wait for the thread that runs cells.
final class Inbox: Sendable {
  private struct State {
    var requests: [Request] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)
  /// In seconds, and how many of them at most.
  private static let (pause, mostPauses) = (0.02, 25)

  func add(_ request: Request) {
    state.withLock { $0.requests.append(request) }
    available.signal()
  }

  /// No more requests are given out.
  func close() {
    state.withLock { $0.isClosed = true }
    available.signal()
  }

  /// Waits until what is on its way has come: a client that sends many cells at once does so while the first one fails already.
  func waitForQuiet() {
    var count = -1
    for _ in 0..<Self.mostPauses {
      let now = state.withLock { $0.requests.count }
      if now == count { return }
      count = now
      Thread.sleep(forTimeInterval: Self.pause)
    }
  }

  /// Waits for the next one; nil when closed.
  func next() -> Request? {
    while true {
      available.wait()
      let (request, isClosed) = state.withLock { state in
        (state.isClosed || state.requests.isEmpty ? nil : state.requests.removeFirst(), state.isClosed)
      }
      if isClosed { return nil }
      if let request { return request }
    }
  }
}
