import Tensors
import Testing
import TreeFilter

@Suite(.serialized) struct SpanningTreeTests {
  /// Guides with few distinct values, so that ties abound, and with many.
  private func guide(_ channels: Int, _ count: Int, levels: Int?, _ random: inout RandomStream) -> [[Double]] {
    random.planes(channels, count).map { $0.map { x in levels.map { Double(Int((x + 1) / 2 * Double($0))) } ?? x } }
  }

  private func build(_ planes: [[Double]], _ height: Int, _ width: Int, _ type: ElementType = .float32) throws
    -> MinimumSpanningTree
  {
    try .build(guide: Tensor(planes, height, width, type))
  }

  @Test func edgeListOrder() {
    let grid = GridGraph(height: 2, width: 3)
    let edges = (0..<grid.edgeCount).map { grid.edge($0) }
    #expect(edges.map(\.source) == [0, 1, 2, 0, 1, 3, 4])
    #expect(edges.map(\.target) == [3, 4, 5, 1, 2, 4, 5])
  }

  @Test func equalsKruskalOnEverySmallGrid() throws {
    for height in 1...4 {
      for width in 1...4 {
        for trial in 0..<12 {
          var random = RandomStream("small", trial * 100 + height * 10 + width)
          let planes = guide(1 + trial % 3, height * width, levels: [nil, 1, 2, 4][trial % 4], &random)
          let reference = ReferenceTree(planes, height: height, width: width)
          let tree = try build(planes, height, width)
          #expect(try tree.edgeIndices() == reference.edges)
          let total = reference.edges.reduce(0) { $0 + Double(reference.weights[$1]) }
          #expect(abs(tree.total().item - total) <= 1e-12 * total)
        }
      }
    }
  }

