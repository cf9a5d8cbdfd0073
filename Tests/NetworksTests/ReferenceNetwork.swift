import Autograd
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// A reference file of a network with its generated inputs, and the network with the generated weights.
struct ReferenceNetwork {
  let name: String
  let golden: Golden
  let meta: [String: Any]
  let network: SegmentationNetwork
  private let buffers: [(tensor: Tensor, value: Tensor)]

  init(_ file: String) throws {
    (name, golden) = (file, try Golden(file))
    meta = try golden.json()
    let classes = try #require(meta["num_classes"] as? Int)
    network = try ReferenceNetwork.network(file, classes: classes)
    let gain = try #require(meta["gain"] as? Double)
    let own = network.state()
    var values = [Tensor?](repeating: nil, count: own.count)
    let slots = Mutable(&values)
    try Kernel.parallel(own.count) { slots[$0] = Generator.entry(own[$0].name, own[$0].tensor.shape, gain: gain) }
    let generated = Dictionary(uniqueKeysWithValues: zip(own.map(\.name), values.compactMap { $0 }))
    try network.load(generated)
    let learnt = Set(network.parameters().map(\.name))
    buffers = own.filter { !learnt.contains($0.name) }.map { ($0.tensor, $0.tensor.copy()) }
  }

  /// The network that a file is about, without dropout.
  private static func network(_ file: String, classes: Int) throws -> SegmentationNetwork {
    if file.contains("deeplabv3p") {
      var configuration = DeepLabV3Plus.Configuration(classes: classes)
      configuration.dropout = 0
      return try DeepLabV3Plus(configuration)
    }
    if file.contains("treefcn") { return try LTF(.init(classes: classes)) }
    var configuration = HRNet.Configuration(classes: classes)
    configuration.dropout = 0
    return try HRNet(configuration)
  }

  /// Array slots that pieces of parallel work fill, each its own.
  private struct Mutable: @unchecked Sendable {
    let base: UnsafeMutablePointer<Tensor?>
    init(_ values: inout [Tensor?]) {
      base = values.withUnsafeMutableBufferPointer { $0.baseAddress! }
    }
    subscript(index: Int) -> Tensor? {
      get { base[index] }
      nonmutating set { base[index] = newValue }
    }
  }

  /// Running statistics as they were generated, and no gradients.
  func reset() {
    for (tensor, value) in buffers { tensor.assign(value) }
    network.clearGradients()
  }

  private func range(_ entry: [String: Any]) throws -> (String, Double, Double) {
    (
      try #require(entry["key"] as? String), try #require(entry["lo"] as? NSNumber).doubleValue,
      try #require(entry["hi"] as? NSNumber).doubleValue
    )
  }

  func evaluationImages() throws -> Variable {
    let entry = try #require(meta["eval_input"] as? [String: Any])
    let (key, low, high) = try range(entry)
    return Variable(Generator.uniform(key, try #require(entry["shape"] as? [Int]), low, high))
  }

  func trainingImages() throws -> Variable {
    let entry = try #require(meta["train_input"] as? [String: Any])
    let shape = try #require(entry["shape"] as? [Int])
    let samples = try #require(entry["samples"] as? [[String: Any]])
    let images = try samples.map {
      let (key, low, high) = try range($0)
      return Variable(Generator.uniform(key, [1] + shape.dropFirst(), low, high))
    }
    return try Variable.concatenated(images, 0)
  }

  /// A further input by its name in the metadata.
  func input(_ name: String) throws -> Tensor {
    let entry = try #require(meta[name] as? [String: Any])
    let (key, low, high) = try range(entry)
    return Generator.uniform(key, try #require(entry["shape"] as? [Int]), low, high)
  }

  func labels() throws -> Tensor {
    let stored = try golden.tensor("train/labels", .int32)
    let generated = Generator.labels(
      try #require(meta["labels_key"] as? String), stored.shape, classes: try #require(network.classes))
    #expect(generated.array(of: Int32.self) == stored.array(of: Int32.self))
    return stored
  }

  /// Every `step`-th row and column.
  static func strided(_ x: Tensor, _ step: Int) throws -> Tensor {
    func every(_ x: Tensor, _ d: Int) throws -> Tensor {
      let parts = try stride(from: 0, to: x.shape[d], by: step).map { try x.narrowed(d, start: $0, count: 1) }
      return try Tensor.concatenated(parts, d)
    }
    return try every(every(x, 2), 3)
  }
}
