import Foundation
import Storage
import Tensors
import Testing

/// `tel show`, `tel report`, `tel compare`, and `tel run` of a file that carries a recipe.
@Suite(.serialized) struct Sharing {
  /// Two short runs, `tiny` and `other`, in a folder.
  private func withRuns(_ body: (URL) throws -> Void) throws {
    try withFolder { folder in
      let small = recipe().replacingOccurrences(of: "modules = {1, 1}", with: "modules = {1, 1, 1}")
      let first = try Command.train(small, in: folder)
      #expect(first.status == 0, "\(first.errors)")
      try folder.write("recipe.lua", small)
      try folder.write("base.lua", small)
      try folder.write(
        "other.lua",
        """
        return tel.extend(require "base", {name = "other", iterations = 3, data = {train = {labels = "block50"}},
          loss = {tel.loss.cross_entropy{}}})
        """)
      let second = try Command.run(["run", "other.lua", "--set", "optimizer.lr=0.05"], in: folder)
      #expect(second.status == 0, "\(second.errors)")
      try body(folder)
    }
  }

  private func exists(_ name: String, _ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  @Test func runsAreShownReportedAndCompared() throws {
    try withRuns { folder in
      try curvesAndPicturesAreDrawn(folder)
      try aReportStandsByItself(folder)
      try comparisonsSayWhatIsUnfair(folder)
      try filesSayWhatCanBeDoneWithThem(folder)
    }
  }

  private func curvesAndPicturesAreDrawn(_ folder: URL) throws {
    let results = try Command.run(["show", "runs/tiny/results.h5"], in: folder)
    #expect(results.status == 0 && results.output.hasSuffix("wrote results-curves.svg\n"), "\(results)")
    #expect(results.output.contains("train/tree") && results.output.contains("classes"))
    let again = try Command.run(["show", "runs/tiny/results.h5"], in: folder)
    #expect(again.output.hasSuffix("wrote results-curves-2.svg\n"))
    let column = try Command.run(
      ["show", "runs/tiny/results.h5", "val/iou_per_class", "--out", "classes.png"], in: folder)
    #expect(column.status == 0, "\(column)")
    #expect(try ImageFile.read(folder.path + "/classes.png").width > 600)
    let weights = "runs/tiny/checkpoints/latest.h5"
    let prediction = try Command.run(["show", weights], in: folder)
    #expect(prediction.output.hasSuffix("wrote latest-prediction.png\n"), "\(prediction)")
    let trees = try Command.run(["show", weights, "trees", "--sample", "2", "--out", "trees.svg"], in: folder)
    let svg = try String(contentsOf: folder.appendingPathComponent("trees.svg"), encoding: .utf8)
    #expect(trees.status == 0 && svg.contains("low tree") && svg.contains("high tree"), "\(trees)")
    try ImageFile.writePNG(
      Image8(width: 40, height: 24, channels: 3, filling: 80), to: folder.path + "/street.png")
    let affinity = try Command.run(["show", weights, "--image", "street.png", "--pixel", "39,23"], in: folder)
    #expect(affinity.output.hasSuffix("wrote latest-affinity.png\n"), "\(affinity)")
    let image = try Command.run(["show", "street.png", "--pixel", "0,0", "--out", "low.png"], in: folder)
    #expect(image.status == 0 && exists("low.png", folder), "\(image)")

    func refused(_ arguments: [String], _ words: String...) throws {
      let run = try Command.run(["show"] + arguments, in: folder)
      #expect(run.status == 1, "\(run)")
      for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
    }
    try refused([weights, "affinity"], "--pixel")
    try refused([weights, "--image", "street.png", "--pixel", "40,0"], "39")
    try refused([weights, "--sample", "nobody"], "nobody", "1 to 2")
    try refused(["runs/tiny/results.h5", "train/los"], "train/loss")
    try refused(["street.png", "prediction"], "trees")
  }

  private func aReportStandsByItself(_ folder: URL) throws {
    let report = try Command.run(["report", "tiny", "--pictures", "1"], in: folder)
    #expect(report.status == 0 && report.output.hasPrefix("wrote tiny.html"), "\(report)")
    let page = try String(contentsOf: folder.appendingPathComponent("tiny.html"), encoding: .utf8)
    for text in [
      "<svg", "data:image/png;base64,", "IoU per class", "traffic sign", "tel run recipe.lua --seed 0", "local size",
      "2 images at their own size", "peak_memory_bytes", "<meta name=\"viewport\"", "@media print",
    ] { #expect(page.contains(text), "\(text)") }
    // Names of formats aside, nothing is named that a browser would load.
    let links = page.components(separatedBy: "http").dropFirst()
    #expect(links.allSatisfy { $0.hasPrefix("://www.w3.org/") || $0.hasPrefix("-equiv") })
    #expect(!page.contains("<script") && !page.contains(folder.path))
    let nobody = try Command.run(["report", "nobody"], in: folder)
    #expect(nobody.status == 1 && nobody.errors.contains("runs/nobody/results.h5"))
  }

  private func comparisonsSayWhatIsUnfair(_ folder: URL) throws {
    let same = try Command.run(["compare", "tiny", "runs/tiny"], in: folder)
    #expect(same.status == 0 && same.output.contains("fair as far as the files tell"), "\(same)")
    #expect(same.output.contains("the sources are the same"))
    let run = try Command.run(["compare", "tiny", "other", "--out", "both.html"], in: folder)
    #expect(run.status == 0, "\(run)")
    for text in [
      "not a fair comparison", "other training data settings: data.train.labels", "other iterations: 4 against 3",
      "loss[2].sigma", "optimizer.lr", "mean IoU, last", "B - A", "+return tel.extend", "-local size",
    ] {
      #expect(
        run.output.replacing("+ return", with: "+return").replacing("- local", with: "-local").contains(text),
        "\(text): \(run.output)")
    }
    #expect(!run.output.contains("scored on other images"))
    let page = try String(contentsOf: folder.appendingPathComponent("both.html"), encoding: .utf8)
    #expect(page.contains("Not a fair comparison") && page.contains("<svg"))
    #expect(try Command.run(["compare", "tiny", "other", "--out", "both.png"], in: folder).status == 0)
    #expect(try ImageFile.read(folder.path + "/both.png").height > 500)
  }

  private func filesSayWhatCanBeDoneWithThem(_ folder: URL) throws {
    let checkpoint = try Command.run(["inspect", "runs/tiny/checkpoints/latest.h5"], in: folder).output
    for text in [
      "checkpoint of tel", "4, the last", "best mean IoU", "recipe.lua, seed 0", "HRNet-W4, 11 classes", "tel predict",
      "tel export",
    ] { #expect(checkpoint.contains(text), "\(text): \(checkpoint)") }
    #expect(checkpoint.split(separator: "\n").count < 50)
    let results = try Command.run(["inspect", "runs/other/results.h5"], in: folder).output
    for text in ["3, the last", "other.lua and 1 module", "optimizer.lr=0.05", "tel report", "tel compare"] {
      #expect(results.contains(text), "\(text): \(results)")
    }
  }

  @Test func aFilesRecipeRunsAgainInAFolderOfItsOwn() throws {
    try withRuns { folder in
      let file = "runs/other/results.h5"
      let unnamed = try Command.run(["run", file], in: folder)
      #expect(unnamed.status == 1 && unnamed.errors.contains("--out DIR"), "\(unnamed)")
      let asked = try Command.run(["run", file, "--out", "again"], in: folder)
      #expect(asked.status == 1 && asked.errors.contains("--yes") && !exists("again", folder), "\(asked)")
      #expect(asked.output.contains("    1 | return tel.extend(require \"base\""), "\(asked.output)")
      #expect(asked.output.contains("--set optimizer.lr=0.05"))
      for option in ["--trust", "--resume"] {
        let refused = try Command.run(["run", file, "--out", "again", "--yes", option], in: folder)
        #expect(refused.status == 1 && refused.errors.contains(option), "\(refused)")
      }
      // The module isn't there any more: it comes from the file.
      for name in ["base.lua", "other.lua"] {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
      let run = try Command.run(["run", file, "--out", "again", "--yes"], in: folder)
      #expect(run.status == 0, "\(run)")
      let (before, after) = (
        try RunFile(contentsOf: folder.path + "/" + file),
        try RunFile(contentsOf: folder.path + "/again/runs/other/results.h5")
      )
      #expect(before.metrics["train"]?.columns["loss"] == after.metrics["train"]?.columns["loss"])
      #expect(before.recipe == after.recipe)
      let taken = try Command.run(["run", file, "--out", "again", "--yes"], in: folder)
      #expect(taken.status == 1 && taken.errors.contains("in the way"), "\(taken)")
    }
  }

  @Test func hostileTextReachesNoTerminal() throws {
    try withFolder { folder in
      let source =
        "-- harmless\rprint('hidden')\n\rprint('\u{1B}[31mred', require 'b')\nerror('\u{1B}]0;title\u{7}end')"
      let run = RunFile(
        recipe: RecipeRecord(
          sources: [
            RecipeSource(name: "a\u{1B}[2J\u{202E}.lua", text: source),
            RecipeSource(name: "b.lua", text: "return '</pre><script>alert(1)</script>'"),
          ], settings: ["name=\u{1B}[1m"], arguments: ["\u{9B}31m"]),
        environment: ["cpu": "<img src=x onerror=alert(1)>\u{1B}[5m"],
        protocols: ["val": ["text": "<b>\u{1B}[5m"]])
      try run.save(to: folder.appendingPathComponent("hostile.h5").path)
      for arguments in [
        ["run", "hostile.h5", "--out", "new", "--yes"], ["inspect", "hostile.h5"], ["report", "hostile.h5"],
        ["compare", "hostile.h5", "hostile.h5"], ["show", "hostile.h5"],
      ] {
        let command = try Command.run(arguments, in: folder)
        for text in [command.output, command.errors] {
          let harmful = text.unicodeScalars.filter { $0 != "\n" && $0 != "\t" }.filter {
            [.control, .format].contains($0.properties.generalCategory)
          }
          #expect(harmful.isEmpty, "\(arguments): \(text.debugDescription)")
        }
        // What a carriage return ends for Lua doesn't hide in a comment, and lines count as errors count them.
        if arguments[0] == "run" {
          #expect(command.status == 1)
          #expect(command.output.contains("    1 | -- harmless\n    2 | print('hidden')\n    3 | print('"))
          #expect(command.errors.contains(".lua:4: "), "\(command.errors)")
          #expect(command.output.contains("hidden\n"))
        }
      }
      let name = try #require(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).first { $0.hasSuffix(".html") })
      let page = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      #expect(!page.contains("<script") && !page.contains("<img src=x") && !page.contains("\u{1B}"))
      #expect(page.contains("&lt;script&gt;") && page.contains("&lt;b&gt;"))
    }
  }

  @Test func mapsOfClassesAreDrawnWithTheirConfidence() throws {
    try withFolder { folder in
      let labels = Tensor([UInt8](arrayLiteral: 0, 1, 255, 1, 1, 2), shape: [2, 3])
      let file = try HDF5File(creating: "maps")
      try file.write("/pseudo_labels/city/a/labels", labels)
      try file.write(
        "/pseudo_labels/city/a/confidence", Tensor([UInt8](arrayLiteral: 255, 0, 0, 9, 99, 128), shape: [2, 3]))
      try file.write("/pseudo_labels/city/b/labels", labels)
      try file.write(to: folder.appendingPathComponent("pseudo_labels.h5").path)
      let shown = try Command.run(["show", "pseudo_labels.h5", "--out", "a.svg"], in: folder)
      #expect(shown.status == 0 && shown.output.contains("pseudo-labels of 2 images"), "\(shown)")
      #expect(shown.output.contains("city/b"))
      let svg = try String(contentsOf: folder.appendingPathComponent("a.svg"), encoding: .utf8)
      #expect(svg.contains(">city/a<") && svg.contains(">confidence<") && svg.contains(">class 2<"))
      let plain = try Command.run(["show", "pseudo_labels.h5", "city/b", "--out", "b.svg"], in: folder)
      #expect(plain.status == 0)
      let without = try String(contentsOf: folder.appendingPathComponent("b.svg"), encoding: .utf8)
      #expect(!without.contains(">confidence<"))
      let said = try Command.run(["inspect", "pseudo_labels.h5"], in: folder).output
      #expect(said.contains("pseudo-labels,") && said.contains("city/a, [2, 3]"), "\(said)")

      let other = try HDF5File(creating: "maps")
      try other.write("/predictions/a", Tensor([Double(1), 2, 3], shape: [3]))
      try other.write("/probabilities", 1)
      try other.write(to: folder.appendingPathComponent("flat.h5").path)
      let flat = try Command.run(["show", "flat.h5"], in: folder)
      #expect(flat.status == 1 && flat.errors.contains("no map [H, W]"), "\(flat)")
    }
  }
}
