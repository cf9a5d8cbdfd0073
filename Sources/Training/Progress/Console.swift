import Foundation
import Synchronization
import Tensors

/// Where a run speaks: lines that stay, and on a terminal one last line that is redrawn.
public final class Console: Sendable {
  /// Whether the last line can be redrawn.
  public let isTerminal: Bool
  private let write: @Sendable (String) -> Void
  /// The line that is redrawn, as it stands on the screen.
  private let status = Mutex<String>("")

  /// A console over any sink; `write` gets text with its control characters and is called by one thread at a time.
  public init(isTerminal: Bool, write: @escaping @Sendable (String) -> Void) {
    (self.isTerminal, self.write) = (isTerminal, write)
  }

  /// Standard output; its last line is redrawn only where both standard output and standard error are terminals.
  public static let standard = Console(isTerminal: isatty(1) == 1 && isatty(2) == 1) { text in
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      // A run goes on although nobody reads what it says any more.
      if count < 0 && errno != EINTR { return }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// Writes a line that stays.
  /// - Parameter verbatim: whether control characters are meant; else names and texts from files don't reach the terminal as
  ///   commands.
  public func line(_ text: String, verbatim: Bool = false) {
    let text = verbatim ? text : text.printableLines
    status.withLock { status in
      write((status.isEmpty ? "" : Console.clearLine) + text + "\n" + status)
    }
  }

  /// Redraws the last line, cut to the terminal's width; an empty text removes it. Does nothing where there is no terminal.
  public func redraw(_ text: String) {
    guard isTerminal else { return }
    let cut = String(text.printable.prefix(Console.width - 1))
    status.withLock { status in
      if status.isEmpty && cut.isEmpty { return }
      write(Console.clearLine + cut)
      status = cut
    }
  }

  private static let clearLine = "\r\u{1B}[K"

  /// Columns of the terminal, or 80.
  private static var width: Int {
    var size = winsize()
    return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }
}
