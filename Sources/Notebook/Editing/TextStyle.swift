import Foundation

/// Colours, where they are wanted: on a terminal, unless `NO_COLOR` is set (no-color.org).
public struct TextStyle {
  let isColoured: Bool

  /// - Parameter stream: where the text goes.
  public init(for stream: Int32) {
    let environment = ProcessInfo.processInfo.environment
    isColoured = isatty(stream) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  private func wrap(_ text: String, _ code: String) -> String { isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }

  func prompt(_ text: String) -> String { wrap(text, "32") }
  /// What is said beside the matter.
  func aside(_ text: String) -> String { wrap(text, "2") }

  /// An explanation: what went wrong stands out.
  public func error(_ text: String) -> String {
    guard let end = text.firstIndex(of: "\n") else { return wrap(text, "31") }
    return wrap(String(text[..<end]), "31") + text[end...]
  }

  /// Without what moves the cursor or changes colours.
  func printable(_ text: String) -> String { text.map { $0.cell.text }.joined() }
}
