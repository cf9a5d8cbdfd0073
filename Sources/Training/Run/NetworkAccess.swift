import Autograd
import Datasets
import Networks
import Storage
import Tensors

extension Module {
  /// Parameters by state-dict key, in the network's order.
  package var namedParameters: [NamedParameter] {
    parameters().map { NamedParameter(name: $0.name, variable: $0.variable) }
  }

  /// The whole state dict, sharing storage.
  var namedState: [(name: String, tensor: Tensor)] { state() }

  /// Takes over the weights of a checkpoint, a PyTorch file or a safetensors file, and nothing else of it.
  /// - Throws: `RunError.otherNetwork` where they don't fit; what reading throws.
  @discardableResult
  package func loadWeights(from file: String, matching: StateMatching = .exact) throws -> StateMismatch {
    let own = Dictionary(namedState.map { ($0.name, $0.tensor) }) { first, _ in first }
    let state = try WeightFile(path: file).tensors.map { stored in
      let fits = own[stored.name].map { stored.shape == $0.shape || (stored.count == 1 && $0.count == 1) } ?? false
      // What isn't this network's is not read: its name and shape are all that is told of it.
      return (stored.name, fits ? try stored.load() : try Tensor(scalar: 0).expanded(to: stored.shape))
    }
    return try load(Dictionary(state) { first, _ in first }, from: file, matching: matching)
  }

  /// Takes over a checkpoint's running average of the weights, where it keeps one.
  /// - Returns: whether it does.
  /// - Throws: as `loadWeights`.
  @discardableResult
  package func loadAverage(of file: String) throws -> Bool {
    let average = try Checkpoint.average(of: file)
    if average.isEmpty { return false }
    try load(average.reduce(into: [:]) { $0[$1.name] = try $1.load() }, from: file)
    return true
  }

  /// Takes over a state dict, or nothing.
  @discardableResult
  func load(_ state: [String: Tensor], from file: String, matching: StateMatching = .exact) throws -> StateMismatch {
    do {
      return try load(state, matching: matching)
    } catch let error as NetworkError {
      throw RunError.otherNetwork(file: file, error)
    }
  }
}

extension NetworkOutput {
  /// The outputs of some images of the batch.
  func part(_ images: Range<Int>) throws -> NetworkOutput {
    func narrowed(_ variable: Variable) throws -> Variable {
      try variable.narrowed(0, start: images.lowerBound, count: images.count)
    }
    var part = NetworkOutput(
      logits: try narrowed(logits), coarse: try coarse.map(narrowed), embedding: try embedding.map(narrowed))
    part.extras = try extras.mapValues(narrowed)
    return part
  }
}

extension Batch {
  /// Some images of the batch.
  func part(_ images: Range<Int>) throws -> Batch {
    func narrowed(_ tensor: Tensor) throws -> Tensor {
      try tensor.narrowed(0, start: images.lowerBound, count: images.count)
    }
    return Batch(
      image: try narrowed(image), guide: try narrowed(guide), labels: try narrowed(labels), names: Array(names[images]))
  }

  /// Whether any pixel has a class.
  var hasLabels: Bool {
    let labels = labels.contiguous()
    return Tensor.withPointers(labels, of: Int32.self) { labels in
      (0..<self.labels.count).contains { labels[$0] >= 0 }
    }
  }

  /// A black batch of a shape, all of class 0, for dry runs: a loss function may look at labels itself.
  static func blank(count: Int, height: Int, width: Int) -> Batch {
    Batch(
      image: Tensor(zeros: [count, 3, height, width]), guide: Tensor(zeros: [count, 3, height, width]),
      labels: Tensor(zeros: [count, height, width], .int32), names: (0..<count).map { "image \($0)" })
  }

  var byteCount: Int { [image, guide, labels].reduce(0) { $0 + $1.byteCount } }
}