  @Test(arguments: [(37, 53), (64, 31), (1, 500), (500, 1), (2, 300), (90, 90), (3, 9000), (300, 290), (3, 70_000)])
  func equalsKruskalOnLargerGrids(height: Int, width: Int) throws {
    for (trial, levels) in [nil, 1, 2, 3, 10].enumerated() {
      var random = RandomStream("large", trial + height)
      let planes = guide(3, height * width, levels: levels, &random)
      let reference = ReferenceTree(planes, height: height, width: width)
      let tree = try build(planes, height, width)
      #expect(try tree.edgeIndices() == reference.edges)
      let total = reference.edges.reduce(0) { $0 + Double(reference.weights[$1]) }
      #expect(abs(tree.total().item - total) <= 1e-9 * total)
      if levels != nil { #expect(try build(planes, height, width, .float64).edgeIndices() == reference.edges) }
    }
  }

  /// Squared distances below half a unit in the last place of 1 vanish in the +1: they tie, and the edge index decides.
  @Test func weightsAreRoundedWithTheirOne() throws {
    let planes = [[0, 2e-4, 0, 1e-4]]
    for type in [ElementType.float32, .float64] {
      #expect(try build(planes, 2, 2, type).edgeIndices() == [0, 1, 2])
    }
  }

  @Test func breadthFirstInvariants() throws {
    var random = RandomStream("order")
    for (height, width) in [(1, 1), (1, 7), (7, 1), (13, 17), (40, 33)] {
      let tree = try build(random.planes(2, height * width), height, width)
      let order = tree.order().array(of: Int32.self).map(Int.init)
      let parents = tree.parents().array(of: Int32.self).map(Int.init)
      #expect(order[0] == 0 && parents[0] == 0)
      #expect(order.sorted() == Array(0..<height * width))
      #expect(parents == parents.sorted())
      #expect(parents.indices.dropFirst().allSatisfy { parents[$0] < $0 })
      let pairs = tree.edges().array(of: Int32.self).map(Int.init)
      let edges = Set((0..<pairs.count / 2).map { [pairs[2 * $0], pairs[2 * $0 + 1]] })
      let steps = Set(order.indices.dropFirst().map { [order[$0], order[parents[$0]]].sorted() })
      #expect(steps == edges && edges.count == height * width - 1)
    }
  }

  @Test func batchesAreTreesOfTheirImages() throws {
    var random = RandomStream("batch")
    let images = (0..<5).map { _ in Tensor(random.planes(2, 63), 7, 9, .float32) }
    let batch = Tensor(images.flatMap { $0.array(of: Float.self) }, shape: [5, 2, 7, 9])
    let tree = try MinimumSpanningTree.build(guide: batch)
    for (i, image) in images.enumerated() {
      #expect(try tree.edgeIndices(i) == MinimumSpanningTree.build(guide: image).edgeIndices())
      #expect(try tree.total().array(of: Double.self)[i] == MinimumSpanningTree.build(guide: image).total().item)
    }
  }

  @Test func guidesThatAreNoNumbersEnd() throws {
    var random = RandomStream("nan")
    var planes = random.planes(1, 600)
    for i in stride(from: 0, to: 600, by: 7) { planes[0][i] = [.nan, .infinity, -.infinity, -.nan][i % 4] }
    for values in [planes, [[Double](repeating: .nan, count: 600)]] {
      for type in [ElementType.float32, .float64] {
        let tree = try build(values, 20, 30, type)
        #expect(Set(tree.order().array(of: Int32.self)).count == 600)
        #expect(try tree.edgeIndices().sorted() == tree.edgeIndices())
      }
    }
  }

  /// A path that winds through the grid: cheap along the way, expensive across.
  private func corridor(_ height: Int, _ width: Int, spiral: Bool) -> [Float] {
    var (step, y, x, dy, dx) = (0, 0, 0, 0, 1)
    var guide = [Float](repeating: -1, count: height * width)
    if !spiral {
      for y in 0..<height {
        for x in 0..<width { guide[y * width + (y % 2 == 0 ? x : width - 1 - x)] = Float(y * width + x) }
      }
      return guide
    }
    while step < height * width {
      guide[y * width + x] = Float(step)
      step += 1
      let (ny, nx) = (y + dy, x + dx)
      if ny < 0 || ny >= height || nx < 0 || nx >= width || guide[ny * width + nx] >= 0 { (dy, dx) = (dx, -dy) }
      (y, x) = (y + dy, x + dx)
    }
    return guide
  }

  @Test(arguments: [false, true]) func deepTrees(spiral: Bool) throws {
    let (height, width) = (256, 256)
    let guide = Tensor(corridor(height, width, spiral: spiral), shape: [1, 1, height, width])
    let tree = try MinimumSpanningTree.build(guide: guide)
    #expect(tree.parents().array(of: Int32.self).dropFirst().enumerated().allSatisfy { $0.offset == Int($0.element) })
    #expect(tree.total().item == 2 * Double(height * width - 1))
  }

  @Test func largeGrid() throws {
    let (height, width) = (1024, 2048)
    for spiral in [false, true] {
      let guide = Tensor(corridor(height, width, spiral: spiral), shape: [1, 1, height, width])
      let tree = try MinimumSpanningTree.build(guide: guide)
      #expect(tree.parents().array(of: Int32.self)[height * width - 1] == Int32(height * width - 2))
    }
    var random = RandomStream("large grid")
    let noise = (0..<height * width).map { _ in Float(random.uniform()) }
    let tree = try MinimumSpanningTree.build(guide: Tensor(noise, shape: [1, 1, height, width]))
    #expect(tree.edges().shape == [1, height * width - 1, 2])
    #expect(tree.order().array(of: Int32.self).reduce(0) { $0 + Int($1) } == height * width * (height * width - 1) / 2)
  }

  @Test func wrongGuides() {
    #expect(throws: TensorError.self) { try MinimumSpanningTree.build(guide: Tensor(zeros: [3, 4, 4])) }
    #expect(throws: TensorError.self) { try MinimumSpanningTree.build(guide: Tensor(zeros: [1, 0, 4, 4])) }
    #expect(throws: TensorError.self) { try MinimumSpanningTree.build(guide: Tensor(zeros: [1, 1, 4, 4], .int32)) }
  }
}
