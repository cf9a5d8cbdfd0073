import Autograd
import Datasets
import Pictures
import Storage
import Tensors
import TreeFilter

extension LuaCall {
  /// A tree of a batch over an image, or its affinity to one pixel.
  func picture(of tree: LuaTree, _ options: ShowOptions) throws -> (Picture, title: String) {
    let (trees, grid) = (tree.tree.trees, tree.tree.grid)
    let index: Int = try options.table.value("index") ?? 1
    guard (1...trees.count).contains(index) else {
      throw options.table.wrong("index", expected: "the number of an image, from 1 to \(trees.count)")
    }
    let below = try options.table.value("image", as: Variable.self).map { image in
      guard let image = try image.value.shownImage() else {
        throw options.table.wrong("image", expected: "an image [3, H, W]")
      }
      return image
    }
    guard let pixel: [Int] = try options.table.value("pixel") else {
      let edges = try tree.tree.edges().selected(0, index: index - 1)
      let title = "tree of \(grid.width)×\(grid.height) pixels"
      return (
        .drawing(
          TreeDrawing.drawing(edges: edges, width: grid.width, height: grid.height, over: below, title: title)), title
      )
    }
    guard pixel.count == 2, (0..<grid.width).contains(pixel[0]), (0..<grid.height).contains(pixel[1]) else {
      throw options.table.wrong(
        "pixel", expected: "{x, y} of the tree's grid, from {0, 0} to {\(grid.width - 1), \(grid.height - 1)}")
    }
    let embedding: Variable = try options.table.required("embedding")
    let shape = [trees.count, grid.height, grid.width]
    guard embedding.shape.count == 4, embedding.type.isFloating,
      [embedding.shape[0], embedding.shape[2], embedding.shape[3]] == shape
    else {
      throw options.table.wrong("embedding", expected: "floats [\(shape[0]), E, \(shape[1]), \(shape[2])]")
    }
    let affinity = try treeAffinity(
      of: pixel[1] * grid.width + pixel[0], embedding: try embedding.value.selected(0, index: index - 1).unsqueezed(0),
      tree: MinimumSpanningTree([trees[index - 1]]), sigma: try options.table.value("sigma"))
    let title = "affinity to pixel \(pixel[0]),\(pixel[1])"
    return (
      .drawing(
        AffinityDrawing.drawing(
          affinity, width: grid.width, height: grid.height, pixel: (pixel[0], pixel[1]), over: below, caption: title)),
      title
    )
  }
}
