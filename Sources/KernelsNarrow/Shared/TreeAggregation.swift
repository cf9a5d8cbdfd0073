import Kernels

/// The walk from the leaves to the root.
extension TreePasses {
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
}
