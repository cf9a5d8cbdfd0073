import Foundation

/// Memory of this process, from /proc.
enum Memory {
  /// Bytes in memory now.
  static var resident: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let value = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first, let kilobytes = Int(value)
    else { return 0 }
    return kilobytes << 10
  }
}
