import Kernels
import Tensors

/// The gradient that a filter's way back begins with.
enum GradientSource<T: FilterElement> {
  /// It lies in the rows that will hold the features' gradient.
  case rows
  /// That of factor · Σ |p - result|, over the vertices where a mask is not 0. It is not written down.
  case distance(from: UnsafePointer<SIMD8<T>>, where: UnsafePointer<UInt8>, factor: T)
}

/// The linear-time walks of the tree filter over rows of one image and one group.
///
/// With w_p the weight between position p and its parent q, and S(i,j) the product of the weights on the path i→j:
///
///     up[p]  = x[p] + Σ_children w_c up[c]                 children before parents
///     tot[p] = (1 - w_p²) up[p] + w_p tot[q]               parents before children;  tot[p] = Σ_j S(p,j) x[j]
///     y[p]   = tot[p] / tot1[p]                            tot1: the same sum over the constant 1, which is channel 0
///
/// Weights and `up` are in breadth-first order, features and results in the order of the pixels. The root's weight is 0.
/// What the way down must remember of earlier rows is kept in a ring instead of a whole array.
struct FilterPasses<T: FilterElement> {
  typealias Row = SIMD8<T>

  let walk: Walk
  let rows: NodeRows

  /// Weights exp(-d / sigma) of each position's edge to its parent, from squared distances in the same order; 0 at the root.
  static func weights(
    _ distances: UnsafePointer<T>, sigma: T, count: Int, into weights: UnsafeMutablePointer<T>
  ) {
    if let kernels = T.kernels {
      return kernels.edgeWeights(
        floats(distances), scale: -1 / Float(sigma.asDouble), count: count, into: floats(weights))
    }
    let scale = Row(repeating: -1 / sigma)
    for start in stride(from: 0, to: count, by: 8) {
      var d = Row.zero
      for i in 0..<min(8, count - start) { d[i] = distances[start + i] }
      let w = T.exponential(T.multiply(d, scale))
      for i in 0..<min(8, count - start) { weights[start + i] = w[i] }
    }
    weights[0] = 0
  }

  /// Leaves to root: each position's own row plus its children's, weighted.
  func aggregate(_ x: UnsafePointer<Row>, _ weights: UnsafePointer<T>, into up: UnsafeMutablePointer<Row>) {
    if let kernels = T.kernels {
      return kernels.aggregate(
        TreeSource(rows: floats(x)), walk.kernelWalk, floats(weights), octets: rows.lanes, into: floats(up))
    }
    let lanes = rows.lanes
    for position in stride(from: rows.vertices - 1, through: 0, by: -1) {
      let own = x + Int(walk.order[position]) &* lanes
      let out = up + position &* lanes
      let child = Int(walk.firstChild[position])
      let first = up + child &* lanes
      switch Int(walk.firstChild[position &+ 1]) &- child {
      case 0:
        for l in 0..<lanes { out[l] = own[l] }
      case 1:
        let a = Row(repeating: weights[child])
        for l in 0..<lanes { out[l] = T.multiplyAdd(a, first[l], own[l]) }
      case 2:
        let (a, b) = (Row(repeating: weights[child]), Row(repeating: weights[child &+ 1]))
        let second = first + lanes
        for l in 0..<lanes { out[l] = T.multiplyAdd(b, second[l], T.multiplyAdd(a, first[l], own[l])) }
      default:
        let (a, b) = (Row(repeating: weights[child]), Row(repeating: weights[child &+ 1]))
        let c = Row(repeating: weights[child &+ 2])
        let (second, third) = (first + lanes, first + 2 &* lanes)
        for l in 0..<lanes {
          out[l] = T.multiplyAdd(
            c, third[l], T.multiplyAdd(b, second[l], T.multiplyAdd(a, first[l], own[l])))
        }
      }
    }
  }

  /// Leaves to root, on a filter's way back: the gradient of its result, times the reciprocal norms.
  /// - Parameters:
  ///   - g: the gradient, if it comes as rows; it may be changed.
  ///   - result: what the filter gave, if its normalisation shall be differentiated as well.
  func aggregateGradient(
    _ g: UnsafeMutablePointer<Row>, from source: GradientSource<T>, norms: UnsafePointer<T>,
    result: UnsafePointer<Row>?, _ weights: UnsafePointer<T>, into up: UnsafeMutablePointer<Row>
  ) {
    if let kernels = T.kernels {
      var start = TreeSource(rows: floats(UnsafePointer(g)), norms: floats(norms), result: result.map { floats($0) })
      if case .distance(let p, let mask, let factor) = source {
        start.rows = floats(p)
        start.mask = mask
        start.factor = -Float(factor.asDouble)
      }
      return kernels.aggregate(start, walk.kernelWalk, floats(weights), octets: rows.lanes, into: floats(up))
    }
    if case .distance(let p, let mask, let factor) = source, let result {
      rows.distanceGradient(p, result, where: mask, factor: -factor, into: g)
    }
    if let result { rows.respondToNormalisation(g, result) }
    rows.scale(g, by: norms)
    aggregate(g, weights, into: up)
  }

