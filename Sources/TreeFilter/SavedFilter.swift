import Kernels
import Tensors

/// A filter over a batch, and what its forward pass leaves for the backward pass. A piece is one group of one image.
struct SavedFilter<T: FilterElement> {
  typealias Row = SIMD8<T>

  let trees: [SpanningTree]
  let groups: Int
  let sigma: Double
  let rows: NodeRows
  /// Edge weights in breadth-first order and reciprocal norms in pixel order, [pieces, V] each and some room.
  private let weights: Tensor
  private let norms: Tensor
  /// The sums of the way up [pieces, rows], kept only if the embedding wants a gradient.
  private let up: Tensor?

  /// - Parameter sigma: 1 for the high form.
  init(_ trees: [SpanningTree], groups: Int = 1, sigma: Double, rows: NodeRows, differentiatesEmbedding: Bool) {
    (self.trees, self.groups, self.sigma, self.rows) = (trees, groups, sigma, rows)
    let pieces = trees.count * groups
    weights = Tensor(uninitialized: [pieces, rows.vertices + TreeWalk.extraRows], T.elementType)
    norms = Tensor(uninitialized: [pieces, rows.vertices + TreeWalk.extraRows], T.elementType)
    up = differentiatesEmbedding ? Tensor(uninitialized: [pieces, 8 * rows.laneCount], T.elementType) : nil
  }

  var pieces: Int { trees.count * groups }
  var differentiatesEmbedding: Bool { up != nil }

  private func passes(_ piece: Int) -> FilterPasses<T> {
    FilterPasses(walk: Walk(trees[piece / groups]), rows: rows)
  }

  private func values(_ tensor: Tensor, _ piece: Int) -> UnsafeMutablePointer<T> {
    tensor.elements(of: T.self) + piece * tensor.shape[1]
  }

  /// Filters `features` into `result`, which may be the same memory.
  /// - Parameters:
  ///   - distances: squared distances of the embedding between each position and its parent, [V] breadth first.
  ///   - scratch: room for all rows.
  func forward(
    _ piece: Int, distances: UnsafePointer<T>, _ features: UnsafePointer<Row>,
    into result: UnsafeMutablePointer<Row>, scratch: UnsafeMutablePointer<Row>
  ) {
    let (passes, weights) = (passes(piece), values(weights, piece))
    FilterPasses.weights(distances, sigma: T(sigma), count: rows.vertices, into: weights)
    let sums = up.map { $0.rows(of: T.self) + piece * rows.laneCount } ?? scratch
    passes.aggregate(features, weights, into: sums)
    passes.spreadNormalised(sums, weights, into: result, norms: values(norms, piece))
  }

  /// Sets `gradient` to that of the features (channel 0 means nothing).
  /// - Parameters:
  ///   - gradient: that of the result, if it comes as rows.
  ///   - result: what `forward` gave; not needed where only features want a gradient that comes as rows.
  ///   - slots: become twice the gradient of the embedding's squared distance along each tree edge, if it wants one.
  ///   - scratch: room for all rows.
  func backward(
    _ piece: Int, _ gradient: UnsafeMutablePointer<Row>, from source: GradientSource<T> = .rows,
    result: UnsafePointer<Row>? = nil, slots: UnsafeMutablePointer<T>? = nil, scratch: UnsafeMutablePointer<Row>
  ) {
    let (passes, weights) = (passes(piece), values(weights, piece))
    passes.aggregateGradient(
      gradient, from: source, norms: values(norms, piece), result: result, weights, into: scratch)
    guard let up, let slots else { return passes.spreadPlain(scratch, weights, into: gradient) }
    passes.spreadWithDistanceGradient(
      scratch, up.rows(of: T.self) + piece * rows.laneCount, weights, into: gradient, slots: slots)
  }
}

extension Tensor {
  /// The address of the elements; the caller keeps the tensor alive.
  func elements<T: FilterElement>(of _: T.Type) -> UnsafeMutablePointer<T> {
    Tensor.withPointers(self, of: T.self) { $0 }
  }

  /// The address of the elements as vectors of eight.
  func rows<T: FilterElement>(of _: T.Type) -> UnsafeMutablePointer<SIMD8<T>> {
    UnsafeMutableRawPointer(elements(of: T.self)).assumingMemoryBound(to: SIMD8<T>.self)
  }
}
