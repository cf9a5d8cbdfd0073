import Foundation
import Tensors

/// Ctrl-C asks what runs to stop; pressed again while that is being ignored, it ends the process.
enum Signals {
  static func install() {
    // The handler may touch nothing that is set up on first use.
    _ = Interruption.isRequested
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      if Interruption.isRequested { _exit(130) }
      Interruption.request()
    }
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
    // Whoever started the process may have had the signal blocked, and that is inherited.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
    // A reader that went away, or a file that may not become larger, is an error where we write, not the end of a run.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }
}
