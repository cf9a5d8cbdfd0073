import ArgumentParser
import Foundation
import Scripting
import Storage
import Tensors

/// `tel doctor`: what is installed, and whether it computes.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Print versions and what the machine can do, and run a short self-test.")

  func run() throws {
    for (name, value) in facts { print(name.padded(to: 12) + value) }
    print("self-test")
    var broken = 0
    for check in SelfTest.all {
      let (verdict, seconds) = Self.outcome(of: check)
      if verdict != nil { broken += 1 }
      print("  " + check.name.padded(to: 34) + (verdict ?? "ok") + "  \(Int(seconds * 1000)) ms")
    }
    if broken > 0 { throw SelfTestFailure(count: broken) }
  }

  private var facts: [(String, String)] {
    [
      ("tel", Version.text),
      ("built with", Version.compiler),
      ("Lua", LuaState.version),
      ("BLAS", "\(OpenBLASLibrary.configuration), kernels for \(OpenBLASLibrary.core)"),
      ("HDF5", LibraryVersions.hdf5),
      ("libpng", LibraryVersions.png),
      ("threads", "\(Kernel.threads) of \(ProcessInfo.processInfo.activeProcessorCount) cores"),
      ("memory", "\(ProcessInfo.processInfo.physicalMemory / 1_048_576) MB"),
      ("CPU", ProcessorName.description),
      ("kernels", Processor.description),
    ]
  }

  /// What is wrong, or nil, and how long it took to find out.
  private static func outcome(of check: SelfTest) -> (verdict: String?, seconds: Double) {
    let start = Date()
    let verdict: String?
    do {
      verdict = try check.run() ? nil : "WRONG RESULT"
    } catch { verdict = "FAILED: \(error)" }
    return (verdict, Date().timeIntervalSince(start))
  }
}

/// Some of the self-tests failed.
struct SelfTestFailure: ExplainedError {
  let count: Int

  var explanation: Explanation {
    Explanation(
      "\(count) of \(SelfTest.all.count) self-tests failed",
      advice: "build again from a clean folder; if that changes nothing, report the lines above")
  }
}

/// The processor, as the system describes it.
enum ProcessorName {
  /// Its name, and those of its features that kernels care for.
  static var description: String {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return "unknown" }
    func value(_ key: String) -> String? {
      text.split(separator: "\n").first { $0.hasPrefix(key) }?
        .split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let flags = Set((value("flags") ?? value("Features") ?? "").split(separator: " ").map(String.init))
    let known = [
      "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_bf16", "amx_bf16", "asimd", "sve",
    ]
    return ([value("model name") ?? "unknown"] + known.filter(flags.contains)).joined(separator: ", ")
  }
}
