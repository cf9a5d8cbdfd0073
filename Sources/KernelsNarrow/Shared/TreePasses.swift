import CProcessor
import Kernels

/// The walks along a tree. How many octets a row has is a constant where it matters most (3: 16 to 23 channels), which unrolls.
///
/// At 128×256 pixels and 19 classes the rows of a walk (3 MB each) exceed the second-level cache, and the walks run at the speed
/// of the third: about as many bytes as one read and one write of all rows. To walk octet by octet, so that everything fits, was
/// slower by half: finding a position's children or parent costs as much as its row. Prefetching further ahead changed nothing.
enum TreePasses {
  /// How many positions ahead rows are asked for that lie in the order of the pixels.
  @inline(__always) static var ahead: Int { 16 }

  @inline(__always)
  static func prefetch(_ rows: Floats, _ vertex: Int32, _ stride: Int) {
    let address = rows + Int(vertex) &* stride
    var at = 0
    while at < stride {
      processor_prefetch(address + at)
      at &+= 16
    }
    processor_prefetch(address + (stride &- 1))
  }

  /// A weight, or 0 without a child: by a mask, for which child there is can't be predicted.
  @inline(__always)
  private static func weight(_ weight: Float, ifPositive count: Int) -> Float {
    Float(bitPattern: weight.bitPattern & UInt32(truncatingIfNeeded: (0 &- count) >> 63))
  }

  /// Two children are added whether they exist or not; a third, which is rare, by a branch.
  /// - Parameters:
  ///   - begin: what the octets of a vertex need besides themselves; `row` is where its row begins.
  ///   - own: an octet of the vertex's own row, at `at`.
  @inline(__always)
  static func aggregate<Head>(
    _ walk: TreeWalk, _ weights: Floats, octets: Int, into up: MutableFloats, rows: Floats, result: Floats?,
    begin: (_ vertex: Int, _ row: Int) -> Head, own: (_ at: Int, _ first: Bool, Head) -> Octet
  ) {
    let (stride, vertices) = (8 &* octets, walk.grid.vertices)
    for i in 0..<TreeWalk.extraRows &* stride { up[vertices &* stride &+ i] = 0 }
    var position = vertices &- 1
    while position >= 0 {
      let coming = walk.order[position < ahead ? 0 : position &- ahead]
      prefetch(rows, coming, stride)
      if let result { prefetch(result, coming, stride) }
      let vertex = Int(walk.order[position])
      let row = vertex &* stride
      let out = up + position &* stride
      let child = Int(walk.firstChild[position])
      let count = Int(walk.firstChild[position &+ 1]) &- child
      let a = Octet(repeating: weight(weights[child], ifPositive: count))
      let b = Octet(repeating: weight(weights[child &+ 1], ifPositive: count &- 1))
      let first = up + child &* stride
      let head = begin(vertex, row)
      for l in 0..<octets {
        let at = 8 &* l
        own(row &+ at, l == 0, head).fma(a, Octet(first + at)).fma(b, Octet(first + (stride &+ at))).store(out + at)
      }
      if count > 2 {
        let c = Octet(repeating: weights[child &+ 2])
        for l in 0..<octets {
          let at = 8 &* l
          Octet(out + at).fma(c, Octet(first + (2 &* stride &+ at))).store(out + at)
        }
      }
      position &-= 1
    }
  }

  @inline(__always)
  static func aggregate(
    _ x: TreeSource, _ walk: TreeWalk, _ weights: Floats, octets: Int, into up: MutableFloats
  ) {
    let rows = x.rows
    guard let norms = x.norms else {
      return aggregate(
        walk, weights, octets: octets, into: up, rows: rows, result: nil, begin: { _, _ in 0 },
        own: { at, _, _ in Octet(rows + at) })
    }
    guard let result = x.result else {
      return aggregate(
        walk, weights, octets: octets, into: up, rows: rows, result: nil,
        begin: { vertex, _ in Octet(repeating: norms[vertex]) }, own: { at, _, norm in Octet(rows + at) * norm })
    }
    guard let mask = x.mask else {
      return aggregate(
        walk, weights, octets: octets, into: up, rows: rows, result: result,
        begin: { vertex, row in
          let norm = norms[vertex]
          var response = Octet(rows + row).replacingFirst(0) * Octet(result + row)
          for l in 1..<(octets > 1 ? octets : 1) {
            response = response.fma(Octet(rows + (row &+ 8 &* l)), Octet(result + (row &+ 8 &* l)))
          }
          return (norm: Octet(repeating: norm), constant: -response.total * norm)
        },
        own: { at, isFirst, head in
          let g = Octet(rows + at) * head.norm
          return isFirst ? g.replacingFirst(head.constant) : g
        })
    }
    // Channel 0 is 1 in both, so its sign is 0.
    let factor = x.factor
    aggregate(
      walk, weights, octets: octets, into: up, rows: rows, result: result,
      begin: { vertex, row in
        let norm = mask[vertex] != 0 ? factor * norms[vertex] : 0
        var response = Octet(repeating: 0)
        for l in 0..<octets {
          let y = Octet(result + (row &+ 8 &* l))
          response = response.fma((Octet(rows + (row &+ 8 &* l)) - y).sign, y)
        }
        return (norm: Octet(repeating: norm), constant: -response.total * norm)
      },
      own: { at, isFirst, head in
        let g = (Octet(rows + at) - Octet(result + at)).sign * head.norm
        return isFirst ? g.replacingFirst(head.constant) : g
      })
  }