  /// Root to leaves: the normalised result in pixel order, its channel 0 exactly 1, and the reciprocal norms [V] in pixel order.
  func spreadNormalised(
    _ up: UnsafePointer<Row>, _ weights: UnsafePointer<T>, into y: UnsafeMutablePointer<Row>,
    norms: UnsafeMutablePointer<T>
  ) {
    if let kernels = T.kernels {
      return withRing { ring in
        kernels.spread(
          floats(up), walk.kernelWalk, floats(weights), octets: rows.lanes, into: floats(y), norms: floats(norms),
          ring: floats(ring))
      }
    }
    spread(up, weights) { vertex, totals in
      let norm = 1 / totals[0][0]
      norms[vertex] = norm
      let (out, factor) = (y + vertex &* rows.lanes, Row(repeating: norm))
      for l in 0..<rows.lanes { out[l] = T.multiply(totals[l], factor) }
      out[0][0] = 1
    }
  }

  /// Root to leaves: the plain sums in pixel order. S is symmetric, so this with `aggregate` is also the filter's adjoint.
  func spreadPlain(
    _ up: UnsafePointer<Row>, _ weights: UnsafePointer<T>, into sums: UnsafeMutablePointer<Row>
  ) {
    if let kernels = T.kernels {
      return withRing { ring in
        kernels.spread(
          floats(up), walk.kernelWalk, floats(weights), octets: rows.lanes, into: floats(sums), norms: nil,
          ring: floats(ring))
      }
    }
    spread(up, weights) { vertex, totals in
      let out = sums + vertex &* rows.lanes
      for l in 0..<rows.lanes { out[l] = totals[l] }
    }
  }

  @inline(__always)
  private func spread(
    _ up: UnsafePointer<Row>, _ weights: UnsafePointer<T>, _ emit: (_ vertex: Int, UnsafePointer<Row>) -> Void
  ) {
    let (lanes, mask) = (rows.lanes, walk.ringSize &- 1)
    withRing { ring in
      for position in 0..<rows.vertices {
        let w = weights[position]
        let (keep, pass) = (Row(repeating: (1 - w) * (1 + w)), Row(repeating: w))
        let above = ring + (Int(walk.parent[position]) & mask) &* lanes
        let (own, total) = (up + position &* lanes, ring + (position & mask) &* lanes)
        for l in 0..<lanes { total[l] = T.multiplyAdd(keep, own[l], T.multiply(pass, above[l])) }
        emit(Int(walk.order[position]), total)
      }
    }
  }

  /// Root to leaves for the gradient: the plain sums of `upA` in pixel order, and twice the gradient of each tree edge's squared
  /// distance in its slot (`spreadDistanceGradient`), 0 elsewhere; for w = exp(-d).
  ///
  /// Cutting the edge between p and its parent q splits the tree: `tot[q] - w_p up[p]` is what q sees outside of p's subtree. So
  ///
  ///     dL/dw_p = Σ_c upA[p] (tot[q] - w_p up[p]) + up[p] (totA[q] - w_p upA[p])
  ///
  /// over the features' channels, with A = gradient / norm, and over channel 0, where A = -Σ_c gradient · y / norm stands for the
  /// normalisation. `tot` is worked out again from `up`, as on the way forward.
  func spreadWithDistanceGradient(
    _ upA: UnsafePointer<Row>, _ up: UnsafePointer<Row>, _ weights: UnsafePointer<T>,
    into sums: UnsafeMutablePointer<Row>, slots: UnsafeMutablePointer<T>
  ) {
    slots.update(repeating: 0, count: walk.grid.slotCount)
    if let kernels = T.kernels {
      return withRing(2) { ring in
        kernels.spreadGradient(
          floats(upA), floats(up), walk.kernelWalk, floats(weights), octets: rows.lanes, into: floats(sums),
          slots: floats(slots), ring: floats(ring))
      }
    }
    let (lanes, mask) = (rows.lanes, walk.ringSize &- 1)
    withRing { ringA in
      withRing { ring in
        for position in 0..<rows.vertices {
          let w = weights[position]
          let (keep, pass) = (Row(repeating: (1 - w) * (1 + w)), Row(repeating: w))
          let twice = Row(repeating: -2 * w)
          let above = (Int(walk.parent[position]) & mask) &* lanes
          let here = (position & mask) &* lanes
          let (ownA, own) = (upA + position &* lanes, up + position &* lanes)
          let out = sums + Int(walk.order[position]) &* lanes
          var gradient = Row.zero
          for l in 0..<lanes {
            let (a, x, aboveA, aboveX) = (ownA[l], own[l], ringA[above &+ l], ring[above &+ l])
            gradient = T.multiplyAdd(a, T.multiplyAdd(twice, x, aboveX), T.multiplyAdd(x, aboveA, gradient))
            let total = T.multiplyAdd(keep, a, T.multiply(pass, aboveA))
            ringA[here &+ l] = total
            ring[here &+ l] = T.multiplyAdd(keep, x, T.multiply(pass, aboveX))
            out[l] = total
          }
          if position > 0 { slots[Int(walk.slot[position])] = -2 * w * T.sum(gradient) }
        }
      }
    }
  }

  /// A ring of rows for the way down, `width` side by side; row 0, where the root finds its parent, starts as zeros.
  @inline(__always)
  private func withRing(_ width: Int = 1, _ body: (UnsafeMutablePointer<Row>) -> Void) {
    let count = walk.ringSize * rows.lanes * width
    let buffer = Buffer(byteCount: count * MemoryLayout<Row>.stride)
    let ring = buffer.bytes.bindMemory(to: Row.self, capacity: count)
    ring.update(repeating: .zero, count: rows.lanes)
    body(ring)
    extendLifetime(buffer)
  }
}
