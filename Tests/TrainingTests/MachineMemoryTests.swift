import Foundation
import Testing
import Training

@Suite struct MachineMemoryTests {
  @Test func theProcessAndTheMachineHaveSensibleSizes() {
    #expect(MachineMemory.resident > 1 << 20)
    #expect(MachineMemory.peakResident >= MachineMemory.resident / 2)
    #expect(MachineMemory.available > 1 << 20)
  }

  @Test func theLimitOfEveryControlGroupAboveCounts() throws {
    let root = NSTemporaryDirectory() + "cgroup-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    func write(_ path: String, _ text: String) throws {
      let full = root + path
      try FileManager.default.createDirectory(
        atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: full, atomically: true, encoding: .utf8)
    }
    try write("/job/memory.max", "1000000\n")
    try write("/job/memory.current", "600000\n")
    try write("/job/memory.stat", "anon 1\ninactive_file 100000\n")
    try write("/job/step/memory.max", "max\n")
    try write("/job/step/memory.current", "5\n")
    try write("/memory/old/memory.limit_in_bytes", "9223372036854771712\n")
    try write("/memory/old/memory.usage_in_bytes", "5\n")
    try write("/memory/memory.limit_in_bytes", "70000\n")
    try write("/memory/memory.usage_in_bytes", "80000\n")
    #expect(MachineMemory.controlGroupHeadrooms(root: root, membership: "0::/job/step\n") == [500_000])
    #expect(MachineMemory.controlGroupHeadrooms(root: root, membership: "3:cpu,memory:/old\n2:pids:/\n") == [0])
    #expect(MachineMemory.controlGroupHeadrooms(root: root, membership: "0::/elsewhere\n") == [])
  }
}