  @inline(__always)
  static func spread(
    _ up: Floats, _ walk: TreeWalk, _ weights: Floats, octets: Int, into sums: MutableFloats, norms: MutableFloats?,
    ring: MutableFloats
  ) {
    let (stride, vertices, mask) = (8 &* octets, walk.grid.vertices, walk.ringRows &- 1)
    for i in 0..<stride { ring[i] = 0 }
    var position = 0
    while position < vertices {
      prefetch(Floats(sums), walk.order[position &+ ahead < vertices ? position &+ ahead : position], stride)
      let w = weights[position]
      let (keep, pass) = (Octet(repeating: (1 - w) * (1 + w)), Octet(repeating: w))
      let above = ring + (Int(walk.parent[position]) & mask) &* stride
      let (own, total) = (up + position &* stride, ring + (position & mask) &* stride)
      let vertex = Int(walk.order[position])
      let out = sums + vertex &* stride
      if let norms {
        let first = (Octet(above) * pass).fma(keep, Octet(own))
        first.store(total)
        let norm = 1 / total[0]
        let factor = Octet(repeating: norm)
        norms[vertex] = norm
        (first * factor).replacingFirst(1).store(out)
        for l in 1..<(octets > 1 ? octets : 1) {
          let at = 8 &* l
          let sum = (Octet(above + at) * pass).fma(keep, Octet(own + at))
          sum.store(total + at)
          (sum * factor).store(out + at)
        }
      } else {
        for l in 0..<octets {
          let at = 8 &* l
          let sum = (Octet(above + at) * pass).fma(keep, Octet(own + at))
          sum.store(total + at)
          sum.store(out + at)
        }
      }
      position &+= 1
    }
  }

  /// Cutting the edge between p and its parent q splits the tree: `tot[q] - w up[p]` is what q sees outside of p's subtree. So
  ///
  ///     dL/dw = Σ_c upA[p] (tot[q] - w up[p]) + up[p] (totA[q] - w upA[p])
  ///
  /// with A = gradient / norm, and in channel 0 -Σ_c gradient · y / norm. `tot` is worked out again from `up`.
  @inline(__always)
  static func spreadGradient(
    _ upA: Floats, _ up: Floats, _ walk: TreeWalk, _ weights: Floats, octets: Int, into sums: MutableFloats,
    slots: MutableFloats, ring: MutableFloats
  ) {
    let (stride, vertices, mask) = (8 &* octets, walk.grid.vertices, walk.ringRows &- 1)
    // The rows of both kinds lie side by side.
    for i in 0..<2 &* stride { ring[i] = 0 }
    var position = 0
    while position < vertices {
      prefetch(Floats(sums), walk.order[position &+ ahead < vertices ? position &+ ahead : position], stride)
      let w = weights[position]
      let (keep, pass) = (Octet(repeating: (1 - w) * (1 + w)), Octet(repeating: w))
      let twice = Octet(repeating: -2 * w)
      let parent = Int(walk.parent[position])
      let (above, total) = (ring + (parent & mask) &* (2 &* stride), ring + (position & mask) &* (2 &* stride))
      let (ownA, own) = (upA + position &* stride, up + position &* stride)
      let vertex = Int(walk.order[position])
      let out = sums + vertex &* stride
      var gradient = Octet(repeating: 0)
      for l in 0..<octets {
        let at = 8 &* l
        let (a, x) = (Octet(ownA + at), Octet(own + at))
        let (aboveA, aboveX) = (Octet(above + at), Octet(above + (stride &+ at)))
        gradient = gradient.fma(x, aboveA).fma(a, aboveX.fma(twice, x))
        let sum = (aboveA * pass).fma(keep, a)
        sum.store(total + at)
        (aboveX * pass).fma(keep, x).store(total + (stride &+ at))
        sum.store(out + at)
      }
      // The root's weight is 0: what it writes is 0, at a slot without an edge.
      slots[Int(walk.slot[position])] = -2 * w * gradient.total
      position &+= 1
    }
  }
}

extension Library {
  @inline(never)
  public static func aggregate(
    _ x: TreeSource, _ walk: TreeWalk, _ weights: Floats, octets: Int, into up: MutableFloats
  ) {
    if octets == 3 {
      TreePasses.aggregate(x, walk, weights, octets: 3, into: up)
    } else {
      TreePasses.aggregate(x, walk, weights, octets: octets, into: up)
    }
  }

  @inline(never)
  public static func spread(
    _ up: Floats, _ walk: TreeWalk, _ weights: Floats, octets: Int, into sums: MutableFloats, norms: MutableFloats?,
    ring: MutableFloats
  ) {
    if octets == 3 {
      TreePasses.spread(up, walk, weights, octets: 3, into: sums, norms: norms, ring: ring)
    } else {
      TreePasses.spread(up, walk, weights, octets: octets, into: sums, norms: norms, ring: ring)
    }
  }

  @inline(never)
  public static func spreadGradient(
    _ upA: Floats, _ up: Floats, _ walk: TreeWalk, _ weights: Floats, octets: Int, into sums: MutableFloats,
    slots: MutableFloats, ring: MutableFloats
  ) {
    if octets == 3 {
      TreePasses.spreadGradient(upA, up, walk, weights, octets: 3, into: sums, slots: slots, ring: ring)
    } else {
      TreePasses.spreadGradient(upA, up, walk, weights, octets: octets, into: sums, slots: slots, ring: ring)
    }
  }

  @inline(never)
  public static func edgeWeights(_ distances: Floats, scale: Float, count: Int, into weights: MutableFloats) {
    let n = Vector.scalarCount
    let factor = Vector(repeating: scale)
    var i = 0
    while i &+ n <= count {
      (Vector(distances + i) * factor).exponential.store(weights + i)
      i &+= n
    }
    while i < count {
      weights[i] = (Vector(repeating: distances[i]) * factor).exponential[0]
      i &+= 1
    }
    weights[0] = 0
    for i in 0..<TreeWalk.extraRows { weights[count &+ i] = 0 }
  }
}
