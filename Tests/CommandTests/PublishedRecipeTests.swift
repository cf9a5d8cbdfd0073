import Foundation
import Storage
import Testing

/// A published row: everything that distinguishes it from others.
struct PublishedRow: CustomTestStringConvertible {
  var name: String
  var data: Benchmark
  var model: String
  /// The value of `labels` or `annotation`.
  var annotation: String
  var iterations: Int
  var batch: Int
  var rate: String
  var weight = "0.4"
  var validateEvery = 1000
  var logEvery = 50

  enum Benchmark { case cityscapes, ade20k, voc2012 }

  var testDescription: String { name }

  /// As Lua prints it: shortened.
  static let hrnet = #"pretrained = "pretrained/hrnetv2_w48_imagenet_pretrain…"}"#
  static let resnet = #"pretrained = "pretrained/resnet101-imagenet.pth"}"#

  static let all =
    ["10", "20", "50"].flatMap { share in
      [
        PublishedRow(
          name: "cityscapes_block\(share)", data: .cityscapes, model: "hrnet_w48{classes = 19, \(hrnet)",
          annotation: "sparse_label/block\(share)", iterations: 40000, batch: 8, rate: "0.01"),
        PublishedRow(
          name: "ade20k_block\(share)", data: .ade20k, model: "hrnet_w48{classes = 150, \(hrnet)",
          annotation: "sparse_label/block\(share)", iterations: 150000, batch: 16, rate: "0.02"),
      ]
    } + [
      PublishedRow(
        name: "cityscapes_deeplabv3plus", data: .cityscapes,
        model: #"deeplabv3plus{backbone = "resnet101", classes = 19, output_stride = 8, "# + resnet,
        annotation: "sparse_label/block50", iterations: 40000, batch: 8, rate: "0.005"),
      PublishedRow(
        name: "ade20k_deeplabv3plus", data: .ade20k,
        model: #"deeplabv3plus{backbone = "resnet101", classes = 150, output_stride = 8, "# + resnet,
        annotation: "sparse_label/block50", iterations: 150000, batch: 16, rate: "0.02"),
    ]
    + ["point", "scribble"].flatMap { annotation in
      [
        PublishedRow(
          name: "voc2012_deeplabv3plus_\(annotation)", data: .voc2012,
          model: #"deeplabv3plus{backbone = "resnet101", classes = 21, output_stride = 16, "# + resnet,
          annotation: annotation, iterations: 80000, batch: 16, rate: "0.001", validateEvery: 500, logEvery: 100),
        PublishedRow(
          name: "voc2012_ltf_\(annotation)", data: .voc2012,
          model: #"ltf{backbone = "resnet101", classes = 21, "# + resnet, annotation: annotation,
          iterations: 80000, batch: 32, rate: "0.001", weight: "0.6"),
      ]
    }

  /// The recipe as Lua prints it.
  var resolved: String {
    let scale = "tel.augment.scale{aspect = {0.9, 1.1}, scale = {0.5, 2}}"
    let (flip, brightness) = ("tel.augment.flip{p = 0.5}", "tel.augment.brightness{shift = 10}")
    func crop(_ width: Int) -> String { "tel.augment.crop{height = 512, width = \(width)}" }
    let train: String
    let val: String
    var (sigma, decay, groups, views) = ("0.002", "0.0001", "", "")
    switch data {
    case .cityscapes:
      train =
        #"cityscapes{augment = {\#(scale), \#(crop(1024)), \#(flip), \#(brightness)}, "#
        + #"labels = "\#(annotation)", root = "cityscapes", split = "train"}"#
      val = #"cityscapes{root = "cityscapes", split = "val"}"#
      decay = "0.0005"
    case .ade20k:
      train =
        "ade20k{augment = {\(flip), tel.augment.resize{side = 512}, \(scale), \(crop(512)), \(brightness)}, "
        + #"labels = "\#(annotation)", root = "ade20k", split = "train"}"#
      val = #"ade20k{multiple = 8, root = "ade20k", shorter_side = 512, split = "val"}"#
    case .voc2012:
      train =
        #"voc2012{annotation = "\#(annotation)", augment = {\#(flip), \#(scale), \#(crop(512)), \#(brightness)}, "#
        + #"root = "voc2012", split = "train"}"#
      val = #"voc2012{annotation = "mask", root = "voc2012", split = "val"}"#
      sigma = "0.02"
      groups = #"groups = {{lr = 1, match = "^backbone%."}, {lr = 10, match = "."}}, "#
      views = "flip = true, "
    }
    let scales = data == .voc2012 ? ", scales = {0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}" : ""
    return "tel.recipe{batch = \(batch), data = {train = tel.data.\(train), val = tel.data.\(val)}, "
      + "iterations = \(iterations), log_every = \(logEvery), loss = {tel.loss.cross_entropy{ignore = -1}, "
      + "tel.loss.tree_energy{sigma = \(sigma), weight = \(weight)}}, loss_groups = 4, model = tel.models.\(model), "
      + "name = \"\(name)\", optimizer = tel.optim.sgd{\(groups)lr = \(rate), momentum = 0.9, weight_decay = \(decay)}, "
      + "save_every = \"10min\", schedule = tel.schedule.poly{power = 0.9}, "
      + "test = {\(views)protocol = \"published\"\(scales)}, validate_at_start = true, validate_every = \(validateEvery)}"
  }
}

