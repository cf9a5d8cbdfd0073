/// The minimum spanning tree of a grid by Borůvka's rounds, under the order (key, edge index).
///
/// Nothing recurses and nothing branches on the data inside the loops: components are flattened by pointer jumping, the edges
/// that still join two components are kept in a list in edge order, so that the position in that list breaks ties as the
/// edge index would, and a component's cheapest edge is the minimum of `key << 32 | position`.
struct Boruvka {
  /// The neighbours of a vertex in its tree, one bit each.
  static let up: UInt8 = 1
  static let down: UInt8 = 2
  static let left: UInt8 = 4
  static let right: UInt8 = 8
  /// The key of a slot without an edge, above every real key.
  static let noEdge = Int32.max

  let grid: GridGraph

  static func scratchBytes(_ grid: GridGraph) -> Int {
    let (vertices, edges) = (grid.vertexCount, grid.edgeCount + 1)
    return 2 * Scratch.byteCount(vertices, of: Int32.self) + Scratch.byteCount(vertices, of: UInt64.self)
      + Scratch.byteCount(edges, of: UInt64.self) + 2 * Scratch.byteCount(edges, of: Int32.self)
  }

  /// Keys that order the edges as their weights `fl32(d + 1)` do, from squared distances per slot.
  ///
  /// A key is the bit pattern of `fl32(d + 1) - 1`: the subtraction is exact, so order and ties are those of the weights. NaN comes
  /// after everything else.
  func orderingKeys(_ distances: UnsafePointer<Float>, _ keys: UnsafeMutablePointer<Int32>) {
    let nan = Int32(bitPattern: Float.nan.bitPattern)
    for slot in 0..<grid.slotCount {
      keys[slot] = min(Int32(bitPattern: ((distances[slot] + 1) - 1).bitPattern & 0x7FFF_FFFF), nan)
    }
    keys.update(repeating: Boruvka.noEdge, count: grid.width)
    (keys + grid.vertexCount).update(repeating: Boruvka.noEdge, count: grid.width)
    for y in 0...grid.height { keys[grid.horizontalBase + y * grid.width] = Boruvka.noEdge }
  }

  /// Sets `flags` [V] to the tree's neighbours of each vertex, from `keys` per slot (`noEdge` where there is none).
  func run(_ keys: UnsafePointer<Int32>, _ flags: UnsafeMutablePointer<UInt8>, _ scratch: inout Scratch) {
    let (vertices, edges) = (grid.vertexCount, grid.edgeCount + 1)
    let component = scratch.take(vertices, of: Int32.self)
    let parent = scratch.take(vertices, of: Int32.self)
    let best = scratch.take(vertices, of: UInt64.self)
    let list = EdgeList(
      entry: scratch.take(edges, of: UInt64.self), from: scratch.take(edges, of: Int32.self),
      to: scratch.take(edges, of: Int32.self))
    flags.update(repeating: 0, count: vertices)
    if vertices == 1 { return }

    joinPixels(keys, parent)
    for v in 0..<vertices { mark(v, Int(parent[v]), flags) }
    var components = flatten(parent, vertices, renumberedThrough: component)
    for v in 0..<vertices { component[v] = parent[v] }
    var remaining = collectEdges(keys, component, list)

    while components > 1 {
      best.update(repeating: .max, count: components)
      for i in 0..<remaining {
        let candidate = list.entry[i] & 0xFFFF_FFFF_0000_0000 | UInt64(truncatingIfNeeded: i)
        let (a, b) = (Int(list.from[i]), Int(list.to[i]))
        best[a] = min(best[a], candidate)
        best[b] = min(best[b], candidate)
      }
      for c in 0..<components {
        let i = Int(best[c] & 0xFFFF_FFFF)
        parent[c] = list.from[i] ^ list.to[i] ^ Int32(truncatingIfNeeded: c)
        markSlot(Int(list.entry[i] & 0xFFFF_FFFF), flags)
      }
      breakPairs(parent, components)
      components = flatten(parent, components, renumberedThrough: component)
      var kept = 0
      for i in 0..<remaining {
        let (a, b) = (parent[Int(list.from[i])], parent[Int(list.to[i])])
        list.entry[kept] = list.entry[i]
        list.from[kept] = a
        list.to[kept] = b
        kept &+= a != b ? 1 : 0
      }
      remaining = kept
    }
    mirrorFlags(flags)
  }

