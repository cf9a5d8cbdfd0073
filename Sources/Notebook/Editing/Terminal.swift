import Foundation

/// The terminal that someone types at.
final class Terminal {
  private var saved = termios()
  private(set) var isRaw = false

  /// Whether lines can be edited here: both streams are terminals that can move the cursor.
  static var isCapable: Bool {
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && !["", "dumb"].contains(kind)
  }

  /// Every key arrives at once, Ctrl-C included, and pasted blocks are marked. What was typed ahead is kept.
  func enterRaw() {
    guard !isRaw, tcgetattr(STDIN_FILENO, &saved) == 0 else { return }
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | ISTRIP)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    isRaw = true
    write("\u{1b}[?2004h")
  }

  func leaveRaw() {
    guard isRaw else { return }
    write("\u{1b}[?2004l")
    tcsetattr(STDIN_FILENO, TCSADRAIN, &saved)
    isRaw = false
  }

  /// Columns and rows.
  var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Foundation.write(STDOUT_FILENO, rest.baseAddress, rest.count)
        if written < 0 && errno != EINTR { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[max(0, written)...])
      }
    }
  }

  /// What came of waiting for input.
  enum Input {
    case bytes([UInt8])
    case nothing
    /// A signal came.
    case signal
    case end
  }

  /// Waits for bytes, at most so many milliseconds (-1: for ever).
  func read(timeout: Int32) -> Input {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    let ready = poll(&input, 1, timeout)
    if ready < 0 { return errno == EINTR ? .signal : .end }
    if ready == 0 { return .nothing }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = Foundation.read(STDIN_FILENO, &chunk, chunk.count)
    if count > 0 { return .bytes(Array(chunk[..<count])) }
    return count < 0 && errno == EINTR ? .signal : .end
  }
}
