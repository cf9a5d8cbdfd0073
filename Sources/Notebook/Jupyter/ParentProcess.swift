import Foundation

/// The process that a kernel works for: `JPY_PARENT_PID` of the environment, or else the one that started it. When it is gone,
/// nobody will ever end the kernel.
struct ParentProcess: Sendable {
  private let pid: pid_t
  /// Whether it started this process itself, which the system then tells without doubt.
  private let isOwnParent: Bool

  /// - Returns: nil where nobody is to be watched: `JPY_PARENT_PID=0`, or a process that belongs to the system.
  init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let parent = getppid()
    pid = environment["JPY_PARENT_PID"].flatMap { pid_t($0) } ?? parent
    isOwnParent = pid == parent
    if pid <= 1 { return nil }
  }

  var isGone: Bool {
    if isOwnParent { return getppid() != pid }
    if kill(pid, 0) != 0 && errno == ESRCH { return true }
    // A process that ended stays in the table until somebody asks how.
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = status.lastIndex(of: ")")
    else { return false }
    return status[status.index(after: end)...].drop { $0 == " " }.first == "Z"
  }
}
