import Autograd
import Pictures
import Storage
import Tensors

extension LuaCall {
  /// A tensor [N] over its numbering from 1.
  func curve(_ tensor: Tensor, _ options: ShowOptions) throws -> Picture {
    .drawing(try chart([line("value", tensor.array(of: Double.self))], options).drawing())
  }

  /// `{1, 2, 3}` as one line, `{name = {…}, …}` as several; lists are tables of numbers or tensors [N].
  func curves(_ table: LuaTable, _ options: ShowOptions) throws -> (Picture, title: String) {
    var lines: [CurveChart.Line] = []
    if table.count > 0 {
      guard let values = numbers(.table(table)) else {
        throw wrong(1, "x", expected: "numbers in the list, or {name = list, …}")
      }
      lines.append(line(options.shownTitle ?? "value", values))
    } else {
      for name in table.names {
        guard let values = numbers(table[name]) else {
          throw wrong(1, "x", expected: "a list of numbers as \"\(name)\"")
        }
        lines.append(line(name, values))
      }
    }
    guard lines.contains(where: { !$0.points.isEmpty }) else { throw wrong(1, "x", expected: "at least one number") }
    return (.drawing(try chart(lines, options).drawing()), "curves of \(lines.map(\.name).joined(separator: ", "))")
  }

  /// What a run has measured so far.
  func picture(of run: LuaRun) throws -> (Picture, title: String) {
    let charts = RunCurves.charts(["train": run.trainer.trainingMetrics, "val": run.trainer.validationMetrics])
    guard !charts.isEmpty else {
      throw ScriptError.refused(
        function: name, what: "the run has measured nothing yet", advice: "show it after a step", site: site)
    }
    return (.drawing(CurveChart.stacked(charts)), "curves of the run \(run.trainer.folder.name)")
  }

  /// Curves of the metrics in a run file.
  func curves(ofRunFile path: String) throws -> (Picture, title: String) {
    let charts = RunCurves.charts(try RunFile(contentsOf: try state.paths.resolve(path)).metrics)
    guard !charts.isEmpty else {
      throw ScriptError.refused(
        function: name, what: "\(path) holds no measurements", advice: "show it after the run's first save", site: site)
    }
    return (.drawing(CurveChart.stacked(charts)), "curves of \(path)")
  }

  private func line(_ name: String, _ values: [Double]) -> CurveChart.Line {
    CurveChart.Line(name, at: Array(1...max(1, values.count)), values)
  }

  private func chart(_ lines: [CurveChart.Line], _ options: ShowOptions) throws -> CurveChart {
    CurveChart(
      title: options.shownTitle ?? lines.map(\.name).joined(separator: ", "),
      xLabel: try options.table.value("x") ?? "", yLabel: try options.table.value("y") ?? "", lines: lines)
  }

  private func numbers(_ value: LuaValue) -> [Double]? {
    switch value {
    case .object(let x as Variable) where x.shape.count == 1: return x.value.array(of: Double.self)
    case .table(let table):
      let values = table.list.map { value -> Double? in
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
      }
      return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    default: return nil
    }
  }
}

extension ShowOptions {
  /// The title that was given.
  var shownTitle: String? { try? table.value("title") }
}
