import Autograd
import Tensors
import TestSupport
import Testing
import TreeFilter

/// Agreement with the published system on stored cases, and with the vectors of a worked 3×3 example.
@Suite(.serialized) struct GoldenTreeTests {
  private static let certified = [
    "column_Nx1", "feature16", "groups4_separate_embed", "line_1xN", "rgb_random", "rgb_smooth", "small_rgb",
  ]

  private func batch(_ golden: Golden, _ path: String, _ type: ElementType) throws -> Tensor {
    try golden.tensor(path, type).unsqueezed(0)
  }

  @Test(arguments: certified) func trees(name: String) throws {
    let golden = try Golden("tree.h5")
    for type in [ElementType.float32, .float64] {
      let tree = try MinimumSpanningTree.build(guide: batch(golden, "\(name)/guide", type))
      #expect(try tree.edgeIndices() == golden.tensor("\(name)/mst_edge_ids").array(of: Int32.self).map(Int.init))
      #expect(
        try tree.edges().array(of: Int32.self) == golden.tensor("\(name)/mst_edges").array(of: Int32.self))
      let total = try golden.number("\(name)/mst_total_weight_f64")
      #expect(abs(tree.total().item - total) <= 1e-6 * total)
      let (order, parents) = (tree.order().array(of: Int32.self), tree.parents().array(of: Int32.self))
      var parentVertex = [Int32](repeating: -1, count: order.count)
      for p in order.indices.dropFirst() { parentVertex[Int(order[p])] = order[Int(parents[p])] }
      #expect(try parentVertex == golden.tensor("\(name)/parent_vertex").array(of: Int32.self))
    }
  }

  @Test func ties() throws {
    let golden = try Golden("tree.h5")
    let guide = try batch(golden, "ties/guide", .float32)
    let tree = try MinimumSpanningTree.build(guide: guide)
    let expected = try golden.tensor("ties/info_reference_tiebreak_edge_ids").array(of: Int32.self)
    #expect(try tree.edgeIndices() == expected.map(Int.init))
    let weights = ReferenceTree(guide.planes, height: tree.grid.height, width: tree.grid.width).weights
    let sorted = try golden.tensor("ties/sorted_mst_weights").array(of: Float.self)
    #expect(try tree.edgeIndices().map { weights[$0] }.sorted() == sorted)
    #expect(try tree.total().item == golden.number("ties/mst_total_weight_f64"))
  }

  @Test func constantGuide() throws {
    let golden = try Golden("tree.h5")
    let guide = try batch(golden, "constant/guide", .float32)
    let tree = try MinimumSpanningTree.build(guide: guide)
    #expect(try tree.total().item == golden.number("constant/mst_total_weight_f64"))
    for sigma in [nil, 0.02, 0.002] {
      let y = try treeFilter(
        Variable(batch(golden, "constant/feat", .float32)), embedding: Variable(guide), tree: tree, sigma: sigma)
      expectClose(y.value, try batch(golden, "constant/out_any_variant", .float32), absolute: 2e-6, relative: 1e-5)
    }
  }

  @Test(arguments: certified) func filters(name: String) throws {
    let golden = try Golden("tree.h5")
    let metadata = try golden.json("\(name)/meta_json")
    let groups = try #require(metadata["groups"] as? Int)
    let variants: [(String, Double?)] = try golden.keys(name).compactMap {
      $0 == "high" ? ($0, nil) : $0.hasPrefix("low_sigma_") ? ($0, Double($0.dropFirst(10))) : nil
    }
    #expect(!variants.isEmpty)
    for type in [ElementType.float32, .float64] {
      let guide = try batch(golden, "\(name)/guide", type)
      let tree = try MinimumSpanningTree.build(guide: guide)
      let embeddingPath = try golden.has("\(name)/embed") ? "\(name)/embed" : "\(name)/guide"
      for (variant, sigma) in variants {
        let x = Variable(try batch(golden, "\(name)/feat", type), requiresGradient: true)
        let embedding = Variable(try batch(golden, embeddingPath, type), requiresGradient: true)
        let y = try treeFilter(x, embedding: embedding, tree: tree, sigma: sigma, groups: groups)
        try y.backward(batch(golden, "\(name)/grad_out", type))
        let (absolute, relative) = type == .float32 ? (2e-6, 1e-5) : (1e-6, 0)
        func expected(_ part: String) throws -> Tensor { try batch(golden, "\(name)/\(variant)/\(part)", type) }
        let comment = "\(name) \(variant) \(type)"
        expectClose(y.value, try expected("out"), absolute: absolute, relative: relative, comment)
        expectClose(
          try #require(x.gradient), try expected("grad_feat"), absolute: absolute, relative: relative, comment)
        if sigma == nil {
          let bound = type == .float32 ? 3e-5 : 1e-6
          expectClose(try #require(embedding.gradient), try expected("grad_embed"), relative: bound, comment)
        } else {
          #expect(embedding.gradient == nil)
        }
      }
    }
  }

  @Test func workedExample() throws {
    let guide = Tensor([0, 0.1, 0.1, 0, 0.5, 0.1, 0.2, 0.2, 0.1], shape: [1, 1, 3, 3])
    let tree = try MinimumSpanningTree.build(guide: guide)
    #expect(try tree.edgeIndices() == [0, 2, 4, 5, 6, 7, 10, 11])
    let input = Tensor([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0], shape: [1, 2, 3, 3])
    let x = Variable(input.converted(to: .float64), requiresGradient: true)
    let y = try treeFilter(x, embedding: Variable(guide), tree: tree, sigma: 0.02)
    let output = [
      0.311775, 0.250786, 0.250786, 0.311775, 0.956004, 0.250786, 0.190512, 0.190512, 0.250786, 0.499604, 0.499476,
      0.499476, 0.499604, 0.027117, 0.499476, 0.498926, 0.498926, 0.499476,
    ]
    expectClose(y.value, Tensor(output, shape: [1, 2, 3, 3]), absolute: 6e-7)
    try y.backward(Tensor((0..<18).map { Double($0 + 1) / 10 }, shape: [1, 2, 3, 3]))
    let slopes = [
      0.393966, 0.548669, 0.548669, 0.393966, 0.478595, 0.548669, 0.519400, 0.519400, 0.548669, 1.213317, 1.536416,
      1.536416, 1.213317, 1.338845, 1.536416, 1.344429, 1.344429, 1.536416,
    ]
    expectClose(try #require(x.gradient), Tensor(slopes, shape: [1, 2, 3, 3]), absolute: 6e-7)
    // The high form of the guide divided by √sigma has the same weights, and a gradient √sigma times as large.
    let root = 0.02.squareRoot()
    let scaled = Variable(
      Tensor(guide.array(of: Double.self).map { $0 / root }, shape: guide.shape), requiresGradient: true)
    let high = try treeFilter(Variable(x.value), embedding: scaled, tree: tree)
    try high.backward(Tensor((0..<18).map { Double($0 + 1) / 10 }, shape: [1, 2, 3, 3]))
    let embedding = [1.276424, -1.276424, 0, 0, -0.365232, 0, 0, 0.333466, 0.031766].map { $0 * root }
    expectClose(try #require(scaled.gradient), Tensor(embedding, shape: [1, 1, 3, 3]), absolute: 3e-7)
  }
}
