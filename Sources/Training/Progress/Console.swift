import Foundation
import Storage
import Synchronization
import Tensors

/// Where a run speaks: lines that stay, and on a terminal one last line that is redrawn.
public final class Console: Sendable {
  /// Whether the last line can be redrawn.
  public let isTerminal: Bool
  private let sink: Sink
  /// The line that is redrawn, as it stands on the screen.
  private let status = Mutex<String>("")

  private enum Sink: Sendable {
    /// Lines and last line in one stream, with control characters.
    case stream(@Sendable (String) -> Void)
    case apart(line: @Sendable (String) -> Void, status: @Sendable (String) -> Void)
  }

  /// A console over any sink; `write` gets text with its control characters and is called by one thread at a time.
  public init(isTerminal: Bool, write: @escaping @Sendable (String) -> Void) {
    (self.isTerminal, sink) = (isTerminal, .stream(write))
  }

  /// A console that can show the last line at another place than those that stay, as notebooks can.
  /// - Parameter status: gets the text of the last line, empty when it is to go.
  public init(line: @escaping @Sendable (String) -> Void, status: @escaping @Sendable (String) -> Void) {
    (isTerminal, sink) = (true, .apart(line: line, status: status))
  }

  /// Why standard output lost something, as an `errno`; 0 if it didn't, or if its reader went away.
  private static let lostOutput = Atomic<Int32>(0)

  /// - Throws: `FileError` if something that was to be read is lost, say on a full disk.
  public static func checkOutput() throws {
    let code = lostOutput.load(ordering: .relaxed)
    if code != 0 { throw FileError.unwritable(path: "standard output", reason: String(cString: strerror(code))) }
  }

  /// Standard output; its last line is redrawn only where both standard output and standard error are terminals.
  public static let standard = Console(isTerminal: isatty(1) == 1 && isatty(2) == 1) { text in
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      // A run goes on although nobody reads what it says any more; that it was lost is told in the end.
      if count < 0 && errno != EINTR {
        if errno != EPIPE && errno != EIO { lostOutput.store(errno, ordering: .relaxed) }
        return
      }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// Writes a line that stays.
  /// - Parameter verbatim: whether control characters are meant; else names and texts from files don't reach the terminal as
  ///   commands.
  public func line(_ text: String, verbatim: Bool = false) {
    let text = verbatim ? text : text.printableLines
    status.withLock { status in
      switch sink {
      case .stream(let write): write((status.isEmpty ? "" : Console.clearLine) + text + "\n" + status)
      case .apart(let line, _): line(text)
      }
    }
  }

  /// Redraws the last line, cut to the terminal's width; an empty text removes it. Does nothing where there is no terminal.
  public func redraw(_ text: String) {
    guard isTerminal else { return }
    let text = text.printable
    status.withLock { status in
      if status.isEmpty && text.isEmpty { return }
      switch sink {
      case .stream(let write):
        status = String(text.prefix(Console.width - 1))
        write(Console.clearLine + status)
      case .apart(_, let show):
        status = text
        show(text)
      }
    }
  }

  /// Ends the redrawing of the last line: it goes, or where it has a place of its own says this for good.
  public func end(_ summary: String) {
    if case .apart(_, let show) = sink, status.withLock({ !$0.isEmpty }) { show(summary.printable) }
    redraw("")
  }

  private static let clearLine = "\r\u{1B}[K"

  /// Columns of the terminal, or 80.
  private static var width: Int {
    var size = winsize()
    return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }
}
