import Foundation
import Synchronization
import Tensors

/// The cell that runs, if one does, as what asks it to stop: a message, or the signal of Ctrl-C. Between cells both mean nothing.
enum RunningCell {
  private static let isThere = Atomic<Bool>(false)

  static func begin() {
    Interruption.clear()
    isThere.store(true, ordering: .sequentiallyConsistent)
  }

  static func end() {
    isThere.store(false, ordering: .sequentiallyConsistent)
    Interruption.clear()
  }

  /// Safe to call from a signal handler and from any thread.
  static func interrupt() { if isThere.load(ordering: .sequentiallyConsistent) { Interruption.request() } }

  static func takeSignals() {
    // The handler may touch nothing that is set up on first use.
    interrupt()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in RunningCell.interrupt() }
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
  }
}
