import Foundation
import Storage

/// The cells that were typed, in this run and in earlier ones.
///
/// The file has one line per cell, with `\n` and `\\` for line breaks and backslashes; it is readable by its owner only. Each
/// cell is added at once and under a lock, so that prompts that run side by side lose nothing of each other's.
final class LineHistory {
  /// Oldest first.
  private(set) var entries: [String] = []
  private let path: String?
  /// The file is shortened to the last entries when it is larger than this, in bytes.
  private let limit: Int

  /// - Parameter path: nil to keep nothing beyond this run.
  init(path: String?, limit: Int = 4 << 20) {
    (self.path, self.limit) = (path, limit)
    load()
  }

  /// `$XDG_STATE_HOME/tel/history`, or `~/.local/state/tel/history`.
  static var standardPath: String {
    let environment = ProcessInfo.processInfo.environment
    // As the specification says, only absolute paths count.
    let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
    return (state ?? home + "/.local/state") + "/tel/history"
  }

  /// Remembers a cell, unless it is the same as the one before. A file that can't be written is no reason to complain.
  func add(_ text: String) {
    guard !text.allSatisfy(\.isWhitespace), text != entries.last else { return }
    entries.append(text)
    guard let path else { return }
    let folder = path.parentFolder
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    withLock(path, create: true) { file in
      let line = Array((Self.encoded(text) + "\n").utf8)
      _ = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }
  }

  private func load() {
    guard let path, let data = FileManager.default.contents(atPath: path) else { return }
    let lines = data.split(separator: UInt8(ascii: "\n"))
    entries = lines.map { Self.decoded(String(decoding: $0, as: UTF8.self)) }
    if data.count > limit { shorten(path) }
  }

  /// Keeps the younger half: a new file takes the old one's name while others wait for the lock.
  private func shorten(_ path: String) {
    withLock(path, create: false) { _ in
      guard let data = FileManager.default.contents(atPath: path), data.count > limit else { return }
      let rest = data.suffix(limit / 2)
      guard let start = rest.firstIndex(of: UInt8(ascii: "\n")) else { return }
      let temporary = "\(path).\(getpid())"
      let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
      guard FileManager.default.createFile(atPath: temporary, contents: rest[(start + 1)...], attributes: attributes)
      else { return }
      if rename(temporary, path) != 0 { unlink(temporary) }
    }
  }

  /// Opens and locks the file that has the name once the lock is there.
  private func withLock(_ path: String, create: Bool, _ body: (Int32) -> Void) {
    for _ in 0..<100 {
      let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | (create ? O_CREAT : 0), 0o600)
      guard file >= 0 else { return }
      defer { close(file) }
      while flock(file, LOCK_EX) != 0 { if errno != EINTR { return } }
      var (opened, named) = (stat(), stat())
      guard fstat(file, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG else { return }
      guard stat(path, &named) == 0, named.st_ino == opened.st_ino else { continue }
      if opened.st_mode & 0o077 != 0 { fchmod(file, 0o600) }
      return body(file)
    }
  }

  static func encoded(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
  }

  static func decoded(_ line: String) -> String {
    var text = ""
    var isEscape = false
    for character in line {
      if isEscape {
        text.append(character == "n" ? "\n" : character == "r" ? "\r" : character)
        isEscape = false
      } else if character == "\\" {
        isEscape = true
      } else {
        text.append(character)
      }
    }
    return text
  }

  /// The youngest entry before `index` that a test holds for.
  func last(before index: Int, where holds: (String) -> Bool) -> Int? {
    entries[..<max(0, min(index, entries.count))].lastIndex(where: holds)
  }

  /// The oldest entry after `index` that a test holds for.
  func first(after index: Int, where holds: (String) -> Bool) -> Int? {
    guard index + 1 < entries.count else { return nil }
    return entries[(index + 1)...].firstIndex(where: holds)
  }
}
