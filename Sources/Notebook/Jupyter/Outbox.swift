import Foundation
import Synchronization

/// Messages on their way out: any thread posts, the one that owns the sockets takes. Their order stays.
///
/// Printed text that waits is joined, and sent at most fifty times a second unless something else follows it: a loop that prints
/// makes no flood of messages.
final class Outbox: Sendable {
  enum Channel: Sendable {
    case shell, control, iopub
  }

  private enum Item: Sendable {
    case message(Channel, JupyterMessage)
    case text(String, parent: JSON)
  }

  private struct State {
    var items: [Item] = []
    var lastText = ContinuousClock.now - .seconds(1)
  }

  private let state = Mutex(State())
  private let headers: MessageHeaders
  /// Becomes readable when something was posted.
  let descriptor: Int32
  private let bell: Int32
  private static let pause = Duration.milliseconds(20)

  init(_ headers: MessageHeaders) {
    self.headers = headers
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "no more files can be opened")
    (descriptor, bell) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    close(descriptor)
    close(bell)
  }

  /// Posts the answer to a request.
  func reply(_ type: String, to request: Request, _ content: JSON) {
    let message = JupyterMessage(
      header: headers.header(type), parent: request.message.header, content: content,
      identities: request.message.identities)
    post(.message(request.channel == .control ? .control : .shell, message))
  }

  /// Posts a message that everybody sees.
  /// - Parameter topic: what it is about; by default its type.
  func publish(_ type: String, parent: JSON, _ content: JSON, topic: [UInt8]? = nil) {
    let message = JupyterMessage(
      header: headers.header(type), parent: parent, content: content, identities: [topic ?? Array(type.utf8)])
    post(.message(.iopub, message))
  }

  /// Posts text that a cell printed.
  func print(_ text: String, parent: JSON) { post(.text(text, parent: parent)) }

  private func post(_ item: Item) {
    state.withLock { state in
      if case .text(let text, let parent) = item, case .text(let earlier, let sameParent)? = state.items.last,
        parent == sameParent
      {
        state.items[state.items.count - 1] = .text(earlier + text, parent: parent)
      } else {
        state.items.append(item)
      }
    }
    wake()
  }

  /// Makes the thread that owns the sockets look.
  func wake() {
    // A full pipe wakes as well.
    var byte: UInt8 = 0
    _ = write(bell, &byte, 1)
  }

  /// What is to be sent now, and after how many milliseconds to look again for text that waits.
  /// - Parameter all: take text too that would wait.
  func take(all: Bool = false) -> (messages: [(Channel, JupyterMessage)], milliseconds: Int?) {
    var rung = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &rung, rung.count) == rung.count {}
    return state.withLock { state in
      if !all, state.items.count == 1, case .text = state.items[0], ContinuousClock.now - state.lastText < Self.pause {
        return ([], 20)
      }
      let items = state.items
      state.items = []
      return (
        items.map { item in
          switch item {
          case .message(let channel, let message): return (channel, message)
          case .text(let text, let parent):
            state.lastText = .now
            let content: JSON = ["name": "stdout", "text": .string(text)]
            return (
              .iopub,
              JupyterMessage(
                header: headers.header("stream"), parent: parent, content: content, identities: [Array("stream".utf8)])
            )
          }
        }, nil
      )
    }
  }
}
