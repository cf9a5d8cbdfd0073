import Tensors

/// What came of taking a backbone's weights from another network's state.
public struct PretrainedWeights: Sendable, Equatable {
  /// Entries that were taken.
  public var taken = 0
  /// Entries of the backbone that the file lacks; they stay as they were.
  public var missing: [String] = []
  /// Entries of the file that this network has no place for, such as a classifier of ImageNet.
  public var unused = 0
}

extension SegmentationNetwork {
  /// Takes over what a classifier trained on ImageNet, or a network of this kind, knows.
  ///
  /// A bare key `k` is meant as `backbone.resinit.k`, where this network has that, and else as `backbone.k`; a key that this network
  /// has as it stands is meant as it stands. What has no place here is left out.
  /// - Throws: `NetworkError.state` where nothing fits, a shape is another one, or a ResNet would be left incomplete: then nothing
  ///   is changed.
  public func loadPretrained(_ values: [String: Tensor]) throws -> PretrainedWeights {
    let own = Dictionary(uniqueKeysWithValues: state().map { ($0.name, $0.tensor) })
    var renamed: [String: Tensor] = [:]
    var mismatch = StateMismatch()
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let meanings = ["backbone.resinit." + key, "backbone." + key, key]
      guard let name = meanings.first(where: { own[$0] != nil }), let tensor = own[name] else {
        mismatch.unexpected.append(key)
        continue
      }
      // A head for other classes is no part of what is pretrained.
      if tensor.shape != value.shape && tensor.count + value.count > 2 {
        if name.hasPrefix("backbone.") {
          mismatch.misshaped.append(.init(name: name, found: value.shape, expected: tensor.shape))
        } else {
          mismatch.unexpected.append(key)
        }
        continue
      }
      renamed[name] = value
    }
    mismatch.missing = state().map(\.name).filter {
      $0.hasPrefix("backbone.") && renamed[$0] == nil && !Module.isCounter($0)
    }
    let needsAll = own["backbone.resinit.conv1.weight"] != nil
    guard !renamed.isEmpty, mismatch.misshaped.isEmpty, mismatch.missing.isEmpty || !needsAll else {
      throw NetworkError.state(network: "the backbone of \(type(of: self))", mismatch)
    }
    try load(renamed, matching: .whatFits)
    return PretrainedWeights(taken: renamed.count, missing: mismatch.missing, unused: mismatch.unexpected.count)
  }
}
