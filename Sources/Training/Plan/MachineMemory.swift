import Foundation

/// What memory this process uses and may still take, in bytes.
public enum MachineMemory {
  /// Memory of this process that lies in RAM now.
  public static var resident: Int { statusEntry("VmRSS:") ?? 0 }

  /// The most that `resident` has been.
  public static var peakResident: Int { statusEntry("VmHWM:") ?? 0 }

  /// What can still be taken before the machine or the limit of a control group (a container, a job) is full.
  public static var available: Int {
    let machine = entry("MemAvailable:", in: text("/proc/meminfo")) ?? Int(ProcessInfo.processInfo.physicalMemory)
    return ([machine] + controlGroupHeadrooms(root: "/sys/fs/cgroup", membership: text("/proc/self/cgroup"))).min()!
  }

  /// What each control group around this process leaves: its limit, less what it uses and can't drop.
  package static func controlGroupHeadrooms(root: String, membership: String) -> [Int] {
    var headrooms: [Int] = []
    for line in membership.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { continue }
      let isVersion2 = fields[0] == "0" && fields[1].isEmpty
      guard isVersion2 || fields[1].split(separator: ",").contains("memory") else { continue }
      let base = isVersion2 ? root : root + "/memory"
      let names =
        isVersion2
        ? (limit: "memory.max", usage: "memory.current", file: "inactive_file")
        : (limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", file: "total_inactive_file")
      // A limit may stand at any group above; inside a container the path may not exist and the root is the group.
      var parts = fields[2].split(separator: "/").map(String.init)
      while true {
        let folder = ([base] + parts).joined(separator: "/")
        if let limit = number(folder + "/" + names.limit), let usage = number(folder + "/" + names.usage) {
          let droppable = entry(names.file, in: text(folder + "/memory.stat"), unit: 1) ?? 0
          headrooms.append(max(0, limit - max(0, usage - droppable)))
        }
        if parts.isEmpty { break }
        parts.removeLast()
      }
    }
    return headrooms
  }

  private static func statusEntry(_ key: String) -> Int? { entry(key, in: text("/proc/self/status")) }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  /// A file that holds one number; nil for "max", a missing file or an unlimited version 1 group.
  private static func number(_ path: String) -> Int? {
    Int(text(path).trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 < 1 << 60 ? $0 : nil }
  }

  /// The number after `key` at the start of a line, times `unit`.
  private static func entry(_ key: String, in text: String, unit: Int = 1024) -> Int? {
    for line in text.split(separator: "\n") {
      let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      if fields.count >= 2, fields[0] == key, let value = Int(fields[1]) { return value * unit }
    }
    return nil
  }
}
