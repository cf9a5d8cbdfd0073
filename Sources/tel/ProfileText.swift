import Tensors

/// A profile for people.
enum ProfileText {
  static func lines(_ report: Profile.Report) -> [String] {
    let share = report.kernelSeconds / max(report.seconds, 1e-12)
    return ["profile of \(BenchText.number(report.seconds)) s, \(BenchText.percent(share)) of it in kernels"]
      + tables(report)
  }

  /// All tables, with their headings.
  static func tables(_ report: Profile.Report) -> [String] {
    BenchText.table(phases(report)) + alone(report) + ["the costliest operations"] + BenchText.table(operations(report))
  }

  /// Time and memory of each phase; what is in none is the host's.
  static func phases(_ report: Profile.Report) -> [[String]] {
    let total = max(report.seconds, 1e-12)
    let others = total - report.phases.reduce(0) { $0 + $1.seconds }
    return [["phase", "times", "seconds", "share", "in kernels", "one thread", "most memory"]]
      + report.phases.map {
        [
          $0.name, "\($0.count)", BenchText.number($0.seconds, 3), BenchText.percent($0.seconds / total),
          BenchText.percent($0.kernelSeconds / max($0.seconds, 1e-12)),
          Kernel.threads > 1 ? BenchText.percent($0.aloneSeconds / max($0.seconds, 1e-12)) : "",
          BenchText.bytes($0.peakBytes),
        ]
      } + [["in none of these", "", BenchText.number(others, 3), BenchText.percent(others / total)]]
  }

  /// The kernels that keep one thread busy while the others wait, costliest first, with the host's own work: what becomes of the
  /// whole with many threads.
  private static func alone(_ report: Profile.Report) -> [String] {
    if Kernel.threads == 1 { return [] }
    let total = max(report.seconds, 1e-12)
    let host = (name: "between kernels", times: "", seconds: report.seconds - report.kernelSeconds)
    let costliest = report.operations.map { (name: $0.name, times: "\($0.count)", seconds: $0.aloneSeconds) }
      .filter { $0.seconds > 1e-4 * total }.sorted { $0.seconds > $1.seconds }.prefix(5)
    return ["what one thread does alone, \(BenchText.percent(report.aloneSeconds / total))"]
      + BenchText.table(
        [["operation", "times", "seconds", "share"]]
          + (costliest + [host]).map {
            [$0.name, $0.times, BenchText.number($0.seconds, 3), BenchText.percent($0.seconds / total)]
          })
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
