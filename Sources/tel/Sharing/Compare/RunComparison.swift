import Pictures
import Storage

/// Two runs side by side, as data.
struct RunComparison {
  let a: RunLocation
  let b: RunLocation

  init(_ a: RunLocation, _ b: RunLocation) { (self.a, self.b) = (a, b) }

  /// What the runs are called here: their names, or where they lie if these are the same.
  var names: (a: String, b: String) { a.name == b.name ? (a.results, b.results) : (a.name, b.name) }

  /// Values of the recipes that aren't the same; a dash where one has none.
  var differences: [(path: String, a: String, b: String)] {
    let (of, with) = (RecipeValues(a.run.recipe.resolved).byPath, RecipeValues(b.run.recipe.resolved).byPath)
    return Set(of.keys).union(with.keys).sorted().compactMap { path in
      of[path] == with[path] || path == "name" ? nil : (path, of[path] ?? "–", with[path] ?? "–")
    }
  }

  /// Why the scores can't be held against each other, as far as the files tell.
  var unfair: [String] {
    var reasons: [String] = []
    func compare(_ what: String, _ value: (RunFile) -> String?) {
      let (of, with) = (value(a.run), value(b.run))
      if of != with { reasons.append("\(what): \(of ?? "not recorded") against \(with ?? "not recorded")") }
    }
    for (part, what) in [("train", "trained on other images"), ("val", "scored on other images")] {
      compare(what) { $0.imagesText(part) }
    }
    let data = differences.filter { $0.path.hasPrefix("data.") && !$0.path.hasSuffix(".threads") }
    for part in ["train", "val"] {
      let paths = data.filter { $0.path.hasPrefix("data.\(part).") }.map(\.path)
      if !paths.isEmpty {
        reasons.append(
          "other \(part == "train" ? "training" : "validation") data settings: " + paths.joined(separator: ", "))
      }
    }
    compare("scored by another protocol") { $0.protocolText }
    compare("other iterations") { $0.plannedIterations.map { "\($0)" } }
    compare("other images per iteration") { run in
      guard case .integer(let batch)? = run.recipe.resolved["batch"] else { return nil }
      if case .integer(let times)? = run.recipe.resolved["accumulate"], times != 1 { return "\(batch) × \(times)" }
      return "\(batch)"
    }
    compare("started from other weights") { run in
      run.recipe.resolved["model"]?["pretrained"].map(\.json) ?? "none"
    }
    compare("other arithmetic") { $0.environment["arithmetic"]?.text }
    for location in [a, b] {
      if let planned = location.run.plannedIterations, location.run.lastIteration < planned {
        reasons.append("\(location.name) isn't finished: \(location.run.lastIteration) of \(planned) iterations")
      }
    }
    return reasons
  }

  /// Scores, times and memory of both, and their difference.
  var figures: [(name: String, a: String, b: String, difference: String)] {
    var rows: [(String, String, String, String)] = []
    for (name, column) in [
      ("mean IoU, best", "miou"), ("mean IoU, last", "miou"), ("pixel accuracy", "pixel_accuracy"),
    ] {
      let value = { (run: RunFile) in name.hasSuffix("best") ? run.bestScore(column)?.value : run.lastScore(column) }
      let (of, with) = (value(a.run), value(b.run))
      if of == nil && with == nil { continue }
      rows.append(
        (name, Figures.percent(of), Figures.percent(with), Figures.points(with.flatMap { w in of.map { w - $0 } })))
    }
    rows.append(("iterations", "\(a.run.lastIteration)", "\(b.run.lastIteration)", ""))
    let step = { (run: RunFile) -> Double? in
      run.trainingSeconds.map { $0 / Double(max(1, run.metrics["train"]?.iterations.count ?? 1)) }
    }
    rows.append(ratio("time an iteration", step(a.run), step(b.run), Figures.time))
    rows.append(ratio("training time", a.run.trainingSeconds, b.run.trainingSeconds, Figures.time))
    let memory = { (run: RunFile) -> Double? in
      if case .integer(let bytes)? = run.environment["peak_memory_bytes"] { Double(bytes) } else { nil }
    }
    rows.append(ratio("most memory", memory(a.run), memory(b.run)) { $0.map { ByteText.of(Int($0)) } ?? "–" })
    return rows
  }

  private func ratio(_ name: String, _ a: Double?, _ b: Double?, _ text: (Double?) -> String) -> (
    String, String, String, String
  ) {
    let factor = a.flatMap { a in b.map { a > 0 ? String(format: "× %.2f", $0 / a) : "" } } ?? ""
    return (name, text(a), text(b), factor)
  }

  /// Last IoU of every class.
  var classes: [(name: String, a: Double, b: Double)] {
    let (of, with) = (a.run.iouPerClass() ?? [], b.run.iouPerClass() ?? [])
    return (0..<max(of.count, with.count)).map {
      (a.run.className($0), $0 < of.count ? of[$0] : .nan, $0 < with.count ? with[$0] : .nan)
    }
  }

  /// Loss and mean IoU of both in one picture; nil where neither measured anything.
  func curves(width: Double = 720) -> Drawing? {
    func chart(_ title: String, _ phase: String, _ column: String, times: Double, _ label: String) -> CurveChart? {
      let lines = [(names.a, a.run), (names.b, b.run)].compactMap { name, run -> CurveChart.Line? in
        guard let table = run.metrics[phase], let values = table.columns[column], values.contains(where: \.isFinite)
        else {
          return nil
        }
        return CurveChart.Line(name, at: table.iterations, values, times: times, isNoisy: phase == "train")
      }
      guard !lines.isEmpty else { return nil }
      let last = max(a.run.lastIteration, b.run.lastIteration, 1)
      return CurveChart(title: title, yLabel: label, lines: lines, covering: 0...Double(last))
    }
    let charts = [
      chart("Training loss", "train", "loss", times: 1, "loss"),
      chart("Mean IoU in validation", "val", "miou", times: 100, "%"),
      chart("Mean IoU in the test", "test", "miou", times: 100, "%"),
    ].compactMap(\.self)
    return charts.isEmpty ? nil : CurveChart.stacked(charts, width: width, title: "\(names.a) and \(names.b)")
  }

  /// What differs in the Lua sources, line by line; empty where nothing does.
  var sourceDifference: [String] {
    let (of, with) = (a.run.recipe.sources, b.run.recipe.sources)
    var lines: [String] = []
    for (index, source) in of.enumerated() {
      // The recipes themselves are set against each other whatever they are called; modules by name.
      let other = index == 0 ? with.first : with.dropFirst().first { $0.name == source.name }
      lines += LineDifference(source.text, other?.text ?? "").lines(source.name, other?.name ?? "nothing")
    }
    for source in with.dropFirst() where !of.dropFirst().contains(where: { $0.name == source.name }) {
      lines += LineDifference("", source.text).lines("nothing", source.name)
    }
    return lines
  }
}
