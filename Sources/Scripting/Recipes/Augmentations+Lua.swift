import Datasets
import Tensors

extension LuaState {
  /// `tel.augment.…`: configurations that become an `Augmentation`.
  func registerAugmentations() {
    add(
      "scale", [Field("scale", .range), Field("aspect", .range)],
      help: "{scale={0.5, 2}, aspect={0.9, 1.1}} -> both sides by a random factor and ratio"
    ) {
      configuration in
      let usual = try RandomResize()
      return try RandomResize(
        scale: try configuration.range("scale") ?? usual.scale,
        aspect: try configuration.range("aspect") ?? usual.aspect)
    }
    add("resize", [Field("side", .count)], help: "{side=} -> the shorter side at this length") {
      try ResizeShorterSide(side: try $0.required("side"))
    }
    add(
      "crop", [Field("width", .count), Field("height", .count)], positional: ["width", "height"],
      help: "{width=, height=} -> a random window of at most this size"
    ) {
      try RandomCrop(width: try $0.required("width"), height: try $0.required("height"))
    }
    add(
      "flip", [Field("p", .number(0...1), default: 0.5)], help: "{p=0.5} -> left and right exchanged with a probability"
    ) {
      try RandomFlip(probability: try $0.required("p"))
    }
    add(
      "brightness", [Field("shift", .integer(0...255), default: 10)],
      help:
        "{shift=10} -> a number from -shift to shift added to the network's input; the tree loss's image keeps its brightness"
    ) {
      try RandomBrightness(shift: try $0.required("shift"))
    }
  }

  private func add(
    _ name: String, _ fields: [Field], positional: [String] = [], help: String,
    build: @escaping (Configuration) throws -> any Augmentation
  ) {
    let schema = ConfigurationSchema("tel.augment." + name, .augmentation, fields, positional: positional)
    schema.build = build
    register(schema, help: help)
  }

  /// The augmentation of a recipe: a configuration, or a function(sample, random) that changes the sample or returns another.
  func augmentation(_ value: LuaValue) throws -> any Augmentation {
    switch value {
    case .object(let object as Configuration) where object.schema.kind == .augmentation:
      return try object.build(as: (any Augmentation).self)
    case .function(let function):
      let site = function.definition
      let name = "function at \(site?.text ?? "?")"
      let held = OnInterpreter((function: function, state: self))
      return CustomAugmentation(name: name, requiresCallerThread: true) { sample, random in
        let (function, state) = held.value
        let table = try sample.table(in: state)
        let stream = LuaRandom(random)
        let result = try function.call(table, stream).first ?? .nil
        random = stream.stream
        sample = try Sample(
          result.isNil ? .table(table) : result, from: "the augmentation", at: site, name: sample.name)
      }
    default: preconditionFailure("an augmentation is a configuration or a function")
    }
  }
}

extension Configuration {
  /// A field that is a list of two numbers, the smaller first.
  fileprivate func range(_ key: String) throws -> ClosedRange<Double>? {
    guard let bounds: [Double] = try value(key) else { return nil }
    guard bounds.count == 2, bounds[0] <= bounds[1] else {
      throw wrong(key, expected: "two numbers, the smaller first")
    }
    return bounds[0]...bounds[1]
  }
}
