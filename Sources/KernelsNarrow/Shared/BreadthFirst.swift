import Kernels

extension Library {
  /// A vertex appends all its children at once: a table has, for each set of neighbours, their steps and the sides that they are
  /// entered from, packed to the front; the tail moves on past those that exist.
  @inline(never)
  public static func breadthFirst(
    _ flags: UnsafePointer<UInt8>, _ slots: Floats, _ grid: TreeGrid, order: UnsafeMutablePointer<Int32>,
    parent: UnsafeMutablePointer<Int32>, firstChild: UnsafeMutablePointer<Int32>,
    slot edge: UnsafeMutablePointer<Int32>, distances: MutableFloats, scratch entered: UnsafeMutablePointer<UInt8>
  ) -> (reached: Int, largestGap: Int, weight: Double) {
    let (width, base) = (Int32(truncatingIfNeeded: grid.width), Int32(truncatingIfNeeded: grid.horizontalBase))
    var steps = InlineArray<16, SIMD4<Int32>> { _ in SIMD4(repeating: 0) }
    var sides = InlineArray<16, UInt32> { _ in 0 }
    for set in 0..<16 {
      var count = 0
      @inline(__always) func add(_ bit: Int, _ step: Int32, from side: UInt32) {
        if set & bit == 0 { return }
        steps[set][count] = step
        sides[set] |= side << UInt32(truncatingIfNeeded: 8 &* count)
        count &+= 1
      }
      add(1, -width, from: 2)
      add(2, width, from: 1)
      add(4, -1, from: 8)
      add(8, 1, from: 4)
    }
    // From a vertex to the slot of the edge it was entered by.
    var slot = InlineArray<16, Int32> { _ in 0 }
    (slot[1], slot[2], slot[4], slot[8]) = (0, width, base, base &+ 1)

    let vertices = grid.vertices
    // The root has no edge: its slot is the 0 of none, which adds 1 to the weight.
    var (tail, gap, weight) = (1, 0, -1.0)
    (order[0], parent[0], entered[0]) = (0, 0, 0)
    var position = 0
    while position < vertices, position < tail {
      let (vertex, side) = (order[position], Int(entered[position]))
      let set = Int(flags[Int(vertex)]) & ~side & 15
      edge[position] = vertex &+ slot[unchecked: side & 15]
      let distance = slots[Int(edge[position])]
      distances[position] = distance
      weight += Double(distance + 1)
      let behind = position &- Int(parent[position])
      gap = behind > gap ? behind : gap
      firstChild[position] = Int32(truncatingIfNeeded: tail)
      UnsafeMutableRawPointer(order + tail).storeBytes(
        of: steps[unchecked: set] &+ SIMD4(repeating: vertex), as: SIMD4<Int32>.self)
      UnsafeMutableRawPointer(parent + tail).storeBytes(
        of: SIMD4(repeating: Int32(truncatingIfNeeded: position)), as: SIMD4<Int32>.self)
      UnsafeMutableRawPointer(entered + tail).storeBytes(of: sides[unchecked: set], as: UInt32.self)
      tail &+= set.nonzeroBitCount
      if tail > vertices { return (tail, gap, weight) }
      position &+= 1
    }
    firstChild[vertices] = Int32(truncatingIfNeeded: tail)
    return (tail, gap, weight)
  }
}
