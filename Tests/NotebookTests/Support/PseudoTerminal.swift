import Foundation
import Testing

/// `tel` at a terminal of its own, as someone who types sees it.
final class PseudoTerminal {
  private let controller: Int32
  private let process: pid_t
  private var hasEnded = false
  /// What was shown since the last match, escape sequences left out.
  private var shown = ""
  /// All that was shown, as it came.
  private(set) var transcript = ""

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs `tel arguments…` in a folder.
  /// - Parameter ignoring: a signal's name, as `nohup` has HUP ignored.
  init(
    _ arguments: [String] = [], in folder: URL, environment: [String: String] = [:], ignoring: String? = nil
  ) throws {
    var (ours, theirs): (Int32, Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 256)
    var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&ours, &theirs, &name, nil, &size) == 0 else {
      throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    controller = ours
    defer { close(theirs) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Opened by the leader of a new session, the terminal becomes the one that Ctrl-C comes from.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    posix_spawn_file_actions_addclose(&actions, controller)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let newSession: Int16 = 0x80
    posix_spawnattr_setflags(&attributes, newSession)

    let path = try telExecutable().path
    let settings = [
      "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state", "TERM": "xterm-256color", "NO_COLOR": "1",
      "PATH": "/usr/bin:/bin", "LANG": "C",
    ].merging(environment) { $1 }
    let trap = ignoring.map { "trap '' \($0); " } ?? ""
    let words = ["sh", "-c", trap + "cd \"$0\" && exec \"$@\"", folder.path, path] + arguments
    var argv = words.map { strdup($0) } + [nil]
    var envp = settings.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var id = pid_t()
    let status = posix_spawn(&id, "/bin/sh", &actions, &attributes, &argv, &envp)
    process = id
    if status != 0 { throw Failure(description: "can't start \(path): \(String(cString: strerror(status)))") }
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
    close(controller)
  }

  func send(_ keys: String) {
    var bytes = Array(keys.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(controller, $0.baseAddress, min($0.count, 1000)) }
      if count > 0 { bytes = bytes.dropFirst(count) } else { return }
      drain(milliseconds: 0)
    }
  }

  /// Whether what is typed is shown by the terminal itself, as a shell expects it.
  var echoes: Bool {
    var settings = termios()
    return tcgetattr(controller, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
  }

  /// Sends a signal to the process.
  func signal(_ number: Int32) { kill(process, number) }

  /// Types a line and Enter.
  func type(_ line: String) { send(line + "\r") }

  /// Waits until a text is shown, and forgets what was shown before its end. Patient, since the machine may be busy.
  /// - Returns: the seconds it took.
  @discardableResult func expect(_ text: String, within seconds: Double = 30) throws -> Double {
    let start = Date()
    while true {
      if let found = shown.range(of: text) {
        shown = String(shown[found.upperBound...])
        return Date().timeIntervalSince(start)
      }
      guard Date().timeIntervalSince(start) < seconds else {
        throw Failure(description: "\(text) was not shown; what was: \(shown.suffix(2000))")
      }
      if !drain(milliseconds: 20) && hasEnded { throw Failure(description: "it ended before \(text): \(shown)") }
    }
  }

  /// Waits for the prompt of cell `number`.
  func prompt(_ number: Int) throws { try expect("\(number)> ") }

  /// Waits for the end of the process and returns its exit status.
  func end(within seconds: Double = 30) throws -> Int32 {
    let start = Date()
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      guard Date().timeIntervalSince(start) < seconds else { throw Failure(description: "it doesn't end") }
      drain(milliseconds: 20)
    }
    hasEnded = true
    return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
  }

  /// Reads what is there; false if nothing came.
  @discardableResult private func drain(milliseconds: Int32) -> Bool {
    var input = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, milliseconds) > 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(controller, &bytes, bytes.count)
    guard count > 0 else { return false }
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    transcript += text
    shown += Self.plain(text)
    return true
  }

  /// Text without escape sequences.
  private static func plain(_ text: String) -> String {
    text.replacing(/\u{1b}\[[0-9;?]*[A-Za-z]/, with: "").replacing("\r", with: "")
  }
}

/// The command beside the test bundle; a missing one is a failure, never skipped.
func telExecutable() throws -> URL {
  var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
  for _ in 0..<6 {
    let candidate = folder.appendingPathComponent("tel")
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
      return candidate
    }
    folder.deleteLastPathComponent()
  }
  throw PseudoTerminal.Failure(description: "there is no tel beside \(CommandLine.arguments[0])")
}

/// A fresh folder that is removed when `body` is done.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tel-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
