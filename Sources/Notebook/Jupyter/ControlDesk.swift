import Foundation
import Synchronization
import Tensors

/// The thread of a kernel that never runs cells: it owns the sockets, answers what can't wait, and sees to the end.
final class ControlDesk: Sendable {
  private let sockets: KernelSockets
  private let outbox: Outbox
  private let inbox: Inbox
  private let version: String
  private let parent = ParentProcess()
  /// When the end was decided on.
  private let endStart = Mutex<ContinuousClock.Instant?>(nil)
  private let isClosing = Atomic<Bool>(false)
  private let isDone = DispatchSemaphore(value: 0)
  /// How often the parent process is looked at, in milliseconds.
  private static let watch = 500
  /// A cell that runs gets so long to stop, in seconds; then it is asked again, then the process ends.
  private static let (patience, end) = (1.5, 3.0)

  init(sockets: KernelSockets, outbox: Outbox, inbox: Inbox, version: String) {
    (self.sockets, self.outbox, self.inbox, self.version) = (sockets, outbox, inbox, version)
  }

  /// Begins to work.
  func open() {
    let thread = Thread { self.work() }
    thread.name = "jupyter"
    thread.start()
  }

  /// Sends what is left, and ends.
  func close() {
    isClosing.store(true, ordering: .sequentiallyConsistent)
    outbox.wake()
    isDone.wait()
  }

  private func work() {
    var wasAskedAgain = false
    while !isClosing.load(ordering: .sequentiallyConsistent) {
      sockets.turn(milliseconds: Self.watch) { request in
        switch request.channel {
        case .shell: inbox.add(request)
        case .control: answer(request)
        }
      }
      if parent?.isGone == true { beginEnd() }
      guard let start = endStart.withLock({ $0 }) else { continue }
      let waited = (ContinuousClock.now - start) / .seconds(1)
      if waited > Self.patience, !wasAskedAgain {
        wasAskedAgain = true
        RunningCell.interrupt()
      }
      if waited > Self.end {
        sockets.flush()
        // What runs can't be stopped in another way.
        _exit(0)
      }
    }
    sockets.flush()
    isDone.signal()
  }

  private func answer(_ request: Request) {
    let header = request.message.header
    outbox.publish("status", parent: header, ["execution_state": "busy"])
    switch request.message.type {
    case "interrupt_request":
      RunningCell.interrupt()
      outbox.reply("interrupt_reply", to: request, ["status": "ok"])
    case "shutdown_request": shutDown(request)
    case "kernel_info_request": outbox.reply("kernel_info_reply", to: request, KernelDescription.info(version: version))
    default: break
    }
    outbox.publish("status", parent: header, ["execution_state": "idle"])
  }

  /// Answers a request for the end, and begins it.
  func shutDown(_ request: Request) {
    let content: JSON = ["status": "ok", "restart": request.content["restart"] ?? false]
    outbox.reply("shutdown_reply", to: request, content)
    outbox.publish("shutdown_reply", parent: request.message.header, content)
    beginEnd()
  }

  private func beginEnd() {
    let isFirst = endStart.withLock { start in
      defer { start = start ?? .now }
      return start == nil
    }
    guard isFirst else { return }
    inbox.close()
    RunningCell.interrupt()
  }
}
