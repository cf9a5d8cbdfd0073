import Tensors

/// The minimum spanning trees of a batch of guides, one tree per image.
///
/// The weight of the edge between two neighbouring pixels is `1 + Σ_c (g_c,u - g_c,v)²`, worked out in Float32 with its +1 (a float64
/// guide is rounded to Float32 for this, so that a tree does not depend on the type); among equal weights the edge with the lower
/// index of `GridGraph` comes first. So the tree is unique. A NaN weight comes after all others. Time O(E log V) per image.
public struct MinimumSpanningTree: Sendable {
  /// The tree of each image.
  public let trees: [SpanningTree]
  /// The grid that all of them span.
  public let grid: GridGraph

  /// Trees of equal grids, one for each image.
  public init(_ trees: [SpanningTree]) {
    precondition(!trees.isEmpty && trees.allSatisfy { $0.grid == trees[0].grid })
    (self.trees, grid) = (trees, trees[0].grid)
  }

  /// Builds the trees of a guide [N, C, H, W], float32 or float64.
  /// - Parameter memo: where trees of equal guides are looked up and kept; nil for guides that don't come again.
  /// - Throws: `TensorError` for another shape or type; `Interrupted`.
  public static func build(guide: Tensor, memo: TreeMemo? = nil) throws -> MinimumSpanningTree {
    try checkGuide(guide, "tree")
    let images = try (0..<guide.shape[0]).map { try guide.selected(0, index: $0) }
    return MinimumSpanningTree(try memo?.trees(images) ?? SpanningTree.build(images))
  }

  static func checkGuide(_ guide: Tensor, _ operation: String) throws {
    guard guide.type.isFloating else {
      throw TensorError.type(operation: operation, found: guide.type, expected: "a guide of float32 or float64")
    }
    guard guide.rank == 4, guide.shape.allSatisfy({ $0 > 0 }), guide.shape[2] * guide.shape[3] < 1 << 30 else {
      throw TensorError.shape(
        operation: operation, found: "\(guide.shape)", expected: "a guide [N, C, H, W] without empty dimensions")
    }
  }

  /// The edges of each tree as pairs of vertex ids (source, target), in the edge order of `GridGraph`: int32 [N, V-1, 2].
  public func edges() -> Tensor {
    let (count, width) = (grid.vertexCount - 1, grid.width)
    let result = Tensor(uninitialized: [trees.count, count, 2], .int32)
    Kernel.run {
      Tensor.withPointers(result, of: Int32.self) { pairs in
        var next = pairs
        for tree in trees {
          Tensor.withPointers(tree.flags, of: UInt8.self) { flags in
            for (flag, step) in [(Boruvka.down, width), (Boruvka.right, 1)] {
              for vertex in 0..<grid.vertexCount where flags[vertex] & flag != 0 {
                next[0] = Int32(vertex)
                next[1] = Int32(vertex + step)
                next += 2
              }
            }
          }
        }
      }
    }
    return result
  }

  /// The sum of each tree's edge weights (each with its +1, rounded to Float32): float64 [N].
  public func total() -> Tensor {
    let result = Tensor(uninitialized: [trees.count], .float64)
    Kernel.run {
      Tensor.withPointers(result, of: Double.self) {
        for (image, tree) in trees.enumerated() { $0[image] = tree.totalWeight.item }
      }
    }
    return result
  }

  /// The vertices of each tree breadth first from vertex 0: int32 [N, V].
  public func order() -> Tensor { stacked(\.order) }

  /// The position in `order()` of the parent of each position, non-decreasing, 0 for the root: int32 [N, V].
  public func parents() -> Tensor { stacked(\.parent) }

  private func stacked(_ part: KeyPath<SpanningTree, Tensor>) -> Tensor {
    let count = grid.vertexCount
    let result = Tensor(uninitialized: [trees.count, count], .int32)
    Kernel.run {
      Tensor.withPointers(result, of: Int32.self) { out in
        for (image, tree) in trees.enumerated() {
          Tensor.withPointers(tree[keyPath: part], of: Int32.self) {
            (out + image * count).update(from: $0, count: count)
          }
        }
      }
    }
    return result
  }
}
