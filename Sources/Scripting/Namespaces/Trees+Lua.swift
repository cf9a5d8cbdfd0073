import Autograd
import Tensors
import TreeFilter

/// The minimum spanning trees of a batch, for Lua.
final class LuaTree: LuaObject {
  static let luaClass = LuaClass("tree")
  let tree: MinimumSpanningTree

  init(_ tree: MinimumSpanningTree) { self.tree = tree }

  /// Order, parents and flags of every pixel.
  var luaByteCount: Int { tree.trees.count * tree.grid.vertexCount * 9 }
}

extension LuaState {
  /// `tel.tree.…`: trees and the filter along them.
  func registerTrees() {
    register(
      "tel.tree.mst",
      help: "(guide [N, C, H, W]) -> tree: the minimum spanning tree of each image's grid, weights 1 + squared distance"
    ) { call in
      LuaTree(try MinimumSpanningTree.build(guide: try call.argument(1, "guide", as: Variable.self).value))
    }
    register(
      "tel.tree.filter",
      help: """
        (x [N, C, H, W], embedding [N, E, H, W], tree, {sigma=, groups=1}) -> x filtered along the tree: each pixel becomes the mean
        of all, weighted by the product of exp(-d/sigma) on the way; without sigma exp(-d), with a gradient into the embedding
        """
    ) { call in
      let options = try call.options(4, known: ["sigma", "groups"])
      return try treeFilter(
        try call.argument(1, "x"), embedding: try call.argument(2, "embedding"),
        tree: try call.argument(3, "tree", as: LuaTree.self).tree, sigma: try options.value("sigma"),
        groups: try options.value("groups") ?? 1)
    }
    register(LuaTree.self) { methods in
      methods.add("edges", help: "() -> int32 [N, V-1, 2]: pairs of vertex ids, y * W + x") { tree, _ in
        Variable(tree.tree.edges())
      }
      methods.add("total", help: "() -> float64 [N]: the sum of each tree's edge weights") { tree, _ in
        Variable(tree.tree.total())
      }
      methods.addText { "tree of \($0.tree.trees.count) × \($0.tree.grid.height)×\($0.tree.grid.width) pixels" }
    }
  }
}
