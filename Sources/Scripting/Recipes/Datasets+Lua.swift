import Datasets
import Storage
import Tensors
import Training

extension LuaState {
  /// `tel.data.…`: configurations that become a `Dataset`, with how it is augmented, batched and evaluated.
  func registerDatasets() {
    documentDatasetMethods()
    addBenchmark("cityscapes", layout: Cityscapes.layout, help: "19 classes, labels with Cityscapes' label ids") {
      try Cityscapes.dataset(root: $0, split: $1, labels: $2, skipBad: $3)
    }
    addBenchmark("ade20k", layout: ADE20K.layout, help: "150 classes, labels 1 to 150, 0 for none") {
      try ADE20K.dataset(root: $0, split: $1, labels: $2, skipBad: $3)
    }
    add(
      "voc2012",
      [
        Field("root", .string, default: "voc2012"), Field("split", .choice(["train", "val"])),
        Field("annotation", .choice(VOC2012Dataset.Annotation.allCases.map(\.rawValue)), default: "scribble"),
        .labels(), .confidence,
      ],
      help:
        """
        {root="voc2012", split=, annotation="scribble"|"point"|"mask", …}: PASCAL VOC 2012 with SBD, 21 classes; val has masks always;
        labels="FILE.h5:/GROUP" for pseudo-labels instead, labels={"scribble", "FILE.h5:/GROUP"} for both; confidence=
        """
    ) { configuration in
      let state = configuration.state
      let annotation = { (name: String) throws in
        guard let annotation = VOC2012Dataset.Annotation(rawValue: name) else {
          throw configuration.wrong("labels", expected: "\"scribble\", \"point\", \"mask\" or PATH:/GROUP")
        }
        return annotation
      }
      let choice = try configuration.labelChoice(unset: try configuration.required("annotation"))
      return try choice.dataset(
        try VOC2012Dataset(
          root: try state.paths.resolveFolder(try configuration.required("root"), layout: VOC2012Dataset.layout),
          split: try configuration.required("split"), annotation: try choice.own.map(annotation),
          skipBad: state.skipsBadSamples))
    }
    add(
      "folder",
      [
        Field("images", .string), .labels(), .confidence, Field("classes", .either([.count, .list(.string)])),
        Field("ids", .list(.integer(0...255))), Field("palette", .list(.list(.integer(0...255)))),
      ],
      help:
        "{images=, labels=, classes=, ids=, …}: two folders whose files share names; classes: a number or names; ids: their values in label files"
    ) { configuration in
      let state = configuration.state
      let layout = "a folder of images and one of label images of the same names"
      let choice = try configuration.labelChoice()
      return try choice.dataset(
        try FolderDataset(
          images: try state.paths.resolveFolder(try configuration.required("images"), layout: layout),
          labels: try choice.own.map { try state.paths.resolveFolder($0, layout: layout) },
          coding: try configuration.labelCoding(), layout: layout, skipBad: state.skipsBadSamples))
    }
    add(
      "scenes",
      [
        Field("size", .list(.count), default: [256, 128]), Field("count", .count),
        Field("first", .integer(0 ... .max), default: 0),
        Field("seed", .integer(0 ... .max), default: 0), .labels(default: "block10"), .confidence,
        Field("classes", .choice(["scenes", "cityscapes"]), default: "scenes"),
      ],
      help:
        "{size={256, 128}, count=, first=0, seed=0, labels=\"block10\"|\"block20\"|\"block50\"|\"dense\", …}: drawn street scenes"
    ) { configuration in
      let size: [Int] = try configuration.required("size")
      guard size.count == 2 else { throw configuration.wrong("size", expected: "{width, height}") }
      let choice = try configuration.labelChoice()
      return try choice.dataset(
        try ScenesDataset(
          width: size[0], height: size[1], count: try configuration.required("count"),
          seed: UInt64(try configuration.required("seed", as: Int.self)), first: try configuration.required("first"),
          labels: choice.own ?? "label",
          coding: try configuration.required("classes") == "scenes" ? .scenes : .cityscapes))
    }
    add(
      "custom",
      [
        Field("count", .count), Field("get", .function), Field("classes", .either([.count, .list(.string)])),
        Field("palette", .list(.list(.integer(0...255)))),
      ],
      help: "{count=, classes=, get=function(i, random) return {image=, labels=, name=} end, …}: i from 1 to count"
    ) { try $0.customDataset() }
    add(
      "mix", [Field("weights", .list(.positive))], entries: .configuration(.data),
      help: "{a, b, weights=, …}: samples of several data sets, drawn by weight (default: by size)"
    ) { configuration in
      try MixDataset(
        try configuration.table.list.map { entry in
          guard case .object(let object as Configuration) = entry else {
            preconditionFailure("checked when it was set")
          }
          return try object.dataset()
        }, weights: try configuration.value("weights"))
    }
  }