/// Recipes with the settings of the paper's rows, and their bounds.
@Suite(.serialized) struct PublishedRecipes {
  /// Whether recipes of PASCAL VOC 2012 can be read.
  private static let readsVOC =
    (try? Command.run(["-e", "print(tel.data.voc2012)"]))?.output.contains("nil") == false

  private static let rows = PublishedRow.all.filter { $0.data != .voc2012 || readsVOC }

  /// All recipes that train something, bases that name no supervision aside.
  private static let recipes: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: recipesFolder.path)) ?? []
    let bases = [
      "published", "quickstart", "own_network", "second_round", "tour", "cityscapes", "ade20k", "voc2012",
      "voc2012_deeplabv3plus",
      "voc2012_ltf",
    ]
    return names.filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(4)) }
      .filter { !bases.contains($0) && (readsVOC || !$0.hasPrefix("voc2012")) }.sorted()
  }()

  private func copyRecipes(to folder: URL) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: recipesFolder.path) where name.hasSuffix(".lua") {
      try FileManager.default.copyItem(
        at: recipesFolder.appendingPathComponent(name), to: folder.appendingPathComponent(name))
    }
  }

  private func printed(
    _ names: [String], _ script: String = "for _, name in ipairs(arg) do print(require(name)) end"
  ) throws -> [String] {
    try withFolder { folder in
      try copyRecipes(to: folder)
      try folder.write("print.lua", script)
      let run = try Command.run(["run", "print.lua"] + names, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      return run.output.split(separator: "\n").map(String.init)
    }
  }

  @Test func everyNumberOfEveryRowIsThePublishedOne() throws {
    let found = try printed(Self.rows.map(\.name))
    try #require(found.count == Self.rows.count)
    for (row, text) in zip(Self.rows, found) { #expect(text == row.resolved, "\(row.name)") }
    let weights = try Self.rows.map { row in
      try printed([row.name], "print(require(arg[1]).model.pretrained)")[0]
    }
    #expect(
      Set(weights).isSubset(of: ["pretrained/hrnetv2_w48_imagenet_pretrained.pth", "pretrained/resnet101-imagenet.pth"])
    )
  }

  @Test func boundsDifferInLabelsAndLossAlone() throws {
    let dense = [
      ("cityscapes_dense", "cityscapes_block50", "label"), ("ade20k_dense", "ade20k_block50", "label"),
      ("voc2012_deeplabv3plus_dense", "voc2012_deeplabv3plus_scribble", "mask"),
    ]
    let sparse = ["cityscapes_block50", "ade20k_block50", "voc2012_deeplabv3plus_scribble"].map {
      ($0 + "_cross_entropy", $0, nil as String?)
    }
    for (name, base, annotation) in dense + sparse where Self.readsVOC || !name.hasPrefix("voc2012") {
      var row = try #require(PublishedRow.all.first { $0.name == base })
      (row.name, row.annotation) = ("bound", annotation ?? row.annotation)
      let tree = try #require(
        row.resolved.range(of: #", tel\.loss\.tree_energy\{[^}]*\}"#, options: .regularExpression))
      // Long names are shortened where a recipe is printed.
      let found = try printed(
        [name], "local r = require(arg[1]) print(r.name) print(tel.extend(r, {name = 'bound'}))")
      #expect(found == [name, row.resolved.replacingCharacters(in: tree, with: "")], "\(name)")
    }
  }

  /// A recipe with a small network on small images, and fewer scales.
  private static let shrunk = """
    local recipe = tel.extend(require(arg[1]), {loss_groups = 1, model = {pretrained = tel.none}})
    if arg[1]:find("deeplabv3plus") then
      recipe.model = tel.extend(recipe.model, {backbone = "resnet50", planes = 4, embedding = 8})
    elseif arg[1]:find("ltf") then
      recipe.model = tel.extend(recipe.model, {backbone = "resnet50", planes = 4, width = 16, embedding = 8, groups = 4})
    else
      recipe.model = tel.models.hrnet{
        classes = recipe.model.classes, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8,
      }
    end
    local train, val = recipe.data.train, recipe.data.val
    for _, step in ipairs(train.augment) do
      if tostring(step):find("crop") then step.width, step.height = 32, 32 end
      if tostring(step):find("resize") then step.side = 32 end
    end
    if arg[1]:find("^ade20k") then val.shorter_side = 32 end
    if recipe.test.scales then recipe.test.scales = {0.25, 0.5} end
    return recipe
    """

  @Test func everyRecipeTrainsValidatesAndTestsOnMiniatures() throws {
    try #require(Self.recipes.count >= 12)
    try withFolder { folder in
      try copyRecipes(to: folder)
      try Miniatures.write(in: folder)
      try folder.write("shrunk.lua", Self.shrunk)
      for name in Self.recipes {
        let common = ["run", "shrunk.lua", name, "--data-root", "data", "--set", "name=\"\(name)\""]
        let train = try Command.run(common + ["--set", "iterations=2", "--set", "batch=2"], in: folder)
        #expect(train.status == 0, "\(name): \(train.errors)")
        let test = try Command.run(common + ["--phase", "test"], in: folder)
        #expect(test.status == 0, "\(name): \(test.errors)")
        // Every score is followed by its protocol.
        for output in [train.output, test.output] {
          let lines = output.split(separator: "\n")
          let scores = lines.indices.filter { lines[$0].contains("mIoU") }
          #expect(!scores.isEmpty && scores.allSatisfy { lines[$0 + 1].hasPrefix("  protocol: ") }, "\(name)")
        }
        #expect(train.output.contains("protocol: " + validated(name)), "\(name): \(train.output)")
        #expect(test.output.contains("protocol: " + tested(name)), "\(name): \(test.output)")
        try checkFiles(folder.appendingPathComponent("runs/\(name)/test"), name)
      }
    }
  }

  private func validated(_ name: String) -> String {
    if name.hasPrefix("cityscapes") {
      return
        "published: 4 images (of 1: filled up from the start for 4 processes) at their own size, whole, one scale, no flip"
    }
    if name.hasPrefix("ade20k") {
      return "published: 4 images (of 5: the first of each process's batch of 4) with their shorter side resized to 32 "
        + "and padded to multiples of 8 in black, whole, one scale, no flip"
    }
    return "published: 4 images (of 2: filled up from the start for 4 processes) "
      + "resized to 512×512 without keeping proportions, whole, one scale, no flip"
  }

  private func tested(_ name: String) -> String {
    if name.hasPrefix("cityscapes") { return "published: 1 images at their own size, whole, one scale, no flip" }
    if name.hasPrefix("ade20k") {
      return "published: 5 images (red and blue of label pictures exchanged) with their shorter side resized to 32 "
        + "and padded to multiples of 8 in the mean colour, whole, one scale, no flip"
    }
    return
      "published: 2 images resized to 512×512 without keeping proportions, whole, scales 0.25, 0.5, each mirrored too, "
      + "logits of all views added"
  }

  /// Label files have the ids of the data set and the size of its images.
  private func checkFiles(_ test: URL, _ name: String) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: test.appendingPathComponent("label").path).sorted()
    let label = try ImageFile.readLabels(test.appendingPathComponent("label/\(files[0])").path)
    let colour = try ImageFile.read(test.appendingPathComponent("colour/\(files[0])").path)
    let (names, width, ids): ([String], Int, ClosedRange<UInt8>) =
      name.hasPrefix("cityscapes")
      ? (["ulm_000000_000019_leftImg8bit.png"], 64, 7...33)
      : name.hasPrefix("ade20k")
        ? ((0..<5).map { "ADE_\($0).png" }, 40, 1...150) : (["2007_100001.png", "2007_100002.png"], 30, 0...20)
    #expect(files == names && label.width == width && colour.width == width, "\(name)")
    #expect(label.pixels.allSatisfy(ids.contains), "\(name)")
  }

  @Test func oneRecipeTrainsAtItsFullWidth() throws {
    try withFolder { folder in
      try Miniatures.write(in: folder)
      let run = try Command.run(
        ["run", recipesFolder.appendingPathComponent("cityscapes_block50.lua").path, "--data-root", "data"]
          + [
            "model.pretrained=none", "iterations=2", "batch=2", "loss_groups=2", "data.train.augment[2].width=64",
            "data.train.augment[2].height=32", "validate_at_start=false",
          ].flatMap { ["--set", $0] }, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("protocol: published: 4 images"))
    }
  }

  @Test func theSoundProtocolScoresAllImagesAndPublishedOnesNeedABenchmark() throws {
    try withFolder { folder in
      try copyRecipes(to: folder)
      try Miniatures.write(in: folder)
      try folder.write("shrunk.lua", Self.shrunk)
      let common = [
        "run", "shrunk.lua", "ade20k_block50", "--data-root", "data", "--set", "batch=2", "--set", "iterations=1",
      ]
      let sound = try Command.run(
        common + ["--set", "test.protocol=\"sound\"", "--set", "test.probabilities=true"], in: folder)
      #expect(sound.status == 0, "\(sound.errors)")
      #expect(
        sound.output.contains(
          "protocol: sound: 5 images with their shorter side resized to 32 and padded to multiples of 8 in the mean colour"
        ))
      // The published test exchanges red and blue of colours, and nothing else.
      for rules in ["sound", "published"] {
        let test = try Command.run(
          common + ["--phase", "test", "--set", "test.protocol=\"\(rules)\"", "--set", "test.probabilities=true"],
          in: folder)
        #expect(test.status == 0 && test.output.contains("protocol: \(rules): 5 images"), "\(test.errors)")
      }
      let (own, published) = ("runs/ade20k_block50/test", "runs/ade20k_block50/test-2")
      func image(_ path: String) throws -> Image8 { try ImageFile.read(folder.appendingPathComponent(path).path) }
      let (a, b) = (try image("\(own)/colour/ADE_2.png"), try image("\(published)/colour/ADE_2.png"))
      for i in stride(from: 0, to: a.pixels.count, by: 3) {
        #expect([a.pixels[i], a.pixels[i + 1], a.pixels[i + 2]] == [b.pixels[i + 2], b.pixels[i + 1], b.pixels[i]])
        if a.pixels[i] != b.pixels[i + 2] { break }
      }
      // The class of the label file is where the probabilities are largest.
      let label = try image("\(own)/label/ADE_2.png")
      let file = try HDF5File(reading: folder.appendingPathComponent("\(own)/probabilities/ADE_2.h5").path)
      let probabilities = try file.read("/probabilities/ADE_2")
      #expect(probabilities.shape == [150, label.height, label.width])
      let values = probabilities.array(of: Float.self)
      let count = label.pixels.count
      let best = (0..<count).map { pixel in (0..<150).map { values[$0 * count + pixel] }.max() ?? 0 }
      #expect((0..<count).allSatisfy { values[(Int(label.pixels[$0]) - 1) * count + $0] == best[$0] })

      let refused = try Command.train(recipe("test = {protocol = \"published\"}"), in: folder)
      #expect(refused.status == 1)
      #expect(refused.errors.contains("tel.data.scenes") && refused.errors.contains("sound"), "\(refused.errors)")
      let misspelt = try Command.train(recipe("test = {protocol = \"publishd\"}"), in: folder)
      #expect(misspelt.status == 1 && misspelt.errors.contains("published"))
    }
  }
}
