import Foundation
import Tensors

/// Reads lines from the standard input; Ctrl-C gives up the line that is being typed.
public final class LineReader {
  /// What came of asking for a line.
  public enum Line: Equatable {
    case text(String)
    case interrupted
    case end
  }

  private var pending: [UInt8] = []
  private var isAtEnd = false
  /// Whether someone types, so that prompts make sense.
  public let isInteractive = isatty(STDIN_FILENO) == 1

  public init() {}

  /// The next line without its end. `prompt` is shown where someone types.
  public func next(prompt: String) -> Line {
    if isInteractive { show(prompt) }
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        defer { pending.removeSubrange(...end) }
        return .text(String(decoding: pending[..<end], as: UTF8.self))
      }
      if isAtEnd {
        defer { pending = [] }
        return pending.isEmpty ? .end : .text(String(decoding: pending, as: UTF8.self))
      }
      if !fill() {
        pending = []
        if isInteractive { show("\n") }
        return .interrupted
      }
    }
  }

  /// Waits for more input; false if the user asked to stop meanwhile. `poll` returns on a signal, `read` would not.
  private func fill() -> Bool {
    while true {
      if Interruption.isRequested { return false }
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      if poll(&input, 1, -1) < 0 { continue }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { isAtEnd = true } else { pending += chunk[..<count] }
      return true
    }
  }

  private func show(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }
}
