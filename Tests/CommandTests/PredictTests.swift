import Foundation
import Storage
import Testing

/// Segmenting images with trained weights.
@Suite(.serialized) struct PredictTests {
  /// Images below `images`, and the weights of a network that was never trained: `net.h5`.
  private func prepare(_ folder: URL, classes: Int = 11) throws {
    let script = """
      local net = tel.models.hrnet{classes = \(classes), width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8}
      net:save("net.h5")
      """
    try folder.write("make.lua", script)
    #expect(try Command.run(["run", "make.lua"], in: folder).status == 0)
    let scenes = try Command.run(
      ["data", "scenes", "data", "--count", "1", "--val", "2", "--size", "96x64"], in: folder)
    try #require(scenes.status == 0, "\(scenes.errors)")
    let files = FileManager.default
    try files.createDirectory(
      at: folder.appendingPathComponent("images/street"), withIntermediateDirectories: true)
    let made = folder.appendingPathComponent("data/val/image")
    for (name, place) in zip(try files.contentsOfDirectory(atPath: made.path).sorted(), ["a.png", "street/b.png"]) {
      try files.copyItem(at: made.appendingPathComponent(name), to: folder.appendingPathComponent("images/" + place))
    }
  }

  private func label(_ folder: URL, _ path: String) throws -> Image8 {
    try ImageFile.readLabels(folder.appendingPathComponent(path).path)
  }

  /// The class ids that Lua gets for an image.
  private func expected(_ folder: URL, _ image: String, options: String = "{}", classes: Int = 11) throws -> [UInt8] {
    let script = """
      local net = tel.models.hrnet{classes = \(classes), width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8}
      net:load("net.h5")
      tel.image.write("expected.png", net:predict(tel.image.read("\(image)"), \(options)))
      """
    try folder.write("expected.lua", script)
    let run = try Command.run(["run", "expected.lua"], in: folder)
    try #require(run.status == 0, "\(run.errors)")
    return try label(folder, "expected.png").pixels
  }

