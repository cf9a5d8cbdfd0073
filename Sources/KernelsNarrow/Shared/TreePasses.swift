import CProcessor
import Kernels

/// The walks along a tree. How many octets a row has is a constant where it matters most (3: 16 to 23 channels), which unrolls.
///
/// At 128×256 pixels and 19 classes the rows of a walk (3 MB each) exceed the second-level cache, and the walks run at the speed
/// of the third: about as many bytes as one read and one write of all rows. To walk octet by octet, so that everything fits, was
/// slower by half: finding a position's children or parent costs as much as its row. Prefetching further ahead changed nothing.
/// Sums in the order of the pixels, each in its row's place, are a third fewer bytes, and no faster: two rows instead of one are then
/// found by chance, and at 1024×1024 pixels, where all lies in memory, that is what costs (1.05 ns with every row in order, 1.83 ns as
/// a tree wants them). Rows in the order of tiles of 8×8 pixels gained 2 % there.
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
