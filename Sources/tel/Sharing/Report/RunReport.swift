import Datasets
import Foundation
import Pictures
import Scripting
import Storage
import Tensors
import Training

/// A run as a page: what came out, how it was measured, and all that went in.
struct RunReport {
  let location: RunLocation
  private var run: RunFile { location.run }
  /// Pictures by the image they are of.
  private var predictions: [PredictionPictures] = []
  /// What is missing on the page, and why.
  private(set) var remarks: [String] = []

  init(_ location: RunLocation) { self.location = location }

  /// Predicts the first validation images with the run's best checkpoint, or its last; says in `remarks` where that can't be done.
  mutating func addPictures(count: Int, _ state: LuaState, progress: (Int) -> Void) throws {
    let checkpoints = ["best", "latest"].map { "\(location.folder)/checkpoints/\($0).h5" }
    guard let file = checkpoints.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      return remarks.append("no predictions: there is no checkpoint beside the results")
    }
    for number in 1...count {
      progress(number - 1)
      do {
        let context = ShowContext(file: file, sample: "\(number)", state: state)
        predictions.append(try ShownNetwork(weights: file, context).predictionPictures())
      } catch is Interrupted {
        throw Interrupted()
      } catch SharingError.noName {
        return
      } catch let error as any ExplainedError {
        return remarks.append("no predictions: \(error.explanation.what)")
      }
    }
  }

  /// - Throws: `ImageError`.
  func page() throws -> HTMLPage {
    var page = HTMLPage(title: location.name)
    summary(&page)
    let charts = RunCurves.charts(run.metrics)
    if !charts.isEmpty {
      page.heading("Curves")
      for chart in charts { try page.drawing(chart.drawing(width: HTMLPage.chartWidth, height: 180)) }
    }
    classTable(&page)
    try pictures(&page)
    recipe(&page)
    page.heading("Machine and programs")
    page.facts(run.environment.sorted { $0.key < $1.key }.map { ($0.key, Self.text($0.key, $0.value)) })
    return page
  }

  private func summary(_ page: inout HTMLPage) {
    if let best = run.bestScore("miou") {
      page.paragraph("best mean IoU \(Figures.percent(best.value))", kind: "score")
    }
    var facts: [(String, String)] = []
    let planned = run.plannedIterations
    facts.append(
      ("iterations", "\(run.lastIteration)" + (planned.map { $0 == run.lastIteration ? " (all)" : " of \($0)" } ?? "")))
    if let best = run.bestScore("miou") {
      facts.append(("best mean IoU", "\(Figures.percent(best.value)) at iteration \(best.iteration)"))
    }
    if let last = run.lastScore("miou") { facts.append(("last mean IoU", Figures.percent(last))) }
    if let accuracy = run.lastScore("pixel_accuracy") { facts.append(("pixel accuracy", Figures.percent(accuracy))) }
    if let seconds = run.trainingSeconds {
      let steps = run.metrics["train"]?.iterations.count ?? 1
      facts.append(
        ("training time", "\(Figures.time(seconds)), \(Figures.time(seconds / Double(max(1, steps)))) an iteration"))
    }
    if case .integer(let bytes)? = run.environment["peak_memory_bytes"] {
      facts.append(("most memory", ByteText.of(bytes)))
    }
    if let written = RunLocation.written(location.results) { facts.append(("results written", written)) }
    page.facts(facts)
    if !run.history.isEmpty {
      page.paragraph("The run was resumed:")
      page.list(run.history)
    }
    if let text = run.protocolText {
      page.heading("How it was measured")
      page.paragraph(text)
    }
  }

  private func classTable(_ page: inout HTMLPage) {
    guard let last = run.iouPerClass(), !last.isEmpty else { return }
    let best = run.bestScore("miou").flatMap { run.iouPerClass(row: $0.row) } ?? last
    page.heading("IoU per class")
    page.paragraph("of the best weights and the last; classes that don't occur have none", kind: "remark")
    page.table(
      ["class", "best", "", "last"],
      last.indices.map { index in
        let value = index < best.count ? best[index] : .nan
        return [
          .text(run.className(index)), .number(Figures.percent(value)), .bar(value),
          .number(Figures.percent(last[index])),
        ]
      })
  }

  private func pictures(_ page: inout HTMLPage) throws {
    let own = Self.pictureFiles(location.folder)
    guard !own.isEmpty || !predictions.isEmpty || !remarks.isEmpty else { return }
    page.heading("Pictures")
    for prediction in predictions {
      page.paragraph(prediction.name)
      try page.pictures(prediction.pictures.map { ($0.image.shrunk(toWidth: 640), $0.caption) })
    }
    if let classes = predictions.first?.classes {
      let shown = predictions.reduce(into: Set<Int>()) { $0.formUnion($1.shown) }
      page.legend(shown.sorted().filter { $0 < classes.count }.map { (classes.names[$0], classes.palette[$0]) })
    }
    for remark in remarks { page.paragraph(remark, kind: "remark") }
    for file in own {
      guard let image = try? ImageFile.read(file) else { continue }
      try page.pictures([(image.shrunk(toWidth: 1600), URL(fileURLWithPath: file).lastPathComponent)])
    }
  }

  /// Pictures that the run's recipe left in its folder, the first few.
  private static func pictureFiles(_ folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.lowercased().hasSuffix(".png") }.sorted().prefix(6).map { folder + "/" + $0 }
  }

  private func recipe(_ page: inout HTMLPage) {
    let record = run.recipe
    page.heading("Recipe")
    page.code(run.commandLine)
    if !record.settings.isEmpty { page.list(record.settings.map { "changed: " + $0 }) }
    for (index, source) in record.sources.enumerated() {
      let count = source.text.split(separator: "\n", omittingEmptySubsequences: false).count
      if index == 0 {
        page.paragraph(source.name)
        page.code(source.text)
      } else {
        page.code(source.text, under: "\(source.name), \(count) lines")
      }
    }
    let values = RecipeValues(record.resolved).lines
    page.code(
      values.map { "\($0.path) = \($0.value)" }.joined(separator: "\n"), under: "all values, \(values.count) of them")
  }

  /// Sizes are told as sizes.
  private static func text(_ key: String, _ value: AttributeValue) -> String {
    if key.hasSuffix("_bytes"), case .integer(let bytes) = value { return ByteText.of(bytes) }
    return value.text
  }
}
