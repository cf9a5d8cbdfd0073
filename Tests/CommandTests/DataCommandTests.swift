import Foundation
import Storage
import Testing

/// `tel data sparsify`, `check` and `score`.
@Suite(.serialized) struct DataCommandTests {
  private func scenes(_ folder: URL, count: Int = 4) throws {
    let run = try Command.run(
      ["data", "scenes", "data", "--count", "\(count)", "--val", "1", "--size", "96x64"], in: folder)
    try #require(run.status == 0, "\(run.errors)")
  }

  private func labels(_ folder: URL, _ path: String) throws -> Image8 {
    try ImageFile.readLabels(folder.appendingPathComponent(path).path)
  }

  private func exists(_ folder: URL, _ path: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path)
  }

  /// A label file.
  private func write(_ folder: URL, _ path: String, _ pixels: [UInt8], width: Int) throws {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try ImageFile.writePNG(
      Image8(width: width, height: pixels.count / width, channels: 1, pixels: pixels), to: file.path)
  }

  @Test func sparsifyMakesTheLabelsThatMadeScenesHave() throws {
    try withFolder { folder in
      try scenes(folder)
      let run = try Command.run(
        ["data", "sparsify", "data", "--kind", "blocks", "--share", "0.2", "--out", "mine"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("Cityscapes' label ids, 19 classes (guessed; --dataset says it)"))
      #expect(run.output.contains("4 label files in data/train/sparse_label/mine"), "\(run.output)")
      #expect(run.output.contains("  7 road ") && run.output.contains("in 4 of 4 images"))
      for index in 0..<4 {
        let name = "scene_00000\(index).png"
        #expect(
          try labels(folder, "data/train/sparse_label/mine/\(name)")
            == labels(folder, "data/train/sparse_label/block20/\(name)"))
      }
      let sheet = try ImageFile.read(folder.appendingPathComponent("data/train/sparse_label/mine.png").path)
      #expect(sheet.channels == 3 && sheet.width > 2 * 96 && sheet.height > 4 * 64)
    }
  }

  @Test func sparseLabelsAreNotWrittenOverTheDenseOnes() throws {
    try withFolder { folder in
      try scenes(folder)
      let run = try Command.run(
        ["data", "sparsify", "data/train/label", "--kind", "points", "--out", "data//train/label/", "--overwrite"],
        in: folder)
      #expect(run.status == 1 && run.errors.contains("written over the dense ones"), "\(run.errors)")
    }
  }

  /// Labels are mostly called as their image is, so that its name alone would blame them.
  @Test func aBadImageIsNamedWithItsFolder() throws {
    try withFolder { folder in
      for kind in ["images", "labels"] {
        for name in ["a", "b"] { try write(folder, "set/\(kind)/\(name).png", [1, 0, 1, 0], width: 2) }
      }
      try Data("no picture".utf8).write(to: folder.appendingPathComponent("set/images/a.png"))
      var run = try Command.run(["data", "check", "set"], in: folder)
      #expect(run.status == 1 && run.output.contains(": images/a.png"), "\(run.output)")
      try write(folder, "set/images/a.png", [1, 0, 1, 0], width: 2)
      try Data("no picture".utf8).write(to: folder.appendingPathComponent("set/labels/b.png"))
      run = try Command.run(["data", "check", "set"], in: folder)
      #expect(run.output.contains(": b.png"), "\(run.output)")
    }
  }

  @Test func aTableThatIsNoRecipeIsNoted() throws {
    try withFolder { folder in
      try folder.write("r.lua", "return {iterations = 3}")
      try folder.write("s.lua", "return 3")
      #expect(try Command.run(["run", "r.lua"], in: folder).output.contains("note: r.lua returned a table"))
      #expect(try Command.run(["run", "s.lua"], in: folder).output == "")
    }
  }

  #if os(Linux)
    @Test func whatIsLostOnAFullDiskIsAnError() throws {
      try withFolder { folder in
        try scenes(folder)
        let process = Process()
        process.executableURL = try Command.executable()
        process.arguments = ["data", "check", "data"]
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1 && text.contains("No space left on device"), "\(text)")
      }
    }
  #endif

  /// Foundation has calls that end the process with a path of one character, and with some that have a slash twice.
  @Test func pathsMayBeShortOrOdd() throws {
    try withFolder { folder in
      try scenes(folder)
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("data/train/label"), to: folder.appendingPathComponent("l"))
      let check = try Command.run(["data", "check", "l"], in: folder)
      #expect(check.status == 0 && check.output.contains("l: 4 label files"), "\(check.output) \(check.errors)")
      let here = try Command.run(["data", "check", "."], in: folder.appendingPathComponent("l"))
      #expect(here.status == 0 && here.output.contains(".: 4 label files"), "\(here.output) \(here.errors)")
      let run = try Command.run(["data", "sparsify", "l", "--kind", "points", "--out", "o/"], in: folder)
      #expect(run.status == 0 && run.output.contains("4 label files in o"), "\(run.output) \(run.errors)")
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("l"), to: folder.appendingPathComponent("é"))
      for arguments in [
        ["data", "check", ".//é"], ["data", "sparsify", ".//é//", "--kind", "points", "--out", "./o//é/"],
      ] {
        let odd = try Command.run(arguments, in: folder)
        #expect(odd.status == 0, "\(odd.output) \(odd.errors)")
      }
      try folder.write("é.lua", "print(1 + 1)")
      #expect(try Command.run(["run", ".//é.lua"], in: folder).output == "2\n")
    }
  }

  /// Sparse labels of the downloads go where recipes look for them, whatever folders the dense ones lie in.
  @Test(arguments: ["cityscapes", "ade20k"]) func sparsifyReadsDownloads(_ name: String) throws {
    try withFolder { folder in
      try Miniatures.write(in: folder)
      let root = "data/\(name)"
      let run = try Command.run(["data", "sparsify", root, "--kind", "blocks", "--share", "0.3"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("3 label files in \(root)/train/sparse_label/block30"), "\(run.output)")
      let check = try Command.run(["data", "check", root], in: folder)
      #expect(check.output.contains("train/sparse_label/block30: 3 images with labels"), "\(check.output)")
      #expect(!check.output.contains("problem: train/sparse_label/block30"), "\(check.output)")
      let script = """
        local data = tel.data.\(name){root = "\(root)", split = "train", labels = "sparse_label/block30"}
        local labelled = data:sample(2).labels:ge(0):to("float64"):mean():item()
        print(data:count(), 0.1 < labelled and labelled < 0.3)
        """
      try folder.write("read.lua", script)
      let read = try Command.run(["run", "read.lua"], in: folder)
      #expect(read.output.contains("3\ttrue"), "\(read.output) \(read.errors)")
    }
  }

  @Test func sparsifyReplacesNothingUnasked() throws {
    try withFolder { folder in
      try scenes(folder)
      let arguments = ["data", "sparsify", "data", "--kind", "points", "--seed", "1"]
      #expect(try Command.run(arguments, in: folder).status == 0)
      let file = "data/train/sparse_label/point1/scene_000000.png"
      let before = try labels(folder, file)
      let again = try Command.run(arguments.dropLast() + ["2"], in: folder)
      #expect(again.status == 1 && again.errors.contains("--overwrite"), "\(again.errors)")
      #expect(try labels(folder, file) == before)
      let replaced = try Command.run(arguments.dropLast() + ["2", "--overwrite"], in: folder)
      #expect(replaced.status == 0, "\(replaced.errors)")
      #expect(try labels(folder, file) != before)
    }
  }

  @Test func sparsifyReadsAnyFolderOfLabels() throws {
    try withFolder { folder in
      try write(folder, "masks/a.png", [UInt8](repeating: 0, count: 400) + [UInt8](repeating: 9, count: 400), width: 40)
      try write(folder, "masks/sub/b.png", [UInt8](repeating: 230, count: 400), width: 40)
      let none = try Command.run(["data", "sparsify", "masks", "--kind", "scribbles"], in: folder)
      #expect(none.status == 1 && none.errors.contains("--out") && none.errors.contains("train/label"))
      let run = try Command.run(["data", "sparsify", "masks", "--kind", "scribbles", "--out", "thin/"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("plain values, each a class except 255"), "\(run.output)")
      let first = try labels(folder, "thin/a.png")
      #expect(Set(first.pixels) == [0, 9, 255] && Set(first.pixels[..<400]) == [0, 255])
      #expect(Set(try labels(folder, "thin/sub/b.png").pixels) == [230, 255])
      #expect(exists(folder, "thin.png"))
    }
  }

  @Test func sparsifyTellsWhatItCannotDo() throws {
    try withFolder { folder in
      try write(folder, "masks/a.png", [UInt8](repeating: 3, count: 64), width: 8)
      try folder.write("masks/b.png", "no image")
      let run = try Command.run(["data", "sparsify", "masks", "--kind", "blocks", "--out", "out/b"], in: folder)
      #expect(run.status == 1 && run.errors.contains("b.png") && run.errors.contains("1 of 2 label files"))
      #expect(exists(folder, "out/b/a.png") && !exists(folder, "out/b/b.png"))
      let foreign = try Command.run(
        ["data", "sparsify", "masks", "--kind", "blocks", "--out", "c", "--dataset", "cityscapes"], in: folder)
      #expect(foreign.status == 1 && foreign.errors.contains("values 3"), "\(foreign.errors)")
      #expect(!exists(folder, "c"))
      for (arguments, status, part) in [
        (["masks"], 64, "--kind"), (["masks", "--kind", "blocks", "--share", "2"], 64, "--share"),
        (["masks", "--kind", "points", "--share", "0.2"], 64, "--share"),
        (["masks", "--kind", "blocks", "--points", "2"], 64, "--points"),
        (["masks", "--kind", "blocks", "--dataset", "voc", "--ignore", "0"], 64, "--ignore"),
        (["masks", "--kind", "blocks", "--ignore", "300"], 64, "--ignore"),
        (["nowhere", "--kind", "blocks"], 1, "nowhere"),
      ] as [([String], Int32, String)] {
        let run = try Command.run(["data", "sparsify"] + arguments, in: folder)
        #expect(run.status == status && run.errors.contains(part), "\(arguments) \(run.errors)")
      }
    }
  }

  /// The prompt's own --seed, which tel takes wherever it stands, once kept scenes from seeing theirs.
  @Test func scenesDependOnTheSeed() throws {
    try withFolder { folder in
      for seed in ["1", "2"] {
        let run = try Command.run(
          ["data", "scenes", "s\(seed)", "--count", "1", "--val", "0", "--size", "32x16", "--seed", seed], in: folder)
        try #require(run.status == 0, "\(run.errors)")
      }
      #expect(
        try labels(folder, "s1/train/label/scene_000000.png") != labels(folder, "s2/train/label/scene_000000.png"))
    }
  }

  @Test func checkSaysWhatItFound() throws {
    try withFolder { folder in
      try scenes(folder)
      let run = try Command.run(["data", "check", "data", "--images", "3"], in: folder)
      try #require(run.status == 0, "\(run.output) \(run.errors)")
      for part in [
        "train/label: 4 images with labels, 96x64 pixels", "train/sparse_label/block50: 4 images",
        "read 3: labelled 100 %", "11 of 19 classes occur; absent: wall, traffic light", "no class: 0 (",
        "median: ", "sigma", "nothing found that would disturb training",
      ] { #expect(run.output.contains(part), "\(part) in \(run.output)") }
    }
  }

  @Test func checkNamesProblems() throws {
    try withFolder { folder in
      try scenes(folder)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("data/train/image/scene_000002.png"))
      let run = try Command.run(["data", "check", "data"], in: folder)
      #expect(run.status == 1 && run.errors.contains("4 problems"), "\(run.errors)")
      #expect(
        run.output.contains("problem: train/label: label files without an image: scene_000002"), "\(run.output)")
      let nowhere = try Command.run(["data", "check", "nowhere"], in: folder)
      #expect(nowhere.status == 1 && nowhere.errors.contains("nowhere"))
    }
  }

  @Test func checkKnowsCodingsByTheirValues() throws {
    try withFolder { folder in
      try write(folder, "ade/train/label/a.png", [0, 1, 140, 9], width: 2)
      try ImageFile.writePNG(
        Image8(width: 2, height: 2, channels: 3),
        to: try image(folder, "ade/train/image/a.png"))
      let right = try Command.run(["data", "check", "ade"], in: folder)
      #expect(right.status == 0 && right.output.contains("ADE20K's values"), "\(right.output)")
      try write(folder, "ade/train/label/a.png", [255, 1, 150, 9], width: 2)
      let wrong = try Command.run(["data", "check", "ade"], in: folder)
      #expect(wrong.status == 1 && wrong.output.contains("class 254"), "\(wrong.output)")
      let plain = try Command.run(["data", "check", "ade", "--dataset", "plain"], in: folder)
      #expect(plain.status == 0 && plain.output.contains("3 of 151 classes occur"), "\(plain.output)")
    }
  }

  private func image(_ folder: URL, _ path: String) throws -> String {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    return file.path
  }

  @Test func scoreComparesByName() throws {
    try withFolder { folder in
      // IoU: road 2 of 4, sidewalk 1 of 2: the pixel predicted as nothing is missed, and the last one is void in truth.
      try write(folder, "truth/x_000000_000001_gtFine_labelIds.png", [7, 7, 7, 8, 8, 0], width: 3)
      try write(folder, "truth/x_000000_000001_gtFine_color.png", [1, 1, 1, 1, 1, 1], width: 3)
      try write(folder, "out/label/x_000000_000001_leftImg8bit.png", [7, 7, 0, 7, 8, 8], width: 3)
      let run = try Command.run(["data", "score", "out", "truth", "--dataset", "cityscapes"], in: folder)
      try #require(run.status == 0, "\(run.output) \(run.errors)")
      #expect(run.output.contains("mIoU 50.00 %  pixel accuracy 60.00 %"), "\(run.output)")
      #expect(run.output.contains("protocol: 1 label files at their own size, Cityscapes' label ids of 19 classes"))
      #expect(run.output.contains("1 pixels that have a class were predicted as none"))
      #expect(run.output.contains("road           50.00   sidewalk       50.00"), "\(run.output)")
    }
  }

  @Test func scoreNamesWhatIsMissing() throws {
    try withFolder { folder in
      try write(folder, "truth/a.png", [0, 1, 2, 255], width: 2)
      try write(folder, "truth/b.png", [0, 1, 2, 255], width: 2)
      try write(folder, "truth/lost.png", [0, 1, 2, 255], width: 2)
      try write(folder, "out/a.png", [0, 1, 1, 1], width: 2)
      try write(folder, "out/b.png", [0, 1], width: 2)
      try write(folder, "out/extra.png", [0, 1], width: 2)
      let run = try Command.run(["data", "score", "out", "truth", "--dataset", "voc"], in: folder)
      #expect(run.status == 1 && run.errors.contains("3 files are not in the scores"), "\(run.errors)")
      #expect(run.errors.contains("out/b.png") && run.errors.contains("2x1") && run.errors.contains("2x2"))
      #expect(run.output.contains("without a true label file: extra"))
      #expect(run.output.contains("without a prediction: lost"))
      // (1 + 1/2 + 0) / 3.
      #expect(run.output.contains("mIoU 50.00 %  pixel accuracy 66.67 %"), "\(run.output)")
      try write(folder, "others/z.png", [0], width: 1)
      let none = try Command.run(["data", "score", "others", "truth"], in: folder)
      #expect(none.status == 1 && none.errors.contains("say a") && none.errors.contains("not z"), "\(none.errors)")
    }
  }
}
