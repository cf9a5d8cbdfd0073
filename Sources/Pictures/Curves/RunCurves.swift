import Storage

/// What a run measured, as charts.
public enum RunCurves {
  /// Loss with its parts over iterations, and the scores of validation; charts without numbers are left out.
  public static func charts(_ metrics: [String: MetricTable]) -> [CurveChart] {
    var charts: [CurveChart] = []
    let last = metrics.values.compactMap(\.iterations.last).max() ?? 0
    let range = 0...Double(max(1, last))
    if let train = metrics["train"], !train.iterations.isEmpty {
      let parts = train.columns.keys.filter { !["loss", "learning_rate", "seconds"].contains($0) }.sorted()
      let names = (train.columns["loss"] == nil ? [] : ["loss"]) + parts
      charts.append(
        CurveChart(
          title: "Training loss", yLabel: "loss",
          lines: names.map {
            CurveChart.Line($0, at: train.iterations, train.columns[$0] ?? [], isNoisy: true)
          }, covering: range))
    }
    for phase in ["val", "test"] {
      guard let table = metrics[phase] else { continue }
      let shares = [("miou", "mean IoU"), ("pixel_accuracy", "pixel accuracy")].filter { table.columns[$0.0] != nil }
      if shares.isEmpty { continue }
      charts.append(
        CurveChart(
          title: phase == "val" ? "Validation" : "Test", yLabel: "%",
          lines: shares.map { CurveChart.Line($0.1, at: table.iterations, table.columns[$0.0] ?? [], times: 100) },
          covering: range))
    }
    return charts.filter { chart in chart.lines.contains { $0.points.contains { $0.y.isFinite } } }
  }

  /// One column of the metrics, or each entry of a column of vectors that has more than one row.
  /// - Parameters:
  ///   - name: `train/loss`, `val/iou_per_class`.
  ///   - entries: what the entries of a vector are called; those without a name get a number.
  /// - Returns: nil where there is no such column.
  public static func chart(_ name: String, _ metrics: [String: MetricTable], entries: [String] = []) -> CurveChart? {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let table = metrics[parts[0]] else { return nil }
    if let column = table.columns[parts[1]] {
      return CurveChart(
        title: name, lines: [CurveChart.Line(name, at: table.iterations, column, isNoisy: parts[0] == "train")])
    }
    guard let rows = table.vectors[parts[1]], rows.count > 1 else { return nil }
    return CurveChart(
      title: name,
      lines: (0..<(rows.last?.count ?? 0)).map { entry in
        CurveChart.Line(
          entry < entries.count ? entries[entry] : "\(entry)", at: table.iterations,
          rows.map { entry < $0.count ? $0[entry] : .nan })
      })
  }

  /// The last row of a column of vectors, say `val/iou_per_class`, as bars in %; nil where there is no such column.
  public static func bars(_ name: String, _ metrics: [String: MetricTable], entries: [String] = []) -> Drawing? {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let table = metrics[parts[0]], let row = table.vectors[parts[1]]?.last,
      let iteration = table.iterations.last
    else { return nil }
    return BarChart(
      title: "\(name) at iteration \(iteration)",
      bars: row.enumerated().map { ($0.offset < entries.count ? entries[$0.offset] : "\($0.offset)", $0.element) }
    ).drawing()
  }
}
