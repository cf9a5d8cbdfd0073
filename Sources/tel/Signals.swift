import Foundation
import Synchronization
import Tensors

/// Ctrl-C asks what runs to stop; pressed again while that has been ignored for a while, it ends the process. Pressed twice in a
/// hurry it does the same as once.
enum Signals {
  /// When the request came that is not heeded yet, and how long it may take until another ends the process, in nanoseconds.
  private static let requested = Atomic<Int>(0)
  private static var patience: Int { 1_000_000_000 }

  /// Safe to call from a signal handler.
  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  static func install() {
    // The handler may touch nothing that is set up on first use.
    _ = Interruption.isRequested
    requested.store(0, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      let now = Signals.now
      if !Interruption.isRequested {
        Signals.requested.store(now, ordering: .relaxed)
      } else if now - Signals.requested.load(ordering: .relaxed) > Signals.patience {
        _exit(130)
      }
      Interruption.request()
    }
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
    // Whoever started the process may have had signals blocked, and that is inherited.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&blocked, signal) }
    pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
    // A reader that went away, or a file that may not become larger, is an error where we write, not the end of a run.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }
}
