import Kernels
import Tensors

/// The minimum spanning tree of one image's guide, rooted at vertex 0 and numbered breadth first.
///
/// Immutable once built, so it can be shared between threads and kept for later (`TreeMemo`).
public final class SpanningTree: Sendable {
  public let grid: GridGraph
  /// The tree's neighbours of each vertex as bits (up 1, down 2, left 4, right 8): uint8 [V].
  let flags: Tensor
  /// The vertex at each breadth-first position: int32 [V+4], the last elements are no vertices.
  let order: Tensor
  /// The position of the parent of each position: int32 [V+4]; 0 for the root.
  let parent: Tensor
  /// The children of position p are the positions `firstChild[p] ..< firstChild[p+1]`: int32 [V+4].
  let firstChild: Tensor
  /// The slot of the edge between each position and its parent: int32 [V]; 0, which is no edge's, for the root.
  let slot: Tensor
  /// Squared distance of the guide between each position and its parent, without the +1: [V] of the guide's type; 0 for the root.
  let distances: Tensor
  /// Sum of the edge weights, each rounded to Float32 with its +1: float64 [1].
  let totalWeight: Tensor
  /// The largest distance between a position and its parent's, which bounds what a walk in this order must remember: int32 [1].
  let parentGap: Tensor

  /// Bytes held.
  var byteCount: Int {
    [flags, order, parent, firstChild, slot, distances].reduce(0) { $0 + $1.buffer.byteCount }
  }

  private init(_ grid: GridGraph, _ type: ElementType) {
    self.grid = grid
    let vertices = grid.vertexCount
    flags = Tensor(uninitialized: [vertices], .uint8)
    order = Tensor(uninitialized: [vertices + 4], .int32)
    parent = Tensor(uninitialized: [vertices + 4], .int32)
    firstChild = Tensor(uninitialized: [vertices + 4], .int32)
    slot = Tensor(uninitialized: [vertices], .int32)
    distances = Tensor(uninitialized: [vertices], type)
    totalWeight = Tensor(zeros: [1], .float64)
    parentGap = Tensor(zeros: [1], .int32)
  }

  /// One tree per guide [C, H, W] (float32 or float64), built on all threads. Sizes and types were checked by the caller.
  static func build(_ guides: [Tensor]) throws -> [SpanningTree] {
    let construction = try Construction(guides)
    try Scratch.parallel(guides.count, byteCount: construction.scratchBytes) { construction.span($0, &$1) }
    return construction.trees
  }

  /// Trees on their way: the distances of neighbours are known, so that each tree can be made on a thread of its own.
  struct Construction {
    let trees: [SpanningTree]
    private let guides: [Tensor]
    /// Squared distances per slot: float32, and float64 for guides of that type.
    private let slots: [Tensor]
    private let exact: [Tensor?]

    /// Works out the distances on all threads.
    init(_ guides: [Tensor]) throws {
      self.guides = guides.map { $0.contiguous() }
      trees = guides.map { SpanningTree(GridGraph(height: $0.shape[1], width: $0.shape[2]), $0.type) }
      slots = try zip(trees, self.guides).map {
        try squaredDistances($1.converted(to: .float32), on: $0.grid, of: Float.self)
      }
      exact = try zip(trees, self.guides).map {
        $1.type == .float64 ? try squaredDistances($1, on: $0.grid, of: Double.self) : nil
      }
    }

    var scratchBytes: Int { trees.map(\.scratchBytes).max() ?? 0 }

    /// Finishes one tree.
    func span(_ image: Int, _ scratch: inout Scratch) {
      let tree = trees[image]
      tree.span(slots[image].elements(of: Float.self), &scratch)
      if let exact = exact[image] {
        Walk(tree).gather(exact.elements(of: Double.self), into: tree.distances.elements(of: Double.self))
      }
      extendLifetime(self)
    }
  }