  /// A benchmark's folders, as they are downloaded or as the published system prepares them.
  private func addBenchmark(
    _ name: String, layout: String, help: String,
    open: @escaping (_ root: String, _ split: String, _ labels: String?, _ skipBad: Bool) throws -> FolderDataset
  ) {
    add(
      name,
      [
        Field("root", .string, default: .string(name)), Field("split", .choice(["train", "val"])),
        .labels(default: "label"), .confidence,
      ],
      help: """
        {root="\(name)", split="train"|"val", labels="label", …}: \(help); labels="sparse_label/block50" for sparse ones,
        labels="FILE.h5:/GROUP" for pseudo-labels, labels={"sparse_label/block50", "FILE.h5:/GROUP"} for both; confidence=
        \(layout)
        """
    ) { configuration in
      let state = configuration.state
      let choice = try configuration.labelChoice()
      let root = try state.paths.resolveFolder(try configuration.required("root"), layout: layout)
      let split: String = try configuration.required("split")
      if let own = choice.own { try state.paths.check("\(root)/\(split)/\(own)") }
      return try choice.dataset(try open(root, split, choice.own, state.skipsBadSamples))
    }
  }

  /// The help of what all data sets can do.
  private func documentDatasetMethods() {
    documentation["data:count"] = "() -> number of samples, #data too unless it is a mix; opens the data set"
    documentation["data:classes"] = "() -> list of the classes' names; opens the data set"
    documentation["data:sample"] =
      "(i) -> {image = uint8 [3, H, W] RGB, labels = int32 [H, W], name=, brightness=}: sample i, from 1, not augmented"
  }

  private func add(
    _ name: String, _ fields: [Field], entries: FieldType? = nil, help: String,
    build: @escaping (Configuration) throws -> any Dataset
  ) {
    let common = [
      Field("augment", .list(.either([.configuration(.augmentation), .function]))),
      Field("batch_size", .list(.count)), Field("placement", .choice(["random", "top_left"]), default: "random"),
      Field("threads", .integer(1...256), default: 2), Field("shorter_side", .count), Field("resize", .list(.count)),
      Field("multiple", .count, default: 1), Field("window", .list(.count)), Field("window_stride", .list(.count)),
    ]
    let schema = ConfigurationSchema("tel.data." + name, .data, fields + common, entries: entries)
    schema.build = build
    // Of a mix, as of a list, it is the number of entries.
    if entries == nil { schema.length = { try $0.dataset().count } }
    schema.methods = [
      "count": { configuration, _ in try configuration.dataset().count },
      "classes": { configuration, _ in try configuration.dataset().classes.names },
      "sample": { configuration, call in
        let data = try configuration.dataset()
        let index: Int = try call.argument(1, "i")
        guard (1...max(1, data.count)).contains(index) else { throw call.wrong(1, "i", expected: "1 to \(data.count)") }
        return try data.sample(index - 1).table(in: call.state)
      },
    ]
    register(
      schema,
      help: help + """

        common: augment={…} steps or functions(sample, random), batch_size={width, height} and placement= of smaller images
        in it (default: the last crop), threads=2 that load ahead; evaluation: shorter_side=, resize={width, height}, multiple=1, window={width, height}, window_stride=
        """)
  }
}

