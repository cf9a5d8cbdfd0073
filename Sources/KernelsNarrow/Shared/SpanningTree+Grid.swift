import Kernels

/// Register of keys or vertex numbers.
typealias IntVector = Vector.MaskStorage

/// Some rows of a grid. Its vertices, slots and components are counted from the strip's first; what is listed of an edge is its
/// slot in the whole grid.
struct Strip {
  let whole: TreeGrid
  let grid: TreeGrid
  let top: Int

  init(rows: Range<Int>, of whole: TreeGrid) {
    (self.whole, top) = (whole, rows.lowerBound)
    grid = TreeGrid(height: rows.count, width: whole.width)
  }

  @inline(__always) var reachesBottom: Bool { top &+ grid.height == whole.height }
  @inline(__always) var firstVertex: Int { top &* whole.width }

  /// `key << 32 | slot` of a vertical edge.
  @inline(__always) func entry(_ keys: UnsafeMutablePointer<Int32>, _ v: Int) -> UInt64 {
    UInt64(UInt32(bitPattern: keys[v])) << 32 | UInt64(truncatingIfNeeded: firstVertex &+ v)
  }
}

/// Round one: where the neighbours of a pixel are needs no list, so a register of pixels chooses at once.
extension SpanningTree {
  /// Keys that order the edges as `fl(d + 1)` does: the bits of `fl(d + 1) - 1`, an exact subtraction.
  @inline(never) func makeKeys(_ distances: Floats, _ strip: Strip) {
    let (width, base) = (grid.width, strip.grid.horizontalBase)
    makeKeys(distances + strip.firstVertex, keys, base)
    makeKeys(distances + (grid.horizontalBase &+ strip.firstVertex), keys + base, strip.grid.vertices)
    if strip.top == 0 { fill(keys, width) }
    if strip.reachesBottom { fill(keys + strip.grid.vertices, width) }
    fill(keys + (strip.grid.slots &- 1), 64)
    var y = 0
    while y < strip.grid.height {
      keys[base &+ y &* width] = SpanningTree.noEdge
      y &+= 1
    }
  }

  @inline(__always) private func makeKeys(_ distances: Floats, _ keys: UnsafeMutablePointer<Int32>, _ count: Int) {
    let n = Vector.scalarCount
    let (one, nan) = (Vector(repeating: 1), IntVector(repeating: 0x7FC0_0000))
    var i = 0
    while i &+ n <= count {
      let key = bits((Vector(distances + i) + one) - one) & 0x7FFF_FFFF
      store(key.replacing(with: nan, where: key .> nan), keys + i)
      i &+= n
    }
    while i < count {
      let key = Int32(bitPattern: ((distances[i] + 1) - 1).bitPattern & 0x7FFF_FFFF)
      keys[i] = key > 0x7FC0_0000 ? 0x7FC0_0000 : key
      i &+= 1
    }
  }