  private var scratchBytes: Int {
    let work =
      Processor.kernels == nil
      ? Scratch.byteCount(grid.slotCount, of: Int32.self) + Boruvka.scratchBytes(grid)
      : Scratch.byteCount(grid.kernelGrid.spanningTreeBytes, of: UInt8.self)
    return work + Scratch.byteCount(grid.vertexCount + 4, of: UInt8.self)
  }

  /// Fills everything from squared distances per slot, but the distances of a float64 guide.
  private func span(_ slots: UnsafePointer<Float>, _ scratch: inout Scratch) {
    Tensor.withPointers(flags, of: UInt8.self) { flags in
      Tensor.withPointers(order, parent, firstChild, slot, of: Int32.self) { order, parent, firstChild, slot in
        let entered = scratch.take(grid.vertexCount + 4, of: UInt8.self)
        if let kernels = Processor.kernels {
          let room = scratch.take(grid.kernelGrid.spanningTreeBytes, of: UInt8.self)
          kernels.spanningTree(slots, grid.kernelGrid, into: flags, scratch: room)
          let buffer = distances.type == .float32 ? distances.elements(of: Float.self) : floats(room)
          let walk = kernels.breadthFirst(
            flags, slots, grid.kernelGrid, order: order, parent: parent, firstChild: firstChild, slot: slot,
            distances: buffer,
            scratch: entered)
          precondition(walk.reached == grid.vertexCount, "the flags are no spanning tree")
          keep(gap: walk.largestGap, weight: walk.weight)
        } else {
          let keys = scratch.take(grid.slotCount, of: Int32.self)
          Boruvka(grid: grid).orderingKeys(slots, keys)
          Boruvka(grid: grid).run(keys, flags, &scratch)
          let gap = breadthFirstOrder(
            flags, on: grid, order: order, parent: parent, firstChild: firstChild, slot: slot, entered: entered)
          keep(gap: gap, weight: (1..<max(1, grid.vertexCount)).reduce(0) { $0 + Double(slots[Int(slot[$1])] + 1) })
          if distances.type == .float32 { Walk(self).gather(slots, into: distances.elements(of: Float.self)) }
        }
      }
    }
  }

  private func keep(gap: Int, weight: Double) {
    Tensor.withPointers(parentGap, of: Int32.self) { $0[0] = Int32(truncatingIfNeeded: gap) }
    Tensor.withPointers(totalWeight, of: Double.self) { $0[0] = weight }
  }
}

/// A tree as its walks see it: bare pointers, valid while the tree lives.
struct Walk {
  let grid: GridGraph
  let order: UnsafePointer<Int32>
  let parent: UnsafePointer<Int32>
  let firstChild: UnsafePointer<Int32>
  let slot: UnsafePointer<Int32>
  /// Rows that a ring needs so that a position and its parent's never share one; a power of two.
  let ringSize: Int
  private let tree: SpanningTree

  init(_ tree: SpanningTree) {
    (grid, self.tree) = (tree.grid, tree)
    (order, parent) = (Walk.address(tree.order), Walk.address(tree.parent))
    (firstChild, slot) = (Walk.address(tree.firstChild), Walk.address(tree.slot))
    let gap = Int(Walk.address(tree.parentGap)[0])
    ringSize = 1 << (Int.bitWidth - gap.leadingZeroBitCount)
  }

  private static func address(_ tensor: Tensor) -> UnsafePointer<Int32> {
    UnsafePointer(tensor.buffer.bytes.assumingMemoryBound(to: Int32.self) + tensor.offset)
  }

  /// Sets `values` [V] to what the slot of each position's edge to its parent holds; 0 for the root.
  func gather<T: FilterElement>(_ slots: UnsafePointer<T>, into values: UnsafeMutablePointer<T>) {
    values[0] = 0
    for position in 1..<max(1, grid.vertexCount) { values[position] = slots[Int(slot[position])] }
  }
}
