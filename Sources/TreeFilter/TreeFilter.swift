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
    return try FilterOperation<Float>(tree, sigma, groups, x, embedding).recorded([x, embedding])
  } else {
    return try FilterOperation<Double>(tree, sigma, groups, x, embedding).recorded([x, embedding])
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

/// One call of the filter: the forward pass, what it saved, and the backward pass.
private final class FilterOperation<T: FilterElement> {
  typealias Row = SIMD8<T>

  private let x: Tensor
  private let embedding: Tensor
  private let output: Tensor
  private let filter: SavedFilter<T>
  private let rows: NodeRows
  private let grid: GridGraph
  /// Channels of the embedding in a group.
  private let embeddingChannels: Int

  init(_ tree: MinimumSpanningTree, _ sigma: Double?, _ groups: Int, _ x: Variable, _ embedding: Variable) {
    (self.x, self.embedding) = (x.value.contiguous(), embedding.value.contiguous())
    output = Tensor(uninitialized: x.shape, T.elementType)
    grid = tree.grid
    rows = NodeRows(channels: x.shape[1] / groups, vertices: tree.grid.vertexCount)
    embeddingChannels = embedding.shape[1] / groups
    filter = SavedFilter(
      tree.trees, groups: groups, sigma: sigma ?? 1, rows: rows,
      differentiatesEmbedding: sigma == nil && embedding.requiresGradient && Tape.isRecording)
  }

  func recorded(_ inputs: [Variable]) throws -> Variable {
    try forward()
    return Tape.record("tree filter", output, inputs: inputs) { [self] in try backward($0) }
  }

  private var rowBytes: Int { Scratch.byteCount(rows.laneCount, of: Row.self) }
  private var slotBytes: Int { Scratch.byteCount(grid.slotCount, of: T.self) }
  private var vertexBytes: Int { Scratch.byteCount(rows.vertices, of: T.self) }

  /// The planes of a piece in a tensor [N, C, H, W].
  private func planes(_ tensor: Tensor, _ piece: Int) -> UnsafeMutablePointer<T> {
    tensor.elements(of: T.self) + piece * (tensor.shape[1] / filter.groups) * rows.vertices
  }

  private func forward() throws {
    try Scratch.parallel(filter.pieces, byteCount: 2 * rowBytes + slotBytes + vertexBytes) { piece, scratch in
      let slots = scratch.take(grid.slotCount, of: T.self)
      let distances = scratch.take(rows.vertices, of: T.self)
      slots.update(repeating: 0, count: grid.slotCount)
      squaredDistances(
        planes(embedding, piece), channels: embeddingChannels, on: grid, rows: 0..<grid.height, into: slots)
      Walk(filter.trees[piece / filter.groups]).gather(slots, into: distances)
      let features = scratch.take(rows.laneCount, of: Row.self)
      rows.load(planes(x, piece), constant: 1, into: features)
      filter.forward(
        piece, distances: distances, features, into: features, scratch: scratch.take(rows.laneCount, of: Row.self))
      rows.store(features, into: planes(output, piece))
    }
    extendLifetime(self)
  }

  private func backward(_ gradient: Tensor) throws -> [Tensor?] {
    let gradient = gradient.contiguous()
    let gradientX = Tensor(uninitialized: x.shape, T.elementType)
    let gradientEmbedding =
      filter.differentiatesEmbedding ? Tensor(uninitialized: embedding.shape, T.elementType) : nil
    try Scratch.parallel(filter.pieces, byteCount: 3 * rowBytes + slotBytes) { piece, scratch in
      let features = scratch.take(rows.laneCount, of: Row.self)
      let room = scratch.take(rows.laneCount, of: Row.self)
      rows.load(planes(gradient, piece), constant: 0, into: features)
      if let gradientEmbedding {
        let slots = scratch.take(grid.slotCount, of: T.self)
        let result = scratch.take(rows.laneCount, of: Row.self)
        rows.load(planes(output, piece), constant: 1, into: result)
        filter.backward(piece, features, result: result, slots: slots, scratch: room)
        spreadDistanceGradient(
          slots, planes(embedding, piece), channels: embeddingChannels, on: grid,
          into: planes(gradientEmbedding, piece))
      } else {
        filter.backward(piece, features, scratch: room)
      }
      rows.store(features, into: planes(gradientX, piece))
    }
    extendLifetime((self, gradient))
    return [gradientX, gradientEmbedding]
  }
}
