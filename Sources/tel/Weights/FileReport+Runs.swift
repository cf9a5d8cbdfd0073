import Foundation
import Scripting
import Storage
import Tensors

/// Files that runs leave.
extension FileReport {
  mutating func describeCheckpoint(_ path: String, _ file: HDF5File) throws {
    let about = try Checkpoint(describing: path)
    try title(path, "checkpoint of tel")
    var progress = about.progress
    let iteration = progress.removeValue(forKey: "iteration")
    let total = progress.removeValue(forKey: "total")
    if let name = progress.removeValue(forKey: "name") { fact("run", name.text) }
    if let iteration {
      let isDone = total == iteration
      let epoch = progress.removeValue(forKey: "epoch").map { ", epoch \($0.text)" } ?? ""
      fact("iteration", iteration.text + (total.map { isDone ? ", the last" : " of \($0.text)" } ?? "") + epoch)
    }
    if case .double(let best)? = progress.removeValue(forKey: "best_miou") {
      fact("best mean IoU", "\(Figures.percent(best)) so far in this run")
      // Unless the recipe has another criterion, that says the same again.
      if progress["best"] == .double(best) { progress["best"] = nil }
    }
    recipe(about.recipe)
    facts(progress.mapValues(\.text))
    facts(about.provenance.mapValues(\.text), prefix: "from ")
    list(try WeightFile(path: path).tensors, as: "weights (/state)")
    for group in ["/average", "/optimizer"] where try file.exists(group) {
      line("\(group): \(try file.datasets(below: group).count) entries")
    }
    var commands = Self.uses(ofWeights: path)
    if iteration != total, let source = about.recipe.sources.first, path.hasSuffix("latest.h5") {
      commands.insert(("tel run \(Self.word(source.name)) --resume", "go on with the run"), at: 0)
    }
    next(commands + Self.rerun(path, about.recipe))
  }

  mutating func describeRun(_ path: String) throws {
    let run = try RunFile(contentsOf: path)
    try title(path, "results of a run of tel")
    if case .string(let name)? = run.recipe.resolved["name"] { fact("run", name) }
    let planned = run.plannedIterations
    fact(
      "iterations",
      "\(run.lastIteration)" + (planned.map { $0 == run.lastIteration ? ", the last" : " of \($0)" } ?? "")
        + (run.trainingSeconds.map { ", \(Figures.time($0)) of training" } ?? ""))
    if let best = run.bestScore("miou") {
      fact("best mean IoU", "\(Figures.percent(best.value)) at iteration \(best.iteration)")
    }
    if let last = run.lastScore("miou") { fact("last mean IoU", Figures.percent(last)) }
    recipe(run.recipe)
    for line in run.history { fact("resumed", line) }
    for part in ["train", "val"] {
      if let images = run.imagesText(part) { fact("data." + part, images) }
    }
    for (phase, values) in run.protocols.sorted(by: { $0.key < $1.key }) {
      facts(values.mapValues(\.text), prefix: phase + " ")
    }
    facts(run.environment.mapValues(\.text))
    for (phase, table) in run.metrics.sorted(by: { $0.key < $1.key }) {
      guard let last = table.iterations.last else { continue }
      line("/metrics/\(phase): \(table.iterations.count) rows, the last at iteration \(last):")
      for (name, column) in table.columns.sorted(by: { $0.key < $1.key }) {
        fact(name, column.last.map { "\($0)" } ?? "")
      }
      for (name, rows) in table.vectors.sorted(by: { $0.key < $1.key }) {
        fact(name, "\(rows.last?.count ?? 0) values a row")
      }
    }
    let file = Self.word(path)
    next(
      [
        ("tel show \(file)", "draw its curves"), ("tel report \(file)", "make a page of it to hand on"),
        ("tel compare \(file) OTHER.h5", "put it beside another run"),
      ] + Self.rerun(path, run.recipe))
  }

  /// Running the recipe that a file carries.
  private static func rerun(_ path: String, _ record: RecipeRecord) -> [(command: String, what: String)] {
    record.sources.isEmpty
      ? [] : [("tel run \(word(path)) --out NEW", "see its recipe and run it locked up")]
  }

  /// Files of maps: pseudo-labels, predictions, probabilities. False for others.
  mutating func describeMaps(_ path: String, _ file: HDF5File, _ names: [String]) throws -> Bool {
    let kinds = [
      ("pseudo_labels", "pseudo-labels", "/labels"), ("predictions", "predictions", ""),
      ("probabilities", "probabilities of classes", ""),
    ]
    guard let kind = try kinds.first(where: { try file.exists("/" + $0.0) }) else { return false }
    let maps = names.filter { $0.hasPrefix(kind.0 + "/") && $0.hasSuffix(kind.2) }
    try title(path, kind.1)
    fact("images", "\(maps.count)")
    if let first = maps.first, case .array(let array) = try file.info(first) {
      fact("the first", first.dropFirst(kind.0.count + 1).dropLast(kind.2.count) + ", " + Self.text(array.shape))
    }
    facts(try file.attributes("/").mapValues(\.text))
    facts(try file.attributes("/" + kind.0).mapValues(\.text))
    if try file.exists("/recipe/sources") { recipe(try RecipeRecord(of: path)) }
    return true
  }
}