  /// Edges between different components, in edge order: `key << 32 | slot`, and the components they join.
  private struct EdgeList {
    let entry: UnsafeMutablePointer<UInt64>
    let from: UnsafeMutablePointer<Int32>
    let to: UnsafeMutablePointer<Int32>
  }

  /// The first round: each pixel chooses the cheapest of its edges. At one pixel the order up, down, left, right is the order
  /// of edge indices, so a strict comparison lets the lowest index win.
  private func joinPixels(_ keys: UnsafePointer<Int32>, _ parent: UnsafeMutablePointer<Int32>) {
    let width = Int32(truncatingIfNeeded: grid.width)
    let (up, down) = (keys, keys + grid.width)
    let (left, right) = (keys + grid.horizontalBase, keys + grid.horizontalBase + 1)
    for v in 0..<grid.vertexCount {
      var (cheapest, step) = (up[v], -width)
      step = down[v] < cheapest ? width : step
      cheapest = min(cheapest, down[v])
      step = left[v] < cheapest ? -1 : step
      cheapest = min(cheapest, left[v])
      step = right[v] < cheapest ? 1 : step
      parent[v] = Int32(truncatingIfNeeded: v) &+ step
    }
    breakPairs(parent, grid.vertexCount)
  }

  /// Two that chose the same edge point at each other, and no longer cycle exists under a total order: the smaller becomes a root.
  private func breakPairs(_ parent: UnsafeMutablePointer<Int32>, _ count: Int) {
    for i in 0..<count {
      let other = parent[i]
      let me = Int32(truncatingIfNeeded: i)
      parent[i] = parent[Int(other)] == me && me < other ? me : other
    }
  }

  /// Replaces each parent by the number of its root, roots counted in order, and returns how many there are.
  private func flatten(
    _ parent: UnsafeMutablePointer<Int32>, _ count: Int, renumberedThrough number: UnsafeMutablePointer<Int32>
  ) -> Int {
    var changed: Int32 = 1
    while changed != 0 {
      changed = 0
      for i in 0..<count {
        let (near, far) = (parent[i], parent[Int(parent[i])])
        changed |= near ^ far
        parent[i] = far
      }
    }
    var roots: Int32 = 0
    for i in 0..<count {
      number[i] = roots
      roots &+= parent[i] == Int32(truncatingIfNeeded: i) ? 1 : 0
    }
    for i in 0..<count { parent[i] = number[Int(parent[i])] }
    return Int(roots)
  }

  private func collectEdges(
    _ keys: UnsafePointer<Int32>, _ component: UnsafePointer<Int32>, _ list: EdgeList
  ) -> Int {
    var count = 0
    func collect(_ v: Int, _ neighbour: Int, _ slot: Int) {
      let (a, b) = (component[neighbour], component[v])
      list.entry[count] = UInt64(UInt32(bitPattern: keys[slot])) << 32 | UInt64(truncatingIfNeeded: slot)
      list.from[count] = a
      list.to[count] = b
      count &+= a != b ? 1 : 0
    }
    for v in grid.width..<max(grid.width, grid.vertexCount) { collect(v, v - grid.width, v) }
    for y in 0..<grid.height {
      for v in y * grid.width + 1..<(y + 1) * grid.width { collect(v, v - 1, grid.horizontalBase + v) }
    }
    return count
  }

  /// Marks the edge between neighbours at its upper or left end.
  @inline(__always) private func mark(_ u: Int, _ v: Int, _ flags: UnsafeMutablePointer<UInt8>) {
    if u == v { return }
    let first = min(u, v)
    flags[first] |= max(u, v) &- first == grid.width ? Boruvka.down : Boruvka.right
  }

  @inline(__always) private func markSlot(_ slot: Int, _ flags: UnsafeMutablePointer<UInt8>) {
    if slot < grid.horizontalBase {
      flags[slot &- grid.width] |= Boruvka.down
    } else {
      flags[slot &- grid.horizontalBase &- 1] |= Boruvka.right
    }
  }

  /// Adds the upward and leftward neighbours, which mirror the downward and rightward ones.
  private func mirrorFlags(_ flags: UnsafeMutablePointer<UInt8>) {
    for v in 0..<grid.vertexCount - 1 { flags[v + 1] |= (flags[v] & Boruvka.right) >> 1 }
    for v in 0..<grid.vertexCount - grid.width { flags[v + grid.width] |= (flags[v] & Boruvka.down) >> 1 }
  }
}
