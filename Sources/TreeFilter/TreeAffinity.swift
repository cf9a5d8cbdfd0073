import Autograd
import Tensors

/// How close the tree filter holds all pixels to one of them: S(i,j) of `treeFilter` for a fixed i, 1 at i itself.
///
/// The filter's derivative at pixel i with respect to its input is S(i,j) / Σ_k S(i,k), so that this is exactly what the filter
/// does, worked out in Float64.
/// - Parameters:
///   - vertex: the pixel i, `y * W + x`.
///   - embedding: `[1, E, H, W]`: what distances are of, colours or features.
///   - tree: the tree of one image of H×W pixels.
///   - sigma: positive scale of squared distances; nil for exp(-d).
/// - Returns: H·W numbers in 0…1, row by row.
/// - Throws: what `treeFilter` throws.
public func treeAffinity(
  of vertex: Int, embedding: Tensor, tree: MinimumSpanningTree, sigma: Double? = nil
) throws -> [Double] {
  let grid = tree.grid
  precondition((0..<grid.vertexCount).contains(vertex), "vertex \(vertex) of \(grid.vertexCount)")
  let shape = [1, 1, grid.height, grid.width]
  let x = Variable(Tensor(zeros: shape, .float64), requiresGradient: true)
  let y = try treeFilter(x, embedding: Variable(embedding.converted(to: .float64)), tree: tree, sigma: sigma)
  var seed = [Double](repeating: 0, count: grid.vertexCount)
  seed[vertex] = 1
  try y.backward(Tensor(seed, shape: shape))
  guard let weights = x.gradient?.array(of: Double.self) else { return seed }
  let own = weights[vertex]
  return weights.map { own > 0 ? min(1, max(0, $0 / own)) : 0 }
}
