import Autograd
import Foundation
import Tensors
import Testing
import TreeFilter

@Suite(.serialized) struct TreeFilterTests {
  /// Forward and both gradients of one call; x and embedding require gradients.
  private func run(
    _ x: Tensor, _ embedding: Tensor, _ tree: MinimumSpanningTree, sigma: Double?, groups: Int = 1, seed: Tensor
  ) throws -> (y: Tensor, x: Tensor, embedding: Tensor?) {
    let (x, e) = (Variable(x, requiresGradient: true), Variable(embedding, requiresGradient: true))
    let y = try treeFilter(x, embedding: e, tree: tree, sigma: sigma, groups: groups)
    try y.backward(seed)
    return (y.value, try #require(x.gradient), e.gradient)
  }

  @Test func equalsTheDenseDefinitionOnEverySmallGrid() throws {
    for height in 1...4 {
      for width in 1...4 {
        for trial in 0..<5 {
          let count = height * width
          var random = RandomStream("dense", trial * 100 + height * 10 + width)
          let guide = random.planes(2, count)
          let (x, g) = (random.planes(3, count), random.planes(3, count))
          let reference = ReferenceTree(guide, height: height, width: width)
          let tree = try MinimumSpanningTree.build(guide: Tensor(guide, height, width, .float32))
          for sigma in [nil, 0.02, 0.7] {
            for embedding in [guide, random.planes(1 + trial, count)] {
              let dense = ReferenceFilter(x, embedding: embedding, tree: reference, sigma: sigma)
              for (type, bound) in [(ElementType.float64, 1e-12), (.float32, 3e-6)] {
                let result = try run(
                  Tensor(x, height, width, type), Tensor(embedding, height, width, type), tree, sigma: sigma,
                  seed: Tensor(g, height, width, type))
                #expect(result.y.distance(to: Tensor(dense.y, height, width)) < bound)
                #expect(result.x.distance(to: Tensor(dense.gradientX(g), height, width)) < bound)
                if sigma == nil {
                  let expected = Tensor(dense.gradientEmbedding(g), height, width)
                  #expect(try #require(result.embedding).distance(to: expected) < 10 * bound)
                } else {
                  #expect(result.embedding == nil)
                }
              }
            }
          }
        }
      }
    }
  }

  /// Row widths around whole vectors, and more vertices than a tile.
  @Test(arguments: [1, 6, 7, 8, 15, 16, 40]) func everyChannelCount(channels: Int) throws {
    var random = RandomStream("channels", channels)
    let (height, width) = (5, 9)
    let guide = random.planes(1, 45)
    let (x, g) = (random.planes(channels, 45), random.planes(channels, 45))
    let reference = ReferenceTree(guide, height: height, width: width)
    let dense = ReferenceFilter(x, embedding: guide, tree: reference, sigma: nil)
    let result = try run(
      Tensor(x, height, width), Tensor(guide, height, width), .build(guide: Tensor(guide, height, width, .float32)),
      sigma: nil, seed: Tensor(g, height, width))
    #expect(result.y.distance(to: Tensor(dense.y, height, width)) < 1e-12)
    #expect(result.x.distance(to: Tensor(dense.gradientX(g), height, width)) < 1e-12)
    let expected = Tensor(dense.gradientEmbedding(g), height, width)
    #expect(try #require(result.embedding).distance(to: expected) < 1e-11 * max(1, expected.largest))
  }

  @Test func finiteDifferences() throws {
    var random = RandomStream("differences")
    let (height, width) = (4, 5)
    let tree = try MinimumSpanningTree.build(guide: Tensor(random.planes(1, 20), height, width))
    let (x, e) = (random.planes(4, 20), random.planes(4, 20))
    let g = Tensor(random.planes(4, 20), height, width)
    let (tx, te) = (Tensor(x, height, width), Tensor(e, height, width))
    let result = try run(tx, te, tree, sigma: nil, groups: 2, seed: g)
    func value(_ x: Tensor, _ e: Tensor) throws -> Double {
      dot(try treeFilter(Variable(x), embedding: Variable(e), tree: tree, groups: 2).value, g)
    }
    for (tensor, gradient, isX) in [(tx, result.x, true), (te, try #require(result.embedding), false)] {
      let slopes = gradient.array(of: Double.self)
      for i in 0..<tensor.count {
        func moved(_ step: Double) throws -> Double {
          var values = tensor.array(of: Double.self)
          values[i] += step
          let t = Tensor(values, shape: tensor.shape)
          return isX ? try value(t, te) : try value(tx, t)
        }
        #expect(abs((try moved(1e-5) - moved(-1e-5)) / 2e-5 - slopes[i]) < 1e-8)
      }
    }
  }

  @Test func gradientIsTheAdjoint() throws {
    var random = RandomStream("adjoint")
    let (height, width) = (31, 45)
    let count = height * width
    let guide = Tensor(random.planes(3, count, 0, 1), height, width)
    let tree = try MinimumSpanningTree.build(guide: guide)
    for sigma in [nil, 0.002, 0.02] {
      let (x, y) = (Tensor(random.planes(5, count), height, width), Tensor(random.planes(5, count), height, width))
      let result = try run(x, guide, tree, sigma: sigma, seed: y)
      #expect(abs(dot(result.y, y) - dot(x, result.x)) < 1e-11 * Double(count))
    }
  }

  @Test func constantsAndRangesAndSums() throws {
    var random = RandomStream("constants")
    let (height, width) = (30, 21)
    let count = height * width
    let guide = Tensor(random.planes(3, count, 0, 1), height, width, .float32)
    let tree = try MinimumSpanningTree.build(guide: guide)
    func filtered(_ x: Tensor, _ sigma: Double?) throws -> Tensor {
      try treeFilter(Variable(x), embedding: Variable(guide), tree: tree, sigma: sigma).value
    }
    for sigma in [nil, 0.002, 0.02, 10] {
      let constant = Tensor(filling: [1, 3, height, width], with: -2.5)
      #expect(try filtered(constant, sigma).distance(to: constant) < 2e-6)
      let y = try filtered(Tensor(random.planes(3, count, 2, 5), height, width, .float32), sigma).array(of: Float.self)
      #expect(y.allSatisfy { $0 >= 2 - 1e-5 && $0 <= 5 + 1e-5 })
      var shares = random.planes(4, count, 0.01, 1)
      for v in 0..<count {
        let sum = shares.reduce(0) { $0 + $1[v] }
        for c in 0..<4 { shares[c][v] /= sum }
      }
      let z = try filtered(Tensor(shares, height, width, .float32), sigma).planes
      #expect((0..<count).allSatisfy { v in abs(z.reduce(0) { $0 + $1[v] } - 1) < 2e-6 })
    }
  }

  @Test func equalFeaturesGiveTheMeanAndFarOnesThemselves() throws {
    var random = RandomStream("mean")
    let x = random.planes(2, 35)
    let flat = Tensor(filling: [1, 1, 5, 7], with: 0.25, .float64)
    let tree = try MinimumSpanningTree.build(guide: flat)
    let means = x.map { [Double](repeating: $0.reduce(0, +) / 35, count: 35) }
    let y = try treeFilter(Variable(Tensor(x, 5, 7)), embedding: Variable(flat), tree: tree)
    #expect(y.value.distance(to: Tensor(means, 5, 7)) < 1e-13)
    let steep = Tensor([(0..<35).map { Double($0 * 100) }], 5, 7)
    for type in [ElementType.float32, .float64] {
      let input = Tensor(x, 5, 7, type)
      let z = try treeFilter(Variable(input), embedding: Variable(steep.converted(to: type)), tree: tree)
      #expect(z.value.distance(to: input) == 0)
    }
  }

  /// Mirroring everything mirrors the result; the trees agree since no weights tie.
  @Test(arguments: [2, 3]) func flips(dimension: Int) throws {
    var random = RandomStream("flips", dimension)
    let (height, width) = (11, 8)
    func flipped(_ t: Tensor) throws -> Tensor {
      let parts = try (0..<t.shape[dimension]).reversed().map { try t.narrowed(dimension, start: $0, count: 1) }
      let result = Tensor(uninitialized: t.shape, t.type)
      for (i, part) in parts.enumerated() { try result.narrowed(dimension, start: i, count: 1).assign(part) }
      return result
    }
    let (x, g) = (Tensor(random.planes(3, 88), height, width), Tensor(random.planes(3, 88), height, width))
    let e = Tensor(random.planes(2, 88), height, width)
    let plain = try run(x, e, .build(guide: e), sigma: nil, seed: g)
    let mirrored = try run(
      flipped(x), flipped(e), .build(guide: flipped(e)), sigma: nil, seed: flipped(g))
    #expect(mirrored.y.distance(to: try flipped(plain.y)) < 1e-13)
    #expect(mirrored.x.distance(to: try flipped(plain.x)) < 1e-13)
    let embedding = try #require(plain.embedding)
    #expect(try #require(mirrored.embedding).distance(to: try flipped(embedding)) < 1e-12)
  }

  /// On a chain with one weight w the similarity is w^|i-j|.
  @Test func chains() throws {
    let (count, w) = (40, 0.7)
    let step = (-log(w)).squareRoot()
    let ramp = Tensor([(0..<count).map { Double($0) * step }], 1, count)
    var random = RandomStream("chain")
    let x = random.planes(1, count)
    let expected = (0..<count).map { i in
      let s = (0..<count).map { pow(w, Double(abs(i - $0))) }
      return zip(s, x[0]).reduce(0) { $0 + $1.0 * $1.1 } / s.reduce(0, +)
    }
    for shape in [[1, 1, 1, count], [1, 1, count, 1]] {
      let guide = try ramp.reshaped(shape)
      let y = try treeFilter(
        Variable(Tensor(x[0], shape: shape)), embedding: Variable(guide), tree: .build(guide: guide))
      #expect(y.value.distance(to: Tensor(expected, shape: shape)) < 1e-12)
    }
  }

  /// A 3×3 star: the centre joins its four neighbours, and each corner hangs on one of these.
  @Test func stars() throws {
    let guide: [Double] = [2, 0.1, 3, 0.2, 0, 0.3, 5, 0.4, 7]
    let tree = try MinimumSpanningTree.build(guide: Tensor([guide], 3, 3))
    let edges = try tree.edgeIndices().map { tree.grid.edge($0) }
    #expect(edges.filter { $0.source == 4 || $0.target == 4 }.count == 4)
    var x = [Double](repeating: 0, count: 9)
    x[4] = 1
    let y = try treeFilter(Variable(Tensor([x], 3, 3)), embedding: Variable(Tensor([guide], 3, 3)), tree: tree)
    let w = edges.map { exp(-pow(guide[$0.source] - guide[$0.target], 2)) }
    var similarity = [Double](repeating: 0, count: 9)
    similarity[4] = 1
    for _ in 0..<2 {
      for ((u, v), w) in zip(edges, w) {
        if similarity[u] > 0 && similarity[v] == 0 { similarity[v] = similarity[u] * w }
        if similarity[v] > 0 && similarity[u] == 0 { similarity[u] = similarity[v] * w }
      }
    }
    #expect(abs(y.value.array(of: Double.self)[4] - 1 / similarity.reduce(0, +)) < 1e-13)
  }

  @Test func groupsAreFiltersOfTheirOwn() throws {
    var random = RandomStream("groups")
    let (height, width, groups) = (9, 14, 3)
    let count = height * width
    let guide = Tensor((0..<2).flatMap { _ in random.planes(2, count).joined() }, shape: [2, 2, height, width])
    let tree = try MinimumSpanningTree.build(guide: guide)
    func batch(_ channels: Int) -> Tensor {
      Tensor((0..<2).flatMap { _ in random.planes(channels, count).joined() }, shape: [2, channels, height, width])
    }
    let (x, e, g) = (batch(12), batch(6), batch(12))
    for sigma in [nil, 0.5] {
      let all = try run(x, e, tree, sigma: sigma, groups: groups, seed: g)
      for k in 0..<groups {
        func part(_ t: Tensor) throws -> Tensor {
          try t.narrowed(1, start: k * t.shape[1] / groups, count: t.shape[1] / groups)
        }
        let one = try run(part(x), part(e), tree, sigma: sigma, seed: part(g))
        #expect(one.y.distance(to: try part(all.y)) == 0)
        #expect(one.x.distance(to: try part(all.x)) == 0)
        if let embedding = all.embedding {
          #expect(try #require(one.embedding).distance(to: try part(embedding)) == 0)
        }
      }
    }
  }

  @Test func threadsDoNotMatter() throws {
    var random = RandomStream("threads")
    let t = Tensor((0..<4).flatMap { _ in random.planes(3, 600).joined() }, shape: [4, 3, 20, 30])
    let threads = Kernel.threads
    defer { Kernel.threads = threads }
    let results = try [1, 4].map {
      Kernel.threads = $0
      return try run(t, t, .build(guide: t), sigma: nil, seed: t)
    }
    #expect(results[0].y.distance(to: results[1].y) == 0)
    #expect(results[0].x.distance(to: results[1].x) == 0)
    #expect(try #require(results[0].embedding).distance(to: try #require(results[1].embedding)) == 0)
  }

  /// A winding path of 65,536 pixels: deep trees neither overflow nor drift.
  @Test func depth() throws {
    let side = 256
    var guide = [Double](repeating: 0, count: side * side)
    for y in 0..<side {
      for x in 0..<side { guide[y * side + (y % 2 == 0 ? x : side - 1 - x)] = Double(y * side + x) * 0.05 }
    }
    let embedding = Tensor([guide], side, side)
    let tree = try MinimumSpanningTree.build(guide: embedding)
    var random = RandomStream("depth")
    let x = Tensor(random.planes(2, side * side), side, side)
    let exact = try run(x, embedding, tree, sigma: nil, seed: x)
    let single = try run(
      x.converted(to: .float32), embedding.converted(to: .float32), tree, sigma: 1, seed: x.converted(to: .float32))
    #expect(single.y.distance(to: exact.y) < 2e-5)
    #expect(single.x.distance(to: exact.x) < 2e-5)
  }

  @Test func wrongArguments() throws {
    let guide = Tensor(zeros: [1, 2, 4, 5])
    let tree = try MinimumSpanningTree.build(guide: guide)
    func filter(_ x: Tensor, _ e: Tensor, sigma: Double? = nil, groups: Int = 1) throws {
      _ = try treeFilter(Variable(x), embedding: Variable(e), tree: tree, sigma: sigma, groups: groups)
    }
    #expect(throws: TreeError.treeOfAnotherSize(operation: "tree filter", tree: [1, 4, 5], tensor: [1, 2, 5, 4])) {
      try filter(Tensor(zeros: [1, 2, 5, 4]), guide)
    }
    #expect(throws: TreeError.treeOfAnotherSize(operation: "tree filter", tree: [1, 4, 5], tensor: [2, 2, 4, 5])) {
      try filter(guide, Tensor(zeros: [2, 2, 4, 5]))
    }
    #expect(throws: TreeError.groups(operation: "tree filter", groups: 2, name: "features", channels: 3)) {
      try filter(Tensor(zeros: [1, 3, 4, 5]), guide, groups: 2)
    }
    #expect(throws: TreeError.groups(operation: "tree filter", groups: 0, name: "features", channels: 2)) {
      try filter(guide, guide, groups: 0)
    }
    for sigma in [0, -1, .infinity] {
      #expect(throws: TreeError.sigma(operation: "tree filter", found: sigma)) {
        try filter(guide, guide, sigma: sigma)
      }
    }
    #expect(throws: TreeError.self) { try filter(guide, guide, sigma: .nan) }
    #expect(throws: TensorError.self) { try filter(guide.converted(to: .float64), guide) }
    #expect(throws: TensorError.self) { try filter(guide.converted(to: .int32), guide) }
    #expect(throws: TensorError.self) { try filter(Tensor(zeros: [2, 4, 5]), guide) }
  }

  @Test func dryRunsTakeMemoryAndComputeNothing() throws {
    Kernel.isDry = true
    defer { Kernel.isDry = false }
    let guide = Tensor(zeros: [1, 2, 64, 64])
    BufferPool.shared.resetPeak()
    let before = BufferPool.shared.usage.peak
    let x = Variable(guide, requiresGradient: true)
    let y = try treeFilter(x, embedding: x, tree: .build(guide: guide))
    try y.backward(guide)
    #expect(x.gradient?.shape == [1, 2, 64, 64])
    #expect(BufferPool.shared.usage.peak - before > 64 * 64 * 8 * 4)
  }
}
