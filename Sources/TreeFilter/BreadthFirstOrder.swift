/// Numbers the vertices of a tree breadth first from vertex 0, as the filter's passes walk them.
///
/// Children are visited in the order up, down, left, right; so parents are non-decreasing and the children of a position
/// are contiguous. A tree needs no marks of visited vertices: each one is entered from its parent only.
/// - Parameters:
///   - flags: the tree's neighbours of each vertex (`Boruvka`), [V].
///   - order: [V+1]; the vertex at each position, the last element is scratch.
///   - parent: [V+1]; the position of the parent of each position, 0 for the root.
///   - firstChild: [V+1]; the children of position p are `firstChild[p] ..< firstChild[p+1]`.
///   - slot: [V]; the slot of the edge to the parent of each position, 0 for the root.
///   - entered: scratch, [V+1].
/// - Returns: the largest distance between a position and its parent's.
func breadthFirstOrder(
  _ flags: UnsafePointer<UInt8>, on grid: GridGraph, order: UnsafeMutablePointer<Int32>,
  parent: UnsafeMutablePointer<Int32>, firstChild: UnsafeMutablePointer<Int32>,
  slot: UnsafeMutablePointer<Int32>, entered: UnsafeMutablePointer<UInt8>
) -> Int {
  let width = Int32(truncatingIfNeeded: grid.width)
  var (tail, largestGap) = (1, 0)
  order[0] = 0
  parent[0] = 0
  entered[0] = 0
  for position in 0..<grid.vertexCount {
    let vertex = order[position]
    let neighbours = flags[Int(vertex)] & ~entered[position]
    slot[position] = position == 0 ? 0 : Int32(grid.slot(Int(vertex), Int(order[Int(parent[position])])))
    largestGap = max(largestGap, position &- Int(parent[position]))
    firstChild[position] = Int32(truncatingIfNeeded: tail)
    // Every neighbour is written down; the tail moves on only past those in the tree.
    func enter(_ neighbour: Int32, from side: UInt8, if inTree: UInt8) {
      order[tail] = neighbour
      parent[tail] = Int32(truncatingIfNeeded: position)
      entered[tail] = side
      tail &+= Int(inTree)
    }
    enter(vertex &- width, from: Boruvka.down, if: neighbours & 1)
    enter(vertex &+ width, from: Boruvka.up, if: neighbours >> 1 & 1)
    enter(vertex &- 1, from: Boruvka.right, if: neighbours >> 2 & 1)
    enter(vertex &+ 1, from: Boruvka.left, if: neighbours >> 3 & 1)
  }
  precondition(tail == grid.vertexCount, "the flags are no spanning tree")
  firstChild[grid.vertexCount] = Int32(truncatingIfNeeded: tail)
  return largestGap
}