  /// Each pixel chooses the cheapest of its edges, and joins the pixel there if that is in the strip; in the order up, down, left, right
  /// a strict comparison lets the lowest edge index win. Two that chose each other would be a cycle: the smaller becomes a root.
  @inline(never) func joinPixels(_ strip: Strip) {
    let (n, vertices, width) = (Vector.scalarCount, strip.grid.vertices, grid.width)
    let (parent, number, marks) = (self.strip.parent, self.strip.number, self.marks + strip.firstVertex)
    let step = Int32(truncatingIfNeeded: width)
    let (up, down) = (keys, keys + width)
    let (left, right) = (keys + strip.grid.horizontalBase, keys + (strip.grid.horizontalBase &+ 1))
    var lane = IntVector(repeating: 0)
    for i in 0..<n { lane[i] = Int32(truncatingIfNeeded: i) }
    var v = 0
    while v < vertices {
      var (cheapest, move) = (load(up + v), IntVector(repeating: -step))
      var flag = IntVector(repeating: 1)
      // Written out: a local function here became a call with its variables on the heap.
      let key2 = load(down + v)
      let second = key2 .< cheapest
      cheapest.replace(with: key2, where: second)
      move.replace(with: step, where: second)
      flag.replace(with: 2, where: second)
      let key3 = load(left + v)
      let third = key3 .< cheapest
      cheapest.replace(with: key3, where: third)
      move.replace(with: -1, where: third)
      flag.replace(with: 4, where: third)
      let fourth = load(right + v) .< cheapest
      move.replace(with: 1, where: fourth)
      flag.replace(with: 8, where: fourth)
      store((lane &+ Int32(truncatingIfNeeded: v)) &+ move, parent + v)
      store(flag, number + v)
      v &+= n
    }
    for x in 0..<width {
      let (first, last) = (Int32(truncatingIfNeeded: x), Int32(truncatingIfNeeded: vertices &- width &+ x))
      if parent[Int(first)] < 0 { parent[Int(first)] = first }
      if parent[Int(last)] >= Int32(truncatingIfNeeded: vertices) { parent[Int(last)] = last }
    }
    v = 0
    while v < vertices {
      let me = lane &+ Int32(truncatingIfNeeded: v)
      let chosen = load(parent + v)
      let below = (chosen .== me &+ step) .& (load(parent + (v &+ width)) .== me)
      let right = (chosen .== me &+ 1) .& (load(parent + (v &+ 1)) .== me)
      store(chosen.replacing(with: me, where: below .| right), parent + v)
      v &+= n
    }
    for v in 0..<vertices { marks[v] = UInt8(truncatingIfNeeded: number[v]) }
  }

  /// Lists and offers the strip's edges that join two components or lead out of it.
  @inline(never) func collect(_ strip: Strip, outside: Int) -> Int {
    var count = 0
    let (width, vertices, base) = (grid.width, strip.grid.vertices, strip.grid.horizontalBase)
    let (parent, outside) = (self.strip.parent, Int32(truncatingIfNeeded: outside))
    var v = 0
    if strip.top > 0 {
      while v < width {
        self.strip.list(strip.entry(keys, v), outside, parent[v], at: &count)
        v &+= 1
      }
    }
    v = width
    while v < vertices {
      self.strip.list(strip.entry(keys, v), parent[v &- width], parent[v], at: &count)
      v &+= 1
    }
    if !strip.reachesBottom {
      while v < vertices &+ width {
        self.strip.list(strip.entry(keys, v), parent[v &- width], outside, at: &count)
        v &+= 1
      }
    }
    let slots = grid.horizontalBase &+ strip.firstVertex
    var row = 0
    while row < vertices {
      var before = parent[row]
      v = row &+ 1
      while v < row &+ width {
        let entry = UInt64(UInt32(bitPattern: keys[base &+ v])) << 32 | UInt64(truncatingIfNeeded: slots &+ v)
        let here = parent[v]
        self.strip.list(entry, before, here, at: &count)
        before = here
        v &+= 1
      }
      row &+= width
    }
    self.strip.offer(0..<count)
    return count
  }

  /// Above every real key.
  @inline(__always) private static var noEdge: Int32 { 0x7FFF_FFFF }

  @inline(__always) private func fill(_ keys: UnsafeMutablePointer<Int32>, _ count: Int) {
    for i in 0..<count { keys[i] = SpanningTree.noEdge }
  }
  @inline(__always) private func load(_ address: UnsafeMutablePointer<Int32>) -> IntVector {
    UnsafeRawPointer(address).loadUnaligned(as: IntVector.self)
  }
  @inline(__always) private func store(_ value: IntVector, _ address: UnsafeMutablePointer<Int32>) {
    UnsafeMutableRawPointer(address).storeBytes(of: value, as: IntVector.self)
  }
  @inline(__always) private func bits(_ x: Vector) -> IntVector { unsafeBitCast(x, to: IntVector.self) }
}
