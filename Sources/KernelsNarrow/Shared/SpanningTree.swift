import Kernels

/// The minimum spanning tree of a grid: some of Borůvka's rounds within strips of rows, then the others between what they left.
///
/// A component may join the one across its cheapest edge at any time, so it makes no difference that those at a strip's rim wait.
/// A strip is worked off while it lies in the cache, which leaves little to the whole grid: of noise one component in 200 vertices.
/// From 256×256 to 1024×1024 this takes 9 % more time per vertex, where 34 % more were needed without strips (one thread of a Zen 3,
/// medians). Smaller strips gain nothing: it is main memory that costs, not the cache's levels.
struct SpanningTree {
  let grid: TreeGrid
  let strip: Boruvka
  let whole: Boruvka
  let keys: UnsafeMutablePointer<Int32>
  /// The components in the strip of the vertices of its first and its last row.
  let rim: UnsafeMutablePointer<Int32>
  /// The components in the whole of the last row of the strip before.
  let above: UnsafeMutablePointer<Int32>
  /// A byte per vertex, framed by zeros: the edges known to be in the tree, at one of their ends at least.
  let marks: UnsafeMutablePointer<UInt8>

  init(_ grid: TreeGrid, _ scratch: UnsafeMutableRawPointer) {
    self.grid = grid
    let (width, strip) = (grid.width, grid.largestStrip)
    var room = KernelRoom(scratch)
    keys = room.take(strip.slots, of: Int32.self)
    rim = room.take(2 &* width, of: Int32.self)
    above = room.take(width, of: Int32.self)
    marks = room.take(grid.vertices &+ 2 &* width, of: UInt8.self) + width
    self.strip = Boruvka(vertices: strip.vertices, edges: strip.edges &+ 2 &* width, grid, marks, &room)
    whole = Boruvka(vertices: grid.vertices, edges: grid.edges &+ 1, grid, marks, &room)
  }

  func run(_ distances: Floats, into flags: UnsafeMutablePointer<UInt8>) {
    for i in 0..<grid.width {
      marks[i &- grid.width] = 0
      marks[grid.vertices &+ i] = 0
    }
    // One place is spare: an edge is written before it is known to join two.
    let horizontal = grid.verticalEdges &+ 1
    var left = Left(horizontal: horizontal)
    var top = 0
    for i in 0..<grid.strips {
      let bottom = grid.height &* (i &+ 1) / grid.strips
      work(Strip(rows: top..<bottom, of: grid), distances, &left)
      top = bottom
    }
    // The last component is what is outside, here nothing.
    var components = left.components &+ 1
    var (first, second) = (0..<left.vertical, horizontal..<left.horizontal)
    while components > 2 {
      whole.choose(components)
      components = whole.flatten(components)
      let edges = whole.relabel(first, after: 0)
      (first, second) = (0..<whole.relabel(second, after: edges), 0..<0)
    }
    mirror(flags)
  }

  /// What the strips so far left to the whole: components, and where the next edges between them go in its list: a horizontal
  /// one behind room for all vertical ones, after which it comes in the order of edges.
  private struct Left {
    var components = 0
    var vertical = 0
    var horizontal: Int
  }

  private func work(_ strip: Strip, _ distances: Floats, _ left: inout Left) {
    let (width, last) = (grid.width, strip.grid.vertices &- grid.width)
    makeKeys(distances, strip)
    joinPixels(strip)
    var components = self.strip.flatten(strip.grid.vertices) &+ 1
    var edges = collect(strip, outside: components &- 1)
    for x in 0..<width {
      rim[x] = self.strip.parent[x]
      rim[width &+ x] = self.strip.parent[last &+ x]
    }
    self.strip.separate(components)
    var rounds = 0
    while components > 2, rounds < TreeGrid.stripRounds {
      if rounds > 0 { edges = self.strip.relabel(0..<edges, after: 0) }
      self.strip.choose(components)
      components = self.strip.flatten(components)
      for x in 0..<2 &* width { rim[x] = self.strip.parent[Int(rim[x])] }
      rounds &+= 1
    }
    hand(strip, components: components, edges: edges, &left)
  }

  /// Hands components and edges of a finished strip over to the whole, with the edges to the strip above.
  @inline(never) private func hand(_ strip: Strip, components: Int, edges: Int, _ left: inout Left) {
    let (width, base) = (grid.width, grid.horizontalBase)
    let (outside, first) = (Int32(truncatingIfNeeded: components &- 1), Int32(truncatingIfNeeded: left.components))
    let (entries, ends, parent) = (self.strip.entries, self.strip.ends, self.strip.parent)
    left.components &+= components &- 1
    for i in Int(first)...left.components { whole.best[i] = ~0 }
    let (vertical, horizontal) = (left.vertical, left.horizontal)
    if strip.top > 0 {
      for x in 0..<width {
        whole.list(strip.entry(keys, x), above[x], rim[x] &+ first, joins: 1, at: &left.vertical)
      }
    }
    func append(_ i: Int, at place: inout Int) {
      let a = parent[Int(truncatingIfNeeded: ends[i] >> 32)]
      let b = parent[Int(truncatingIfNeeded: ends[i] & 0xFFFF_FFFF)]
      let joins = Boruvka.differ(a, b) & Boruvka.differ(a, outside) & Boruvka.differ(b, outside)
      whole.list(entries[i], a &+ first, b &+ first, joins: joins, at: &place)
    }
    var i = 0
    while i < edges, Int(truncatingIfNeeded: entries[i] & 0xFFFF_FFFF) < base {
      append(i, at: &left.vertical)
      i &+= 1
    }
    while i < edges {
      append(i, at: &left.horizontal)
      i &+= 1
    }
    whole.offer(vertical..<left.vertical)
    whole.offer(horizontal..<left.horizontal)
    for x in 0..<width { above[x] = rim[width &+ x] &+ first }
  }

  /// Marks at either end become marks at both.
  @inline(never) private func mirror(_ flags: UnsafeMutablePointer<UInt8>) {
    let width = grid.width
    for v in 0..<grid.vertices {
      let (above, below) = (marks[v &- width], marks[v &+ width])
      let (left, right) = (marks[v &- 1], marks[v &+ 1])
      flags[v] = marks[v] | (above & 2) >> 1 | (below & 1) << 1 | (left & 8) >> 1 | (right & 4) << 1
    }
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
