import Foundation

/// The lines typed at prompts, in a file that all prompts of a user share: each line is added when it is entered, and kept
/// across runs.
public struct LineHistory {
  /// Lines that are kept when the file is read; it is cut when it has twice as many.
  static let mostLines = 10_000

  private let path: String

  /// - Parameter path: nil: `$TEL_HISTORY`, else `tel/history` in the user's folder of states (`$XDG_STATE_HOME`).
  public init(path: String? = nil) {
    let environment = ProcessInfo.processInfo.environment
    let states = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() + "/.local/state"
    self.path = path ?? environment["TEL_HISTORY"] ?? states + "/tel/history"
  }

  /// The latest lines, oldest first; none where there is no file or it can't be read.
  public func load() -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    if lines.count > 2 * Self.mostLines { cut(to: lines.suffix(Self.mostLines)) }
    return Array(lines.suffix(Self.mostLines))
  }

  /// Adds a line at the end. A history that can't be written is no reason to disturb anyone.
  public func add(_ line: String) {
    let folder = (path as NSString).deletingLastPathComponent
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // One call of `write` in append mode: lines of several prompts don't mix.
    let bytes = Array((line.replacing("\n", with: " ") + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  private func cut(to lines: ArraySlice<String>) {
    let fresh = path + ".new"
    guard
      FileManager.default.createFile(
        atPath: fresh, contents: Data((lines.joined(separator: "\n") + "\n").utf8),
        attributes: [.posixPermissions: 0o600])
    else { return }
    if rename(fresh, path) != 0 { unlink(fresh) }
  }
}
