import Autograd
import Tensors

/// Filters features along minimum spanning trees: each pixel becomes a mean of all pixels of its image, weighted by the
/// product of edge weights on the tree path to them (Tree Energy Loss, CVPR 2022, section 3.3).
///
///     y[c,i] = Σ_j S(i,j) x[c,j] / Σ_j S(i,j)        S(i,j) = Π w over the path i→j
///
/// The low form (`sigma` given) has w = exp(-d/sigma), the high form w = exp(-d), with d the squared distance of the embedding
/// between the two ends of an edge. Gradients flow to `x` in both forms, to the embedding in the high form only, never to the tree.
/// Time and memory O(N C V).
/// - Parameters:
///   - x: features [N, C, H, W], float32 or float64.
///   - embedding: [N, E, H, W] of the same type.
///   - tree: the trees of N guides of H×W pixels.
///   - sigma: positive scale of squared distances; nil for the high form.
///   - groups: channels of `x` and of the embedding are split into that many equal blocks, each with edge weights of its own.
/// - Returns: [N, C, H, W]; channels keep constants, ranges, and sums over channels.
/// - Throws: `TensorError`, `TreeError`, `Interrupted`.
public func treeFilter(
  _ x: Variable, embedding: Variable, tree: MinimumSpanningTree, sigma: Double? = nil, groups: Int = 1
) throws -> Variable {
  try checkFilter(x.value, embedding.value, tree, sigma, groups)
  if x.type == .float32 {
    return try FilterOperation<Float>(tree, sigma, groups, x, embedding).recorded()
  } else {
    return try FilterOperation<Double>(tree, sigma, groups, x, embedding).recorded()
  }
}

private func checkFilter(
  _ x: Tensor, _ embedding: Tensor, _ tree: MinimumSpanningTree, _ sigma: Double?, _ groups: Int
) throws {
  let operation = "tree filter"
  guard x.type.isFloating else {
    throw TensorError.type(operation: operation, found: x.type, expected: "features of float32 or float64")
  }
  guard embedding.type == x.type else {
    throw TensorError.type(
      operation: operation, found: embedding.type, expected: "an embedding of \(x.type.rawValue), as the features are")
  }
  for (name, tensor) in [("features", x), ("an embedding", embedding)] {
    guard tensor.rank == 4, tensor.shape[1] > 0 else {
      throw TensorError.shape(operation: operation, found: "\(tensor.shape)", expected: "\(name) [N, C, H, W]")
    }
    guard tensor.shape[0] == tree.trees.count, tensor.shape[2] == tree.grid.height, tensor.shape[3] == tree.grid.width
    else {
      throw TreeError.treeOfAnotherSize(
        operation: operation, tree: [tree.trees.count, tree.grid.height, tree.grid.width], tensor: tensor.shape)
    }
    guard groups > 0, tensor.shape[1] % groups == 0 else {
      throw TreeError.groups(operation: operation, groups: groups, name: name, channels: tensor.shape[1])
    }
  }
  if let sigma { try TreeError.checkSigma(sigma, operation) }
}

extension TreeError {
  static func checkSigma(_ sigma: Double, _ operation: String) throws {
    guard sigma > 0, sigma.isFinite else { throw TreeError.sigma(operation: operation, found: sigma) }
  }
}

/// One call of the filter: the forward pass, what it saved, and the backward pass. A piece of work is one group of one image.
private final class FilterOperation<T: FilterElement> {
  typealias Row = SIMD8<T>

  private let tree: MinimumSpanningTree
  private let sigma: Double?
  private let groups: Int
  private let inputs: [Variable]
  private let x: Tensor
  private let embedding: Tensor
  private let rows: NodeRows
  /// Channels of the embedding in a group.
  private let embeddingChannels: Int
  private let differentiatesEmbedding: Bool
  /// Edge weights in breadth-first order and reciprocal norms in pixel order, [pieces, V] each.
  private let weights: Tensor
  private let norms: Tensor
  /// The sums of the way up [pieces, V, row], kept if the embedding wants a gradient.
  private let up: Tensor?
  private let output: Tensor

  init(_ tree: MinimumSpanningTree, _ sigma: Double?, _ groups: Int, _ x: Variable, _ embedding: Variable) {
    (self.tree, self.sigma, self.groups) = (tree, sigma, groups)
    inputs = [x, embedding]
    (self.x, self.embedding) = (x.value.contiguous(), embedding.value.contiguous())
    let (vertices, pieces) = (tree.grid.vertexCount, tree.trees.count * groups)
    rows = NodeRows(channels: x.shape[1] / groups, vertices: vertices)
    embeddingChannels = embedding.shape[1] / groups
    differentiatesEmbedding = sigma == nil && embedding.requiresGradient && Tape.isRecording
    weights = Tensor(uninitialized: [pieces, vertices], T.elementType)
    norms = Tensor(uninitialized: [pieces, vertices], T.elementType)
    up = differentiatesEmbedding ? Tensor(uninitialized: [pieces, vertices, 8 * rows.lanes], T.elementType) : nil
    output = Tensor(uninitialized: x.shape, T.elementType)
  }

