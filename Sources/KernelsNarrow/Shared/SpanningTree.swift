import Kernels

/// Borůvka's rounds on a grid. Nothing branches on the data inside the loops: a mispredicted branch costs as much as several edges.
///
/// Round one is done on the grid with vectors. Then the edges between different components are listed in edge order, so that
/// the position in the list breaks ties as the edge index would, and a component's cheapest edge is the minimum of `key << 32 | position`.
/// One pass over the list relabels, drops what lies within a component, and finds the next round's minima.
struct SpanningTree {
  let grid: TreeGrid
  let keys: UnsafeMutablePointer<Int32>
  let parent: UnsafeMutablePointer<Int32>
  let number: UnsafeMutablePointer<Int32>
  let best: UnsafeMutablePointer<UInt64>
  /// `key << 32 | slot` of each listed edge, and the components at its ends, `a << 32 | b`.
  let entries: UnsafeMutablePointer<UInt64>
  let ends: UnsafeMutablePointer<UInt64>
  /// A byte per vertex, framed by zeros: the edges known to be in the tree, at one of their ends at least.
  let marks: UnsafeMutablePointer<UInt8>

  /// Above every real key.
  @inline(__always) static var noEdge: Int32 { 0x7FFF_FFFF }
  @inline(__always) static var high: UInt64 { 0xFFFF_FFFF_0000_0000 }

  /// Registers reach beyond the last element; every array has room for it.
  init(_ grid: TreeGrid, _ scratch: UnsafeMutableRawPointer) {
    self.grid = grid
    let (vertices, padding) = (grid.vertices, 64)
    var next = scratch
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
      let taken = next
      next += (bytes &+ 63) & ~63
      return taken
    }
    keys = take(4 &* (grid.slots &+ padding)).assumingMemoryBound(to: Int32.self)
    parent = take(4 &* (vertices &+ grid.width &+ padding)).assumingMemoryBound(to: Int32.self)
    number = take(4 &* (vertices &+ grid.width &+ padding)).assumingMemoryBound(to: Int32.self)
    best = take(8 &* (vertices &+ padding)).assumingMemoryBound(to: UInt64.self)
    entries = take(8 &* (grid.edges &+ padding)).assumingMemoryBound(to: UInt64.self)
    ends = take(8 &* (grid.edges &+ padding)).assumingMemoryBound(to: UInt64.self)
    marks = take(vertices &+ 2 &* grid.width &+ padding).assumingMemoryBound(to: UInt8.self) + grid.width
  }

  /// Replaces each parent by the number of its root, roots counted in order, and returns how many there are.
  @inline(never) func flatten(_ count: Int) -> Int {
    var changed: Int32 = 1
    while changed != 0 {
      changed = 0
      for i in 0..<count {
        let near = parent[i]
        let far = parent[Int(near)]
        changed |= near ^ far
        parent[i] = far
      }
    }
    var roots: Int32 = 0
    for i in 0..<count {
      number[i] = roots
      roots &+= 1 &- Int32(truncatingIfNeeded: differ(parent[i], Int32(truncatingIfNeeded: i)))
    }
    for i in 0..<count { parent[i] = number[Int(parent[i])] }
    let total = Int(roots)
    for i in 0..<total { best[i] = ~0 }
    return total
  }

  /// 1 if two numbers differ, else 0, by arithmetic: of a comparison the compiler likes to make a branch.
  @inline(__always) private func differ(_ a: Int32, _ b: Int32) -> Int {
    Int(truncatingIfNeeded: (UInt64(UInt32(bitPattern: a ^ b)) &+ 0xFFFF_FFFF) >> 32)
  }

  /// Lists an edge at position `count` if it joins different components, and offers it to both.
  @inline(__always) private func offer(_ entry: UInt64, _ a: Int32, _ b: Int32, _ count: inout Int) {
    let joins = differ(a, b)
    entries[count] = entry
    ends[count] = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
    let candidate =
      entry & SpanningTree.high | UInt64(truncatingIfNeeded: count) | UInt64(truncatingIfNeeded: joins &- 1)
    let first = best[Int(a)]
    best[Int(a)] = candidate < first ? candidate : first
    let second = best[Int(b)]
    best[Int(b)] = candidate < second ? candidate : second
    count &+= joins
  }

  @inline(never) func collect() -> Int {
    var count = 0
    let (width, vertices, base) = (grid.width, grid.vertices, grid.horizontalBase)
    var v = width
    while v < vertices {
      let entry = UInt64(UInt32(bitPattern: keys[v])) << 32 | UInt64(truncatingIfNeeded: v)
      offer(entry, parent[v &- width], parent[v], &count)
      v &+= 1
    }
    var row = 0
    while row < vertices {
      var before = parent[row]
      v = row &+ 1
      while v < row &+ width {
        let entry = UInt64(UInt32(bitPattern: keys[base &+ v])) << 32 | UInt64(truncatingIfNeeded: base &+ v)
        let here = parent[v]
        offer(entry, before, here, &count)
        before = here
        v &+= 1
      }
      row &+= width
    }
    return count
  }

  /// Each component takes its cheapest edge and hangs itself on the component at the other end.
  @inline(never) func choose(_ components: Int) {
    let base = grid.horizontalBase
    for c in 0..<components {
      let i = Int(truncatingIfNeeded: best[c] & 0xFFFF_FFFF)
      let both = ends[i]
      parent[c] = Int32(truncatingIfNeeded: both ^ both >> 32) ^ Int32(truncatingIfNeeded: c)
      let slot = Int(truncatingIfNeeded: entries[i] & 0xFFFF_FFFF)
      let horizontal = slot >= base
      let vertex = slot &- (horizontal ? base : 0)
      marks[vertex] |= horizontal ? 4 : 1
    }
    for c in 0..<components {
      let (other, me) = (parent[c], Int32(truncatingIfNeeded: c))
      parent[c] = parent[Int(other)] == me && me < other ? me : other
    }
  }

  @inline(never) func relabel(_ edges: Int) -> Int {
    var count = 0
    for i in 0..<edges {
      let (entry, both) = (entries[i], ends[i])
      let a = parent[Int(truncatingIfNeeded: both >> 32)]
      let b = parent[Int(truncatingIfNeeded: both & 0xFFFF_FFFF)]
      offer(entry, a, b, &count)
    }
    return count
  }

  /// Marks at either end become marks at both.
  @inline(never) func mirror(_ flags: UnsafeMutablePointer<UInt8>) {
    let width = grid.width
    for v in 0..<grid.vertices {
      let (above, below) = (marks[v &- width], marks[v &+ width])
      let (left, right) = (marks[v &- 1], marks[v &+ 1])
      flags[v] = marks[v] | (above & 2) >> 1 | (below & 1) << 1 | (left & 8) >> 1 | (right & 4) << 1
    }
  }

  func run(_ distances: Floats, into flags: UnsafeMutablePointer<UInt8>) {
    makeKeys(distances)
    joinPixels()
    var components = flatten(grid.vertices)
    var edges = components > 1 ? collect() : 0
    while components > 1 {
      choose(components)
      components = flatten(components)
      edges = components > 1 ? relabel(edges) : 0
    }
    mirror(flags)
  }
}

extension Library {
  public static func spanningTree(
    _ distances: Floats, _ grid: TreeGrid, into flags: UnsafeMutablePointer<UInt8>, scratch: UnsafeMutableRawPointer
  ) {
    if grid.vertices == 1 {
      flags[0] = 0
      return
    }
    SpanningTree(grid, scratch).run(distances, into: flags)
  }
}
