import Foundation

/// The terminal that someone types at.
final class Terminal {
  private var saved = termios()
  private(set) var isRaw = false
  /// The same for handlers of signals, which may touch nothing else; written before they are installed.
  private nonisolated(unsafe) static var kept = termios()
  /// Signals that end the process from outside. One that it was told to ignore when it was started, as `nohup` does, is none.
  private static let endings = [SIGTERM, SIGHUP].filter { signal in
    let before = Foundation.signal(signal, SIG_IGN)
    let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    if !isIgnored { Foundation.signal(signal, before) }
    return !isIgnored
  }

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
    Self.kept = saved
    for signal in Self.endings { Foundation.signal(signal, Self.restore) }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    isRaw = true
    write("\u{1b}[?2004h")
  }

  func leaveRaw() {
    guard isRaw else { return }
    write("\u{1b}[?2004l")
    tcsetattr(STDIN_FILENO, TCSADRAIN, &saved)
    isRaw = false
    for signal in Self.endings { Foundation.signal(signal, SIG_DFL) }
  }

  /// Leaves the terminal as it was to whoever uses it next, and lets the signal end the process.
  private static let restore: @convention(c) (Int32) -> Void = { signal in
    tcsetattr(STDIN_FILENO, TCSANOW, &Terminal.kept)
    let text: StaticString = "\u{1b}[?2004l\r\n"
    _ = Foundation.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    Foundation.signal(signal, SIG_DFL)
    raise(signal)
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

  /// What was typed while something else had the terminal. It read lines then, and keeps Ctrl-D as a zero.
  func typedAhead() -> [UInt8] {
    guard case .bytes(let bytes) = read(timeout: 0) else { return [] }
    return bytes.map { $0 == 0 ? 4 : $0 }
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
