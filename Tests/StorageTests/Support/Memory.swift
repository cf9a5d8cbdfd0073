import Foundation

/// Memory of this process, from /proc.
enum Memory {
  /// Bytes in memory now.
  static var resident: Int { value("VmRSS:") }

  /// The most bytes that were in memory at a time since `resetPeak`.
  static var peak: Int { value("VmHWM:") }

  static func resetPeak() { try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8) }

  private static func value(_ name: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let value = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first, let kilobytes = Int(value)
    else { return 0 }
    return kilobytes << 10
  }
}
