import Foundation
import Storage
import Tensors

/// Where a run was made, for its run file.
enum Environment {
  static func record(_ experiment: Experiment) -> [String: AttributeValue] {
    let record: [String: AttributeValue] = [
      "cpu": .string(cpu), "cores": .integer(ProcessInfo.processInfo.activeProcessorCount),
      "kernels": .string(Processor.description), "threads": .integer(Kernel.threads),
      "loader_threads": .integer(experiment.training.threads),
      "system": .string(ProcessInfo.processInfo.operatingSystemVersionString),
      "memory_bytes": .integer(Int(ProcessInfo.processInfo.physicalMemory)),
      "peak_memory_bytes": .integer(MachineMemory.peakResident),
      "arithmetic": "float32",
    ]
    return record.merging(experiment.environment) { _, given in given }
  }

  /// What of an environment may change the last bits of what is computed, where it differs: `threads 1, was 2`.
  static func differences(from earlier: [String: AttributeValue], to present: [String: AttributeValue]) -> [String] {
    ["tel", "cpu", "kernels", "threads", "blas"].compactMap { key in
      guard let old = earlier[key], let new = present[key], old != new else { return nil }
      return "\(key) \(text(new)), was \(text(old))"
    }
  }

  private static func text(_ value: AttributeValue) -> String {
    switch value {
    case .string(let text): text
    case .integer(let number): "\(number)"
    default: "\(value)"
    }
  }

  private static var cpu: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line.flatMap { $0.split(separator: ":").last }?.trimmingCharacters(in: .whitespaces) ?? "unknown"
  }

  /// The samples of the recipe's data, by their part in it.
  static func data(_ experiment: Experiment) -> [String: DataRecord] {
    var data = ["train": experiment.training.dataset.record]
    if let validation = experiment.validation?.dataset { data["val"] = validation.record }
    return data
  }
}
