import Kernels

/// Register of keys or vertex numbers.
typealias IntVector = Vector.MaskStorage

/// Round one: where the neighbours of a pixel are needs no list, so a register of pixels chooses at once.
extension SpanningTree {
  /// Keys that order the edges as `fl(d + 1)` does: the bits of `fl(d + 1) - 1`, an exact subtraction.
  @inline(never) func makeKeys(_ distances: Floats) {
    let n = Vector.scalarCount
    let (one, nan) = (Vector(repeating: 1), IntVector(repeating: 0x7FC0_0000))
    var i = 0
    while i &+ n <= grid.slots {
      let key = bits((Vector(distances + i) + one) - one) & 0x7FFF_FFFF
      store(key.replacing(with: nan, where: key .> nan), keys + i)
      i &+= n
    }
    while i < grid.slots {
      let key = Int32(bitPattern: ((distances[i] + 1) - 1).bitPattern & 0x7FFF_FFFF)
      keys[i] = key > 0x7FC0_0000 ? 0x7FC0_0000 : key
      i &+= 1
    }
    fill(keys, grid.width)
    fill(keys + grid.vertices, grid.width)
    fill(keys + grid.slots, 64)
    var y = 0
    while y <= grid.height {
      keys[grid.horizontalBase &+ y &* grid.width] = SpanningTree.noEdge
      y &+= 1
    }
  }

  /// Each pixel chooses the cheapest of its edges; in the order up, down, left, right a strict comparison lets the lowest
  /// edge index win. Two that chose each other would be a cycle: the smaller becomes a root.
  @inline(never) func joinPixels() {
    let (n, vertices, width) = (Vector.scalarCount, grid.vertices, grid.width)
    let step = Int32(truncatingIfNeeded: width)
    let (up, down) = (keys, keys + width)
    let (left, right) = (keys + grid.horizontalBase, keys + (grid.horizontalBase &+ 1))
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
    for i in 0..<width {
      marks[i &- width] = 0
      marks[vertices &+ i] = 0
    }
  }

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
