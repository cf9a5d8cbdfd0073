import Tensors

/// A profile for people.
enum ProfileText {
  static func lines(_ report: Profile.Report) -> [String] {
    let share = report.kernelSeconds / max(report.seconds, 1e-12)
    return [
      "profile of \(BenchText.number(report.seconds)) s, \(BenchText.percent(share)) of it in kernels"
    ] + BenchText.table(phases(report)) + ["the costliest operations"] + BenchText.table(operations(report))
  }

  /// Time and memory of each phase; what is in none is the host's.
  static func phases(_ report: Profile.Report) -> [[String]] {
    let total = max(report.seconds, 1e-12)
    let others = total - report.phases.reduce(0) { $0 + $1.seconds }
    return [["phase", "times", "seconds", "share", "in kernels", "most memory"]]
      + report.phases.map {
        [
          $0.name, "\($0.count)", BenchText.number($0.seconds, 3), BenchText.percent($0.seconds / total),
          BenchText.percent($0.kernelSeconds / max($0.seconds, 1e-12)), BenchText.bytes($0.peakBytes),
        ]
      } + [["in none of these", "", BenchText.number(others, 3), BenchText.percent(others / total)]]
  }

  /// Forward and backward time of the ten costliest.
  static func operations(_ report: Profile.Report) -> [[String]] {
    func rate(_ flops: Double, _ seconds: Double) -> String {
      flops > 0 && seconds > 0 ? BenchText.number(flops / seconds / 1e9, 0) : ""
    }
    return [["operation", "times", "forward s", "GF/s", "backward s", "GF/s"]]
      + report.operations.prefix(10).map {
        [
          $0.name, "\($0.count)", BenchText.number($0.forwardSeconds, 3), rate($0.flops, $0.forwardSeconds),
          BenchText.number($0.backwardSeconds, 3), rate($0.backwardFlops, $0.backwardSeconds),
        ]
      }
  }
}
