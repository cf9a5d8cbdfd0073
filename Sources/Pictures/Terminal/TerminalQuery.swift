import Foundation

extension TerminalGraphics {
  /// What the terminal behind the standard output can do: nil where there is none. `TEL_GRAPHICS` in the environment decides
  /// (`kitty`, `iterm2`, `sixel`, `blocks`, `none`); else what the environment says of the terminal, then what it answers when it is asked.
  public static func detected(_ environment: [String: String] = ProcessInfo.processInfo.environment)
    -> TerminalGraphics?
  {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    if let told = told(by: environment) { return told }
    return answered ?? .blocks
  }

  /// What the environment alone says (that there is nothing to draw with, too); nil where it says nothing.
  package static func told(by environment: [String: String]) -> TerminalGraphics?? {
    if let wish = environment["TEL_GRAPHICS"] {
      if wish == "none" { return .some(nil) }
      if let graphics = TerminalGraphics(rawValue: wish) { return graphics }
    }
    let (term, program) = (environment["TERM"] ?? "", environment["TERM_PROGRAM"] ?? "")
    if term == "dumb" { return .some(nil) }
    // Terminals inside of terminals don't pass pictures on, whatever the outer one can do.
    if environment["TMUX"] != nil || term.hasPrefix("screen") || term.hasPrefix("tmux") { return .blocks }
    if term == "xterm-kitty" || environment["KITTY_WINDOW_ID"] != nil || ["ghostty", "WezTerm"].contains(program) {
      return .kitty
    }
    if program == "iTerm.app" || environment["LC_TERMINAL"] == "iTerm2" { return .iterm2 }
    if ["foot", "mlterm", "yaft"].contains(where: term.hasPrefix) { return .sixel }
    return nil
  }

  /// Asked once.
  private static let answered = answer()

  /// Asks whether there is kitty's protocol, and for the device's attributes, which every terminal answers; 4 among them are sixels.
  private static func answer() -> TerminalGraphics? {
    let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var before = termios()
    guard tcgetattr(terminal, &before) == 0 else { return nil }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(terminal, TCSANOW, &raw)
    defer { tcsetattr(terminal, TCSANOW, &before) }
    let question = Array("\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[c".utf8)
    guard write(terminal, question, question.count) == question.count else { return nil }
    return understood(reply(from: terminal))
  }

  /// What comes until the attributes are there, or for a third of a second.
  private static func reply(from terminal: Int32) -> String {
    var bytes: [UInt8] = []
    let end = ContinuousClock.now + .milliseconds(350)
    while ContinuousClock.now < end, bytes.count < 4096 {
      var waiting = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 50) > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 256)
      let count = read(terminal, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk[..<count]
      if let text = String(validating: bytes, as: UTF8.self), text.contains("\u{1B}[?"), text.hasSuffix("c") { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What a terminal's answer means.
  package static func understood(_ reply: String) -> TerminalGraphics? {
    if reply.contains("\u{1B}_Gi=31;OK") { return .kitty }
    guard let start = reply.range(of: "\u{1B}[?"), let end = reply[start.upperBound...].firstIndex(of: "c") else {
      return nil
    }
    return reply[start.upperBound..<end].split(separator: ";").contains("4") ? .sixel : nil
  }

  /// Characters to a line, and the pixels of one where the terminal tells.
  public static func size() -> (columns: Int, cell: (width: Int, height: Int)) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return (80, (8, 16)) }
    let columns = Int(size.ws_col)
    guard size.ws_xpixel > 0, size.ws_ypixel > 0, size.ws_row > 0 else { return (columns, (8, 16)) }
    return (columns, (max(1, Int(size.ws_xpixel) / columns), max(1, Int(size.ws_ypixel) / Int(size.ws_row))))
  }
}
