import Autograd
import Datasets
import Foundation
import Networks
import Storage
import Tensors
import Training

extension LuaState {
  /// `tel.models.…`: configurations that are a network from their first use on.
  func registerModels() {
    for width in [18, 32, 48] {
      add(
        "hrnet_w\(width)", [],
        help:
          "{classes=, pretrained=, embedding=256, dropout=0.1} -> HRNet-W\(width) with segmentation head and embedding"
      ) { HRNet.Configuration(classes: $0, width: width) }
    }
    let usual = HRNet.Configuration(classes: 1)
    let fields = [
      Field("width", .count, default: .integer(usual.width)),
      Field("modules", .list(.count), default: .list(usual.modules.map { .integer($0) })),
      Field("blocks", .count, default: .integer(usual.blocks)),
      Field("bottlenecks", .count, default: .integer(usual.bottlenecks)),
      Field("stem", .count, default: .integer(usual.stem)),
    ]
    add(
      "hrnet", fields,
      help:
        "{classes=, width=48, modules={1, 4, 3}, blocks=4, bottlenecks=4, stem=64, …} -> a shortened or narrowed HRNet"
    ) { HRNet.Configuration(classes: $0) }
    addDeepLab()
    addLTF()
  }

  private func addDeepLab() {
    let usual = DeepLabV3Plus.Configuration(classes: 1)
    addModel(
      "deeplabv3plus",
      Self.backboneFields + [
        Field("output_stride", .integer(8...32), default: .integer(usual.backbone.outputStride)),
        Field("embedding", .count, default: .integer(usual.embedding)),
        Field("dropout", .number(0...1), default: .number(usual.dropout)),
      ],
      help:
        "{classes=, backbone=\"resnet101\"|\"resnet50\", output_stride=16|8|32, pretrained=, embedding=256, dropout=0.1} "
        + "-> DeepLabV3+ with embedding"
    ) { configuration in
      var settings = DeepLabV3Plus.Configuration(classes: try configuration.required("classes"))
      settings.backbone = try configuration.backbone(outputStride: try configuration.required("output_stride"))
      settings.embedding = try configuration.required("embedding")
      settings.dropout = try configuration.required("dropout")
      return try DeepLabV3Plus(settings, seed: configuration.state.seed)
    }
  }

  private func addLTF() {
    let usual = LTF.Configuration(classes: 1)
    addModel(
      "ltf",
      Self.backboneFields + [
        Field("width", .count, default: .integer(usual.width)),
        Field("embedding", .count, default: .integer(usual.embedding)),
        Field("groups", .count, default: .integer(usual.groups)),
      ],
      help:
        "{classes=, backbone=\"resnet101\"|\"resnet50\", pretrained=, width=512, embedding=256, groups=16} -> a network whose "
        + "decoder filters along trees, with embedding"
    ) { configuration in
      var settings = LTF.Configuration(classes: try configuration.required("classes"))
      settings.backbone = try configuration.backbone(outputStride: settings.backbone.outputStride)
      settings.width = try configuration.required("width")
      settings.embedding = try configuration.required("embedding")
      settings.groups = try configuration.required("groups")
      return try LTF(settings, seed: configuration.state.seed)
    }
  }

  private static let backboneFields = [
    Field("backbone", .choice(ResNet.Configuration.named.keys.sorted()), default: .string("resnet101")),
    Field("planes", .count, default: 64),
  ]

  private func add(
    _ name: String, _ fields: [Field], help: String, base: @escaping (Int) -> HRNet.Configuration
  ) {
    let usual = HRNet.Configuration(classes: 1)
    let common = [
      Field("embedding", .count, default: .integer(usual.embedding)),
      Field("dropout", .number(0...1), default: .number(usual.dropout)),
    ]
    addModel(name, common + fields, help: help) { configuration in
      var settings = base(try configuration.required("classes"))
      settings.embedding = try configuration.required("embedding")
      settings.dropout = try configuration.required("dropout")
      if !fields.isEmpty {
        settings.width = try configuration.required("width")
        settings.modules = try configuration.required("modules")
        settings.blocks = try configuration.required("blocks")
        settings.bottlenecks = try configuration.required("bottlenecks")
        settings.stem = try configuration.required("stem")
      }
      return try HRNet(settings, seed: configuration.state.seed)
    }
  }

