import Foundation

/// The terminal that the standard output goes to.
public enum Terminal {
  /// Columns, or 80.
  public static var width: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }

  /// Whether a stream is a terminal and its user wants colours (https://no-color.org).
  public static func hasColours(_ descriptor: Int32) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  public static func red(_ text: String) -> String { "\u{1B}[31m\(text)\u{1B}[0m" }
  public static func dim(_ text: String) -> String { "\u{1B}[2m\(text)\u{1B}[0m" }
}
