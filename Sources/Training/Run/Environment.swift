import Datasets
import Foundation
import Storage
import Tensors

/// Where and on what a run was made, for its run file.
enum Environment {
  static func record(_ experiment: Experiment) -> [String: AttributeValue] {
    var record: [String: AttributeValue] = [
      "cpu": .string(cpu), "cores": .integer(ProcessInfo.processInfo.activeProcessorCount),
      "threads": .integer(Kernel.threads), "loader_threads": .integer(experiment.training.threads),
      "system": .string(ProcessInfo.processInfo.operatingSystemVersionString),
      "memory_bytes": .integer(Int(ProcessInfo.processInfo.physicalMemory)),
      "peak_memory_bytes": .integer(MachineMemory.peakResident),
      "arithmetic": "float32",
      "training_images": .integer(experiment.training.dataset.count),
      "training_fingerprint": .string(fingerprint(experiment.training.dataset)),
    ]
    if let data = experiment.validation?.dataset {
      record["validation_images"] = .integer(data.count)
      record["validation_fingerprint"] = .string(fingerprint(data))
    }
    return record.merging(experiment.environment) { _, given in given }
  }

  private static var cpu: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line.flatMap { $0.split(separator: ":").last }?.trimmingCharacters(in: .whitespaces) ?? "unknown"
  }

  /// 64 bits over the number, names and classes of a data set: another one shows, a changed pixel doesn't.
  private static func fingerprint(_ data: any Dataset) -> String {
    var hash = RandomStream.mix(UInt64(data.count))
    for index in 0..<data.count { hash = RandomStream.mix(hash ^ RandomStream.hash(data.name(index))) }
    hash = RandomStream.mix(hash ^ RandomStream.hash("\(data.classes.count)"))
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