  private func addModel(
    _ name: String, _ fields: [Field], help: String, build: @escaping (Configuration) throws -> SegmentationNetwork
  ) {
    let common = [Field("classes", .count), Field("pretrained", .string)]
    let schema = ConfigurationSchema("tel.models." + name, .model, common + fields)
    schema.build = build
    schema.methods = Self.networkMethods.merging(Self.moduleMethods) { $1 }.merging(Self.backboneMethods) { $1 }
    schema.call = { configuration, call in
      try configuration.checkBelonging(call)
      return OutputTable(try configuration.network()(try call.argument(1, "images")))
    }
    register(
      schema,
      help: help + "; call it on images [N, 3, H, W] (tel.image.input) -> {logits=, coarse=, embedding=}, "
        + "or as a test does: net:logits(images, {scales=, flip=, window=}) -> [N, K, H, W], the sum of all views'")
  }

  /// What every network can do beside `moduleMethods`.
  static var networkMethods: [String: ConfigurationSchema.Method] {
    [
      "logits": { configuration, call in
        let image: Variable = try call.argument(1, "x")
        guard image.type == .float32, image.shape.count == 4, image.shape[1] == 3 else {
          throw call.wrong(1, "x", expected: "float32 [N, 3, H, W], found \(image.type.rawValue) \(image.shape)")
        }
        let evaluator = Evaluator(network: try configuration.network(), views: try call.evaluationViews(2))
        return try evaluator.output(of: image.value).logits
      },
      "predict": { configuration, call in
        let image = try call.image(1).rgb
        let evaluator = Evaluator(network: try configuration.network(), views: try call.evaluationViews(2))
        return Variable(try evaluator.classMap(of: image))
      },
    ]
  }
}

extension Configuration {
  /// The ResNet that `backbone` and `planes` name.
  fileprivate func backbone(outputStride: Int) throws -> ResNet.Configuration {
    let name: String = try required("backbone")
    guard let blocks = ResNet.Configuration.named[name] else { preconditionFailure("a backbone that was checked") }
    var backbone = ResNet.Configuration(blocks: blocks, outputStride: outputStride)
    backbone.planes = try required("planes")
    return backbone
  }

  /// The network, built and given its weights at first use.
  func network() throws -> SegmentationNetwork {
    try use {
      let network = try build(as: SegmentationNetwork.self)
      if !state.skipsPretrained, let path: String = try value("pretrained") {
        try load(pretrained: path, into: network)
      }
      return network
    }
  }

  /// - Throws: `ModelError`, what reading the file throws.
  private func load(pretrained path: String, into network: SegmentationNetwork) throws {
    let tried = state.paths.candidates(path)
    guard let file = tried.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw ModelError.noPretrained(path: path, tried: tried, site: self.site(of: ["pretrained"]))
    }
    do {
      let weights = try network.loadPretrained(try WeightFile(path: file).load())
      if !weights.missing.isEmpty {
        let names = StateMismatch(missing: weights.missing).lines.joined()
        state.output.line("warning: \(file): the backbone keeps its random weights where there are none: \(names)")
      }
    } catch let error as NetworkError {
      throw ModelError.otherBackbone(file: file, error)
    }
  }
}

/// What a network gives, for Lua: a table of named tensors.
struct OutputTable: LuaWritable {
  let output: NetworkOutput
  init(_ output: NetworkOutput) { self.output = output }

  func push(to state: LuaState) -> Int {
    var entries = output.extras
    entries["logits"] = output.logits
    entries["coarse"] = output.coarse
    entries["embedding"] = output.embedding
    return entries.push(to: state)
  }
}

/// A batch for Lua: image, guide and labels as tensors, and the images' names.
struct BatchTable: LuaWritable {
  let batch: Batch
  init(_ batch: Batch) { self.batch = batch }

  func push(to state: LuaState) -> Int {
    let table = LuaTable(in: state)
    table.set("image", Variable(batch.image))
    table.set("guide", Variable(batch.guide))
    table.set("labels", Variable(batch.labels))
    table.set("names", batch.names)
    return table.push(to: state)
  }
}