/// A data set that was opened, kept with its configuration.
private final class OpenedDataset {
  let dataset: any Dataset
  init(_ dataset: any Dataset) { self.dataset = dataset }
}

extension Configuration {
  /// The data set, opened at first use.
  func dataset() throws -> any Dataset {
    try use { OpenedDataset(try build(as: (any Dataset).self)) }.dataset
  }

  /// Data, augmentation and batches for training.
  /// - Parameter prepare: called with each batch on the loader's threads.
  func trainingData(prepare: (@Sendable (Batch) throws -> Void)?) throws -> TrainingData {
    let steps = try (value("augment", as: [LuaValue].self) ?? []).map(state.augmentation)
    var collation = Collation(placement: try required("placement") == "random" ? .random : .topLeft)
    if let size = try size("batch_size") {
      (collation.width, collation.height) = size
    } else if let crop = steps.compactMap({ $0 as? RandomCrop }).last {
      (collation.width, collation.height) = (crop.width, crop.height)
    }
    return TrainingData(
      dataset: try dataset(), augmentation: steps, collation: collation, threads: try required("threads"),
      skipsBad: state.skipsBadSamples, prepare: prepare)
  }

  /// Data and their way to the network for evaluation.
  func validationData() throws -> ValidationData {
    var transform = EvaluationTransform(multiple: try required("multiple"))
    if let (width, height) = try size("resize") {
      transform.size = .exact(width: width, height: height)
    } else if let side: Int = try value("shorter_side") {
      transform.size = .shorterSide(side)
    }
    return ValidationData(
      dataset: try dataset(), transform: transform, threads: try required("threads"), skipsBad: state.skipsBadSamples)
  }

  func size(_ key: String) throws -> (Int, Int)? {
    guard let sides: [Int] = try value(key) else { return nil }
    guard sides.count == 2 else { throw wrong(key, expected: "{width, height}") }
    return (sides[0], sides[1])
  }

  /// Names and colours of the classes that a recipe names or counts.
  fileprivate func classList() throws -> ClassList {
    let classes: LuaValue = try required("classes")
    var list = ClassList.numbered(Int(classes, in: state) ?? 0)
    if let names = [String](classes, in: state) {
      list = ClassList(names: names, palette: ClassList.numbered(names.count).palette)
    }
    guard let palette: [[Int]] = try value("palette") else { return list }
    guard palette.count == list.count, palette.allSatisfy({ $0.count == 3 }) else {
      throw wrong("palette", expected: "\(list.count) colours {red, green, blue}")
    }
    return ClassList(
      names: list.names, palette: palette.map { RGB(UInt8($0[0]), UInt8($0[1]), UInt8($0[2])) })
  }

  fileprivate func labelCoding() throws -> LabelCoding {
    let classes = try classList()
    let ids = try value("ids", as: [Int].self) ?? Array(0..<min(classes.count, 255))
    guard ids.count == classes.count, Set(ids).count == ids.count else {
      throw wrong("ids", expected: "\(classes.count) different values, one for each class")
    }
    return LabelCoding(classes: classes, ids: ids.map { UInt8($0) })
  }

  fileprivate func customDataset() throws -> CustomDataset {
    let get: LuaFunction = try required("get")
    let site = get.definition
    let held = OnInterpreter((get: get, state: state))
    return CustomDataset(count: try required("count"), classes: try classList(), requiresCallerThread: true) {
      index, random in
      let result = try held.value.get.call(index + 1, LuaRandom(random)).first ?? .nil
      return try Sample(result, from: "get", at: site, name: "\(index + 1)")
    }
  }
}