  func recorded() throws -> Variable {
    try forward()
    return Tape.record("tree filter", output, inputs: inputs, backward: backward)
  }

  private var pieces: Int { tree.trees.count * groups }
  private var rowBytes: Int { Scratch.byteCount(rows.laneCount, of: Row.self) }
  private var slotBytes: Int { Scratch.byteCount(tree.grid.slotCount, of: T.self) }

  private func passes(_ piece: Int) -> FilterPasses<T> {
    FilterPasses(walk: Walk(tree.trees[piece / groups]), rows: rows)
  }

  /// The planes of a piece in a tensor [N, C, H, W].
  private func planes(_ tensor: Tensor, _ piece: Int) -> UnsafeMutablePointer<T> {
    elements(tensor) + piece * (tensor.shape[1] / groups) * rows.vertices
  }

  private func forward() throws {
    let bytes = slotBytes + Scratch.byteCount(rows.vertices, of: T.self) + rowBytes + (up == nil ? rowBytes : 0)
    try Scratch.parallel(pieces, byteCount: bytes) { piece, scratch in
      let passes = self.passes(piece)
      let slots = scratch.take(tree.grid.slotCount, of: T.self)
      let distances = scratch.take(rows.vertices, of: T.self)
      squaredDistances(planes(embedding, piece), channels: embeddingChannels, on: tree.grid, into: slots)
      passes.walk.gather(slots, into: distances)
      let weights = elements(weights) + piece * rows.vertices
      FilterPasses.weights(distances, sigma: T(sigma ?? 1), count: rows.vertices, into: weights)

      let features = scratch.take(rows.laneCount, of: Row.self)
      rows.load(planes(x, piece), constant: 1, into: features)
      let sums = up.map { self.rowAddress($0, piece) } ?? scratch.take(rows.laneCount, of: Row.self)
      passes.aggregate(features, weights, into: sums)
      passes.spreadNormalised(sums, weights, into: features, norms: elements(norms) + piece * rows.vertices)
      rows.store(features, into: planes(output, piece))
    }
    extendLifetime(self)
  }

  private func backward(_ gradient: Tensor) throws -> [Tensor?] {
    let gradient = gradient.contiguous()
    let gradientX = Tensor(uninitialized: x.shape, T.elementType)
    let gradientEmbedding = differentiatesEmbedding ? Tensor(uninitialized: embedding.shape, T.elementType) : nil
    let bytes = 2 * rowBytes + slotBytes + Scratch.byteCount(rows.vertices, of: T.self)
    try Scratch.parallel(pieces, byteCount: bytes) { piece, scratch in
      let passes = self.passes(piece)
      let weights = elements(weights) + piece * rows.vertices
      let norms = elements(norms) + piece * rows.vertices
      let features = scratch.take(rows.laneCount, of: Row.self)
      let sums = scratch.take(rows.laneCount, of: Row.self)
      rows.load(planes(gradient, piece), constant: 0, into: features)
      if let up, let gradientEmbedding {
        let response = scratch.take(rows.vertices, of: T.self)
        dotOverChannels(planes(gradient, piece), planes(output, piece), into: response)
        for vertex in 0..<rows.vertices { features[vertex * rows.lanes][0] = -response[vertex] }
        rows.scale(features, by: norms)
        passes.aggregate(features, weights, into: sums)
        passes.spreadWithWeightGradient(
          sums, rowAddress(up, piece), weights, into: features, weightGradient: response)
        let slots = scratch.take(tree.grid.slotCount, of: T.self)
        passes.distanceGradient(response, weights, into: slots)
        spreadDistanceGradient(
          slots, planes(embedding, piece), channels: embeddingChannels, on: tree.grid,
          into: planes(gradientEmbedding, piece))
      } else {
        rows.scale(features, by: norms)
        passes.aggregate(features, weights, into: sums)
        passes.spreadPlain(sums, weights, into: features)
      }
      rows.store(features, into: planes(gradientX, piece))
    }
    extendLifetime(self)
    return [gradientX, gradientEmbedding]
  }

  private func elements(_ tensor: Tensor) -> UnsafeMutablePointer<T> {
    Tensor.withPointers(tensor, of: T.self) { $0 }
  }

  private func rowAddress(_ tensor: Tensor, _ piece: Int) -> UnsafeMutablePointer<Row> {
    UnsafeMutableRawPointer(elements(tensor)).assumingMemoryBound(to: Row.self) + piece * rows.laneCount
  }

  private func dotOverChannels(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, into dots: UnsafeMutablePointer<T>
  ) {
    dots.update(repeating: 0, count: rows.vertices)
    for channel in 0..<rows.channels {
      let (a, b) = (a + channel * rows.vertices, b + channel * rows.vertices)
      for vertex in 0..<rows.vertices { dots[vertex] += a[vertex] * b[vertex] }
    }
  }
}