  @Test func aFolderGetsClassIdsColoursAndOverlays() throws {
    try withFolder { folder in
      try prepare(folder)
      let run = try Command.run(["predict", "net.h5", "images", "--out", "out"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(
        run.output.contains("HRNet-W4, 11 classes") && run.output.contains("2 images in out/{label,colour,overlay}"))
      #expect(run.output.contains("s per image") && run.output.contains("classes: class "))
      for name in ["a", "street/b"] {
        let labels = try label(folder, "out/label/\(name).png")
        #expect(labels.pixels == (try expected(folder, "images/\(name).png")))
        let image = try ImageFile.read(folder.appendingPathComponent("images/\(name).png").path)
        let colour = try ImageFile.read(folder.appendingPathComponent("out/colour/\(name).png").path)
        let overlay = try ImageFile.read(folder.appendingPathComponent("out/overlay/\(name).png").path)
        #expect((colour.width, colour.height, overlay.width, overlay.height) == (96, 64, 96, 64))
        // A class has one colour, and the overlay lies half way to it.
        let seen = Set(
          zip(labels.pixels, stride(from: 0, to: colour.pixels.count, by: 3)).map { id, i in
            [id] + colour.pixels[i..<i + 3]
          })
        #expect(seen.count == Set(labels.pixels).count)
        for i in image.pixels.indices {
          let middle = (Double(image.pixels[i]) + Double(colour.pixels[i])) / 2
          #expect(abs(Double(overlay.pixels[i]) - middle) <= 0.5)
        }
      }
    }
  }

  @Test func viewsAreThoseOfLua() throws {
    try withFolder { folder in
      try prepare(folder)
      let run = try Command.run(
        ["predict", "net.h5", "images/a.png", "--out", "out", "--scales", "0.5,1,1.5", "--flip", "--window", "48x40"],
        in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let options = "{scales = {0.5, 1, 1.5}, flip = true, window = {48, 40}}"
      let views = try expected(folder, "images/a.png", options: options)
      #expect(try label(folder, "out/label/a.png").pixels == views)
      #expect(views != (try expected(folder, "images/a.png")))
    }
  }

  @Test func nothingIsReplacedUnasked() throws {
    try withFolder { folder in
      try prepare(folder)
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("out/colour"), withIntermediateDirectories: true)
      try folder.write("out/colour/a.png", "mine")
      let refused = try Command.run(["predict", "net.h5", "images", "--out", "out"], in: folder)
      #expect(refused.status == 1)
      #expect(
        refused.errors.contains("out/colour/a.png") && refused.errors.contains("--overwrite"), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out/label").path))
      let other = try Command.run(["predict", "net.h5", "images/street", "--out", "out"], in: folder)
      #expect(other.status == 0, "\(other.errors)")
      let replaced = try Command.run(["predict", "net.h5", "images", "--out", "out", "--overwrite"], in: folder)
      #expect(replaced.status == 0, "\(replaced.errors)")
      #expect(try ImageFile.size(folder.appendingPathComponent("out/colour/a.png").path).width == 96)
      // Predictions are no images to be predicted, and an image isn't replaced by its own prediction.
      let again = try Command.run(["predict", "net.h5", "out", "--out", "out", "--overwrite"], in: folder)
      #expect(again.status == 1 && again.errors.contains("no images"), "\(again.errors)")
      let own = try Command.run(["predict", "net.h5", "out/label/a.png", "--out", "out", "--overwrite"], in: folder)
      #expect(own.status == 1 && own.errors.contains("take its place"), "\(own.errors)")
    }
  }

  @Test func oneUnreadableImageDoesNotStopTheOthers() throws {
    try withFolder { folder in
      try prepare(folder)
      try folder.write("images/0.png", "no picture")
      let run = try Command.run(["predict", "net.h5", "images", "--out", "out"], in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("images/0.png") && run.errors.contains("1 of 3 images have no prediction"))
      #expect(run.output.contains("2 images of 3 in out/"), "\(run.output)")
      #expect(try label(folder, "out/label/street/b.png").width == 96)
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out/label/0.png").path))
    }
  }

  /// A checkpoint's recorded recipe tells label values, names and image sizes; `--recipe` tells them for any file.
  @Test func labelsHaveTheValuesOfTheDataSet() throws {
    try withFolder { folder in
      try prepare(folder)
      let plain = try expected(folder, "images/a.png")
      let ids: [UInt8] = (0..<11).map { 100 + 3 * $0 }
      var checkpoint = try Checkpoint(contentsOf: folder.appendingPathComponent("net.h5").path)
      checkpoint.recipe.resolved = [
        "data": [
          "val": ["classes": .list((0..<11).map { .string("kind\($0)") }), "ids": .list(ids.map { .integer(Int($0)) })]
        ]
      ]
      try checkpoint.save(to: folder.appendingPathComponent("recorded.h5").path)
      let run = try Command.run(["predict", "recorded.h5", "images/a.png", "--out", "recorded"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("classes: kind"))
      #expect(try label(folder, "recorded/label/a.png").pixels == plain.map { ids[Int($0)] })

      try SafeTensorsFile.write(
        checkpoint.state.map { StoredTensor(name: $0.key, $0.value) }, metadata: [:],
        to: folder.appendingPathComponent("net.safetensors").path)
      try folder.write("recipe.lua", recipe())
      let given = try Command.run(
        ["predict", "net.safetensors", "images/a.png", "--out", "given", "--recipe", "recipe.lua"], in: folder)
      try #require(given.status == 0, "\(given.errors)")
      // The ids of made scenes.
      let scenes: [UInt8] = [7, 8, 11, 12, 13, 17, 21, 22, 23, 24, 26]
      let values = Set(try label(folder, "given/label/a.png").pixels)
      #expect(values.isSubset(of: scenes), "\(values)")
      #expect(values.count == Set(plain).count)
      let bare = try Command.run(["predict", "net.safetensors", "images/a.png", "--out", "bare"], in: folder)
      try #require(bare.status == 0, "\(bare.errors)")
      #expect(try label(folder, "bare/label/a.png").pixels == plain)
    }
  }

  @Test func palettesAreThoseOfTheBenchmarks() throws {
    try withFolder { folder in
      try prepare(folder, classes: 21)
      let run = try Command.run(["predict", "net.h5", "images/a.png", "--out", "out"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let named = try Command.run(
        ["predict", "net.h5", "images/a.png", "--out", "voc", "--palette", "voc"], in: folder)
      try #require(named.status == 0, "\(named.errors)")
      func colours(_ place: String) throws -> Image8 {
        try ImageFile.read(folder.appendingPathComponent("\(place)/colour/a.png").path)
      }
      #expect(try colours("out") == colours("voc"))
      let wrong = try Command.run(
        ["predict", "net.h5", "images/a.png", "--out", "x", "--palette", "cityscapes"], in: folder)
      #expect(wrong.status == 1 && wrong.errors.contains("19 colours") && wrong.errors.contains("21 classes"))
    }
  }

  @Test func whatCannotBeMeantIsExplained() throws {
    try withFolder { folder in
      try prepare(folder)
      try SafeTensorsFile.write(
        [
          StoredTensor(
            name: "features.0.weight",
            try Checkpoint.weights(of: folder.appendingPathComponent("net.h5").path).values.first!)
        ],
        metadata: [:], to: folder.appendingPathComponent("other.safetensors").path)
      try folder.write("script.lua", "print(1)")
      for (arguments, status, parts) in [
        (["other.safetensors", "images"], 1, ["features.0.weight", "--recipe", "aspp.project.0.weight"]),
        (["net.h5", "nowhere"], 1, ["nowhere", "no such file"]),
        (["net.h5", "images", "--scales", "0,1"], 64, ["--scales"]),
        (["net.h5", "images", "--window", "0x5"], 64, ["--window"]),
        (["net.h5", "images", "--set", "a=1"], 64, ["--recipe"]),
        (["net.h5", "images", "--output-stride", "8"], 1, ["HRNet", "output_stride"]),
        (["net.h5", "images", "--recipe", "script.lua"], 1, ["script.lua", "tel.recipe"]),
      ] as [([String], Int32, [String])] {
        let run = try Command.run(["predict"] + arguments + ["--out", "out"], in: folder)
        #expect(run.status == status, "\(arguments) \(run.errors)")
        for part in parts { #expect(run.errors.contains(part), "\(arguments) \(run.errors)") }
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out").path))
      }
    }
  }

  @Test func ctrlCLeavesWholePredictions() throws {
    try withFolder { folder in
      try prepare(folder)
      let images = folder.appendingPathComponent("images")
      for i in 0..<60 {
        try FileManager.default.copyItem(
          at: images.appendingPathComponent("a.png"), to: images.appendingPathComponent("copy\(i).png"))
      }
      let run = try Command.run(
        ["predict", "net.h5", "images", "--out", "out", "--scales", "8,9,10", "--flip"], in: folder, interruptAfter: 1.5
      )
      #expect(run.status == 130, "\(run.errors)")
      #expect(run.output.contains("of 62 in out/") || run.output.contains("no predictions"), "\(run.output)")
      func count(_ kind: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("out/" + kind).path).count)
          ?? 0
      }
      #expect(count("label") == count("overlay") && count("label") == count("colour") && count("label") < 62)
    }
  }
}
