import Autograd
import Foundation
import Tensors
import TestSupport
import TreeFilter

/// The definitions of tree and filter, written down as slowly and plainly as possible, in Double.
struct ReferenceTree {
  let grid: GridGraph
  /// Indices of the tree's edges, ascending.
  let edges: [Int]
  /// Float32 weights of all edges of the grid.
  let weights: [Float]

  /// Kruskal under (weight, edge index) for a guide [C][V] of values representable in Float.
  init(_ guide: [[Double]], height: Int, width: Int) {
    grid = GridGraph(height: height, width: width)
    let guide = guide.map { $0.map { Float($0) } }
    var weights: [Float] = []
    for index in 0..<grid.edgeCount {
      let (u, v) = grid.edge(index)
      var sum: Float = 0
      for plane in guide { sum += (plane[u] - plane[v]) * (plane[u] - plane[v]) }
      weights.append(sum + 1)
    }
    let sorted = weights.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
    var component = Array(0..<grid.vertexCount)
    func root(_ v: Int) -> Int {
      var v = v
      while component[v] != v {
        component[v] = component[component[v]]
        v = component[v]
      }
      return v
    }
    var chosen: [Int] = []
    for index in sorted {
      let (u, v) = grid.edge(index)
      let (a, b) = (root(u), root(v))
      if a != b {
        component[a] = b
        chosen.append(index)
      }
    }
    (edges, self.weights) = (chosen.sorted(), weights)
  }

  /// For each vertex the tree edges at it, as (neighbour, index into `edges`).
  var neighbours: [[(vertex: Int, edge: Int)]] {
    var result = [[(vertex: Int, edge: Int)]](repeating: [], count: grid.vertexCount)
    for (i, edge) in edges.enumerated() {
      let (u, v) = grid.edge(edge)
      result[u].append((v, i))
      result[v].append((u, i))
    }
    return result
  }
}

/// One filter call by the dense definition: S(i,j) is the product of weights on the path from i to j.
struct ReferenceFilter {
  let tree: ReferenceTree
  let weights: [Double]
  let y: [[Double]]
  private let embedding: [[Double]]
  private let x: [[Double]]
  private let similarity: [[Double]]
  private let total: [Double]
  /// paths[i][j]: which of the tree's edges lie between i and j.
  private let paths: [[Set<Int>]]

  init(_ x: [[Double]], embedding: [[Double]], tree: ReferenceTree, sigma: Double?) {
    (self.x, self.embedding, self.tree) = (x, embedding, tree)
    let count = tree.grid.vertexCount
    let weights = tree.edges.map { edge in
      let (u, v) = tree.grid.edge(edge)
      return exp(-embedding.reduce(0) { $0 + ($1[u] - $1[v]) * ($1[u] - $1[v]) } / (sigma ?? 1))
    }
    let neighbours = tree.neighbours
    var paths = [[Set<Int>]](repeating: [Set<Int>](repeating: [], count: count), count: count)
    for start in 0..<count {
      var (stack, seen) = ([start], Set([start]))
      while let v = stack.popLast() {
        for (next, edge) in neighbours[v] where seen.insert(next).inserted {
          paths[start][next] = paths[start][v].union([edge])
          stack.append(next)
        }
      }
    }
    let similarity = paths.map { $0.map { $0.reduce(1) { $0 * weights[$1] } } }
    let total = similarity.map { $0.reduce(0, +) }
    y = x.map { plane in
      (0..<count).map { i in (0..<count).reduce(0) { $0 + similarity[i][$1] * plane[$1] } / total[i] }
    }
    (self.weights, self.similarity, self.total, self.paths) = (weights, similarity, total, paths)
  }

  func gradientX(_ g: [[Double]]) -> [[Double]] {
    let count = tree.grid.vertexCount
    return g.map { plane in
      (0..<count).map { j in (0..<count).reduce(0) { $0 + similarity[$1][j] * plane[$1] / total[$1] } }
    }
  }

  /// Through the weights of the high form: dS(i,j)/dw = S(i,j)/w for every edge on the path.
  func gradientEmbedding(_ g: [[Double]]) -> [[Double]] {
    let count = tree.grid.vertexCount
    var result = embedding.map { $0.map { _ in 0.0 } }
    for (e, edge) in tree.edges.enumerated() {
      var slope = 0.0
      for i in 0..<count {
        for j in 0..<count where paths[i][j].contains(e) {
          for c in g.indices { slope += g[c][i] / total[i] * (x[c][j] - y[c][i]) * similarity[i][j] / weights[e] }
        }
      }
      let (u, v) = tree.grid.edge(edge)
      for c in embedding.indices {
        let part = -weights[e] * slope * 2 * (embedding[c][u] - embedding[c][v])
        result[c][u] += part
        result[c][v] -= part
      }
    }
    return result
  }
}

extension RandomStream {
  init(_ purpose: String, _ index: Int = 0) { self.init(seed: 1, purpose: purpose, index: index) }

  /// Planes [C][V], uniform in [low, high), each value representable in Float.
  mutating func planes(_ channels: Int, _ count: Int, _ low: Double = -1, _ high: Double = 1) -> [[Double]] {
    (0..<channels).map { _ in (0..<count).map { _ in Double(Float(uniform(low, high))) } }
  }
}

extension Tensor {
  /// [1, C, height, width] from planes [C][V].
  init(_ planes: [[Double]], _ height: Int, _ width: Int, _ type: ElementType = .float64) {
    self = Tensor(Array(planes.joined()), shape: [1, planes.count, height, width]).converted(to: type)
  }

  /// [1, C, H, W] as planes [C][V].
  var planes: [[Double]] {
    let (values, count) = (array(of: Double.self), shape[2] * shape[3])
    return (0..<shape[1]).map { Array(values[$0 * count..<($0 + 1) * count]) }
  }

  var largest: Double { array(of: Double.self).map(abs).max() ?? 0 }

  /// The largest absolute difference; infinite for NaN or another shape.
  func distance(to other: Tensor) -> Double { shape == other.shape ? Difference(self, other).maximum : .infinity }
}

/// The sum of the products of two tensors' elements.
func dot(_ a: Tensor, _ b: Tensor) -> Double {
  zip(a.array(of: Double.self), b.array(of: Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
}

extension MinimumSpanningTree {
  /// Indices of an image's edges in the order of the grid's edge list, worked out from the vertex ids.
  func edgeIndices(_ image: Int = 0) throws -> [Int] {
    var index: [Int: Int] = [:]
    for i in 0..<grid.edgeCount {
      let (u, v) = grid.edge(i)
      index[u * grid.vertexCount + v] = i
    }
    let pairs = try edges().selected(0, index: image).array(of: Int32.self).map(Int.init)
    return (0..<pairs.count / 2).map { index[pairs[2 * $0] * grid.vertexCount + pairs[2 * $0 + 1]] ?? -1 }
  }
}
