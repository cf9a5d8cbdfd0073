import Kernels

/// Components and the edges between them, and a round of Borůvka's: each component joins the one across its cheapest edge.
///
/// Nothing branches on the data inside the loops: a mispredicted branch costs as much as several edges. The edges are listed in
/// edge order, so that the position in the list breaks ties as the edge index would, and a component's cheapest edge is the
/// minimum of `key << 32 | position`. The last component is everything outside: what would join it waits.
struct Boruvka {
  let parent: UnsafeMutablePointer<Int32>
  let number: UnsafeMutablePointer<Int32>
  let best: UnsafeMutablePointer<UInt64>
  /// `key << 32 | slot` of each listed edge, and the components at its ends, `a << 32 | b`.
  let entries: UnsafeMutablePointer<UInt64>
  let ends: UnsafeMutablePointer<UInt64>
  /// Where chosen edges are marked, a byte per vertex of the whole grid.
  private let marks: UnsafeMutablePointer<UInt8>
  private let horizontalBase: Int

  @inline(__always) private static var high: UInt64 { 0xFFFF_FFFF_0000_0000 }

  init(
    vertices: Int, edges: Int, _ grid: TreeGrid, _ marks: UnsafeMutablePointer<UInt8>, _ room: inout KernelRoom
  ) {
    (self.marks, horizontalBase) = (marks, grid.horizontalBase)
    parent = room.take(vertices &+ 1 &+ grid.width, of: Int32.self)
    number = room.take(vertices &+ 1 &+ grid.width, of: Int32.self)
    best = room.take(vertices &+ 1, of: UInt64.self)
    entries = room.take(edges, of: UInt64.self)
    ends = room.take(edges, of: UInt64.self)
  }

  @inline(__always) static func pair(_ a: Int32, _ b: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
  }

  /// Makes each component its own parent.
  func separate(_ components: Int) {
    for i in 0..<components { parent[i] = Int32(truncatingIfNeeded: i) }
  }

  /// Replaces each parent by the number of its root, roots counted in order, and returns how many there are.
  ///
  /// Jumps two parents on at a time and sees whether the second jump still led on, so that no pass is needed only to find that all
  /// is flat.
  @inline(never) func flatten(_ count: Int) -> Int {
    var (open, roots): (Int32, Int32) = (0, 0)
    for i in 0..<count {
      let near = parent[i]
      open |= jump(i)
      number[i] = roots
      roots &+= 1 &- Int32(truncatingIfNeeded: Boruvka.differ(near, Int32(truncatingIfNeeded: i)))
    }
    while open != 0 {
      open = 0
      for i in 0..<count { open |= jump(i) }
    }
    for i in 0..<count { parent[i] = number[Int(parent[i])] }
    let total = Int(roots)
    for i in 0...total { best[i] = ~0 }
    return total
  }

  /// Returns 0 if the parent is a root now.
  @inline(__always) private func jump(_ i: Int) -> Int32 {
    let far = parent[Int(parent[i])]
    let next = parent[Int(far)]
    parent[i] = next
    return far ^ next
  }

  /// 1 if two numbers differ, else 0, by arithmetic: of a comparison the compiler likes to make a branch.
  @inline(__always) static func differ(_ a: Int32, _ b: Int32) -> Int {
    Int(truncatingIfNeeded: (UInt64(UInt32(bitPattern: a ^ b)) &+ 0xFFFF_FFFF) >> 32)
  }

  /// Lists an edge at position `count` if it joins different components.
  @inline(__always) func list(_ entry: UInt64, _ a: Int32, _ b: Int32, at count: inout Int) {
    list(entry, a, b, joins: Boruvka.differ(a, b), at: &count)
  }

  @inline(__always) func list(_ entry: UInt64, _ a: Int32, _ b: Int32, joins: Int, at count: inout Int) {
    entries[count] = entry
    ends[count] = Boruvka.pair(a, b)
    count &+= joins
  }

  /// Offers listed edges to the components that they join. A loop of its own: while edges are listed, those that join nothing
  /// would be offered too, and each offer waits for the one before to the same component. That took a quarter of the tree's time.
  @inline(never) func offer(_ edges: Range<Int>) {
    for i in edges {
      let (candidate, both) = (entries[i] & Boruvka.high | UInt64(truncatingIfNeeded: i), ends[i])
      let (a, b) = (Int(truncatingIfNeeded: both >> 32), Int(truncatingIfNeeded: both & 0xFFFF_FFFF))
      let first = best[a]
      best[a] = candidate < first ? candidate : first
      let second = best[b]
      best[b] = candidate < second ? candidate : second
    }
  }

  /// Each component takes its cheapest edge and hangs itself on the component at the other end, unless that is outside. Two that
  /// chose the same edge would be a cycle: the smaller becomes a root.
  @inline(never) func choose(_ components: Int) {
    let outside = Int32(truncatingIfNeeded: components &- 1)
    for c in 0..<components &- 1 {
      let i = Int(truncatingIfNeeded: best[c] & 0xFFFF_FFFF)
      let both = ends[i]
      let me = Int32(truncatingIfNeeded: c)
      let other = Int32(truncatingIfNeeded: both ^ both >> 32) ^ me
      parent[c] = other == outside ? me : other
      let slot = Int(truncatingIfNeeded: entries[i] & 0xFFFF_FFFF)
      let horizontal = slot >= horizontalBase
      let vertex = slot &- (horizontal ? horizontalBase : 0)
      marks[vertex] |= horizontal ? 4 : 1
    }
    parent[Int(outside)] = outside
    for c in 0..<components &- 1 {
      let (other, me) = (parent[c], Int32(truncatingIfNeeded: c))
      parent[c] = parent[Int(other)] == me && me < other ? me : other
    }
  }

  /// Gives listed edges their ends' new numbers, keeps those that join two, after the first `count`, which stay, and offers them.
  @inline(never) func relabel(_ edges: Range<Int>, after count: Int) -> Int {
    let first = count
    var count = count
    for i in edges {
      let (entry, both) = (entries[i], ends[i])
      let a = parent[Int(truncatingIfNeeded: both >> 32)]
      let b = parent[Int(truncatingIfNeeded: both & 0xFFFF_FFFF)]
      list(entry, a, b, at: &count)
    }
    offer(first..<count)
    return count
  }
}

/// Scratch memory, handed out front to back. Registers reach beyond the last element; every array has room for it.
struct KernelRoom {
  private var next: UnsafeMutableRawPointer

  init(_ scratch: UnsafeMutableRawPointer) { next = scratch }

  mutating func take<E>(_ count: Int, of _: E.Type) -> UnsafeMutablePointer<E> {
    let taken = next
    next += TreeGrid.roomBytes(count, MemoryLayout<E>.stride)
    return taken.assumingMemoryBound(to: E.self)
  }
}
