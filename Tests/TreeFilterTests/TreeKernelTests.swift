import CProcessor
import Foundation
import Kernels
import KernelsNarrow
import KernelsWide
import Tensors
import Testing

/// The vector kernels of trees and filters against loops that say the same slowly, for each instruction set that is there.
@Suite(.serialized) struct TreeKernelTests {
  static var libraries: [any VectorKernels.Type] {
    let all: [any VectorKernels.Type] = [KernelsNarrow.Library.self, KernelsWide.Library.self]
    return Array(all.prefix(Int(processor_level().rawValue)))
  }

  /// Memory for a kernel, and `padding` elements after it that must stay as they are.
  private final class Room<T: Equatable> {
    let address: UnsafeMutablePointer<T>
    let count: Int
    private let canary: T
    private static var padding: Int { 64 }

    init(_ count: Int, _ canary: T) {
      (self.count, self.canary) = (count, canary)
      address = .allocate(capacity: count + Self.padding)
      address.initialize(repeating: canary, count: count + Self.padding)
    }
    convenience init(_ values: [T]) {
      self.init(values.count, values[0])
      for (i, value) in values.enumerated() { address[i] = value }
    }
    deinit { address.deallocate() }

    var values: [T] { (0..<count).map { address[$0] } }
    var isIntact: Bool { (count..<count + Self.padding).allSatisfy { address[$0] == canary } }
  }

  private struct Tree {
    var grid: TreeGrid
    var slots, weights: Room<Float>
    var flags: Room<UInt8>
    var order, parent, firstChild, slot: Room<Int32>
    var distances: Room<Float>
    var walk: TreeWalk
    var reference: ReferenceTree

    /// A tree of noise, with many ties if `levels` is small.
    init(_ kernels: any VectorKernels.Type, _ height: Int, _ width: Int, channels: Int = 3, levels: Double = 1e6) {
      var random = RandomStream("kernels", height * 1000 + width)
      let planes = random.planes(channels, height * width, 0, 1).map {
        $0.map { Double(Float(($0 * levels).rounded() / levels)) }
      }
      grid = TreeGrid(height: height, width: width)
      let slow = ReferenceTree(planes, height: height, width: width)
      reference = slow
      slots = Room(grid.slots, 0)
      let source = Room(planes.joined().map { Float($0) })
      kernels.squaredDistances(source.address, channels: channels, grid, rows: 0..<height / 2, into: slots.address)
      kernels.squaredDistances(source.address, channels: channels, grid, rows: height / 2..<height, into: slots.address)
      let count = grid.vertices
      flags = Room(count, 255)
      let scratch = Room<UInt8>(grid.spanningTreeBytes, 99)
      kernels.spanningTree(slots.address, grid, into: flags.address, scratch: scratch.address)
      #expect(scratch.isIntact && flags.isIntact && slots.isIntact)
      (order, parent, firstChild) = (Room(count + 4, -9), Room(count + 4, -9), Room(count + 4, -9))
      (slot, distances) = (Room(count, -9), Room(count, -9))
      let entered = Room<UInt8>(count + 4, 77)
      let result = kernels.breadthFirst(
        flags.address, slots.address, grid, order: order.address, parent: parent.address,
        firstChild: firstChild.address, slot: slot.address, distances: distances.address, scratch: entered.address)
      #expect(result.reached == count)
      #expect([order, parent, firstChild, slot].allSatisfy { $0.isIntact } && distances.isIntact && entered.isIntact)
      let total = slow.edges.reduce(0) { $0 + Double(slow.weights[$1]) }
      #expect(abs(result.weight - total) <= 1e-12 * total)
      weights = Room(count + TreeWalk.extraRows, 9)
      kernels.edgeWeights(distances.address, scale: -0.7, count: count, into: weights.address)
      #expect(weights.isIntact)
      walk = TreeWalk(
        grid: grid, order: order.address, parent: parent.address, firstChild: firstChild.address, slot: slot.address,
        ringRows: 1 << (Int.bitWidth - result.largestGap.leadingZeroBitCount))
    }
  }

  private static let grids = [(1, 1), (1, 2), (2, 1), (1, 40), (40, 1), (2, 2), (3, 5), (7, 16), (16, 17), (33, 40)]

  /// Several arrays may follow each other, of a size that is a multiple of 4096 or that becomes one with what is added.
  @Test func arraysThatAreWrittenTogetherDoNotLieAtTheSamePlacesOfPages() {
    for bytes in [8 * 512, 8 * 126_937, 4 * 66_561] {
      let distance = TreeGrid.roomBytes(bytes / 4, 4)
      #expect(distance >= bytes + 256)
      for arrays in 1...3 {
        let lines = arrays * distance % 4096 / 64
        #expect((2...62).contains(lines))
      }
    }
  }

  /// Distances to the last bit, since ties and the tree hang on them; then Kruskal's tree and the queue's order.
  @Test(arguments: grids) func treesEqualTheSlowOnes(height: Int, width: Int) {
    for (kernels, levels) in Self.libraries.flatMap({ k in [1e6, 2, 1].map { (k, $0) } }) {
      for channels in [1, 3, 4, 5] {
        let tree = Tree(kernels, height, width, channels: channels, levels: levels)
        let (grid, graph) = (tree.grid, tree.reference.grid)
        var expected = [Float](repeating: 0, count: grid.slots)
        var neighbours = [UInt8](repeating: 0, count: grid.vertices)
        for index in 0..<graph.edgeCount {
          let (u, v) = graph.edge(index)
          let isVertical = index < graph.verticalEdgeCount
          expected[isVertical ? v : grid.horizontalBase + v] = tree.reference.weights[index]
          if tree.reference.edges.contains(index) {
            neighbours[u] |= isVertical ? 2 : 8
            neighbours[v] |= isVertical ? 1 : 4
          }
        }
        #expect(zip(tree.slots.values, expected).allSatisfy { $1 == 0 ? $0 == 0 : $0 + 1 == $1 })
        #expect(tree.flags.values == neighbours)
        for rows in 1...5 {
          let strips = TreeGrid(height: height, width: width, stripVertices: rows * width)
          let (flags, scratch) = (Room<UInt8>(grid.vertices, 255), Room<UInt8>(strips.spanningTreeBytes, 99))
          kernels.spanningTree(tree.slots.address, strips, into: flags.address, scratch: scratch.address)
          #expect(flags.values == neighbours && flags.isIntact && scratch.isIntact, "strips of \(rows) rows")
        }
        var (order, parent) = ([0], [0])
        for position in 0..<grid.vertices {
          let v = order[position]
          #expect(tree.firstChild.values[position] == Int32(order.count))
          for (bit, step) in [(UInt8(1), -width), (2, width), (4, -1), (8, 1)] {
            if neighbours[v] & bit != 0, v + step != order[parent[position]] {
              order.append(v + step)
              parent.append(position)
            }
          }
        }
        #expect(tree.order.values.prefix(grid.vertices).map(Int.init) == order)
        #expect(tree.parent.values.prefix(grid.vertices).map(Int.init) == parent)
        for position in 1..<max(1, grid.vertices) {
          let (u, v) = (order[parent[position]], order[position])
          let slot = abs(u - v) == width ? max(u, v) : grid.horizontalBase + max(u, v)
          #expect(tree.slot.values[position] == Int32(slot))
          #expect(tree.distances.values[position] == tree.slots.values[slot])
        }
      }
    }
  }

  /// exp over everything that an edge may have, within 2 units in the last place, no denormals, and NaN stays.
  @Test func exponentials() {
    let distances = (0..<10_000).map { Float(pow(Double($0) / 10_000, 3) * 43) } + [1e5, .infinity, .nan]
    for kernels in Self.libraries {
      let (source, weights) = (Room(distances), Room<Float>(distances.count + TreeWalk.extraRows, 9))
      kernels.edgeWeights(source.address, scale: -1, count: distances.count, into: weights.address)
      let result = weights.values
      #expect(result[0] == 0 && result[10_002].isNaN && result.suffix(2) == [0, 0] && weights.isIntact)
      for i in 1..<10_000 {
        let exact = exp(-Double(distances[i]))
        #expect(abs(Double(result[i]) - exact) <= 2 * Double(Float(exact).ulp))
      }
      #expect(result[10_000] == result[10_001] && (result[10_000] * result[10_000]).isNormal)
    }
  }

  private func random(_ count: Int, _ purpose: String) -> [Float] {
    var stream = RandomStream(purpose)
    return (0..<count).map { _ in Float(stream.uniform(-1, 1)) }
  }

  private func expectNear(_ found: ArraySlice<Float>, _ expected: [Double], _ bound: Double = 1e-5) {
    let size = max(1, expected.map(abs).max() ?? 1)
    #expect(found.count == expected.count)
    #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) <= bound * size })
  }

  /// Each walk against sums over all children and parents, one channel at a time, in double precision.
  @Test(arguments: [(1, 1), (1, 40), (16, 17), (33, 40)], [1, 2, 3, 5]) func walks(grid: (Int, Int), octets: Int) {
    for kernels in Self.libraries {
      let tree = Tree(kernels, grid.0, grid.1)
      let (count, stride) = (tree.grid.vertices, 8 * octets)
      let (order, parent) = (tree.order.values.map(Int.init), tree.parent.values.map(Int.init))
      let w = tree.weights.values.map(Double.init)
      /// `up` in breadth-first order and `tot` in pixel order of the rows that `own` gives.
      func slow(_ own: (_ vertex: Int, _ channel: Int) -> Double) -> (up: [Double], total: [Double]) {
        var (up, total) = ([Double](repeating: 0, count: count * stride), [Double](repeating: 0, count: count * stride))
        for c in 0..<stride {
          for p in (0..<count).reversed() {
            up[p * stride + c] += own(order[p], c)
            if p > 0 { up[parent[p] * stride + c] += w[p] * up[p * stride + c] }
          }
          for p in 0..<count {
            let above = p == 0 ? 0 : w[p] * total[order[parent[p]] * stride + c]
            total[order[p] * stride + c] = (1 - w[p] * w[p]) * up[p * stride + c] + above
          }
        }
        return (up, total)
      }
      var features = random(count * stride, "features")
      for v in 0..<count { features[v * stride] = 1 }
      let (x, g) = (Room(features), Room(random(count * stride, "gradient")))
      func room() -> Room<Float> { Room((count + TreeWalk.extraRows) * stride, 7) }
      let (up, upA, y, sums, norms) = (room(), room(), room(), room(), Room<Float>(count, 7))
      let ring = Room<Float>(2 * tree.walk.ringRows * stride, 7)
      kernels.aggregate(
        TreeSource(rows: x.address), tree.walk, tree.weights.address, octets: octets, into: up.address)
      let exact = slow { Double(features[$0 * stride + $1]) }
      expectNear(up.values.prefix(count * stride), exact.up)
      kernels.spread(
        up.address, tree.walk, tree.weights.address, octets: octets, into: y.address, norms: norms.address,
        ring: ring.address)
      let norm = (0..<count).map { 1 / exact.total[$0 * stride] }
      expectNear(norms.values[...], norm)
      expectNear(y.values.prefix(count * stride), exact.total.enumerated().map { $1 * norm[$0 / stride] })

      var mask = [UInt8](repeating: 1, count: count)
      for v in 0..<count where v % 3 == 0 { mask[v] = 0 }
      let (region, result) = (Room(mask), y.values.map(Double.init))
      for isDistance in [false, true] {
        func gradient(_ v: Int, _ c: Int) -> Double {
          let i = v * stride + c
          if !isDistance { return Double(g.address[i]) }
          let difference = Double(features[i] - y.address[i])
          return mask[v] == 0 || difference == 0 ? 0 : difference > 0 ? 0.5 : -0.5
        }
        func start(_ v: Int, _ c: Int) -> Double {
          let own = c > 0 ? gradient(v, c) : -(1..<stride).reduce(0) { $0 + gradient(v, $1) * result[v * stride + $1] }
          return own * Double(norms.address[v])
        }
        let source = TreeSource(
          rows: isDistance ? x.address : g.address, norms: norms.address, result: y.address,
          mask: isDistance ? UnsafePointer(region.address) : nil, factor: 0.5)
        kernels.aggregate(source, tree.walk, tree.weights.address, octets: octets, into: upA.address)
        let back = slow(start)
        expectNear(upA.values.prefix(count * stride), back.up, 2e-5)
        kernels.spread(
          upA.address, tree.walk, tree.weights.address, octets: octets, into: sums.address, norms: nil,
          ring: ring.address)
        expectNear(sums.values.prefix(count * stride), back.total, 2e-5)
        let slots = Room<Float>(tree.grid.slots, 7)
        kernels.spreadGradient(
          upA.address, up.address, tree.walk, tree.weights.address, octets: octets, into: sums.address,
          slots: slots.address, ring: ring.address)
        expectNear(sums.values.prefix(count * stride), back.total, 2e-5)
        var expected = [Double](repeating: 7, count: tree.grid.slots)
        expected[0] = 0
        for p in 1..<max(1, count) {
          let (above, here) = (order[parent[p]] * stride, p * stride)
          let slope = (0..<stride).reduce(0.0) {
            $0 + back.up[here + $1] * (exact.total[above + $1] - w[p] * exact.up[here + $1])
              + exact.up[here + $1] * (back.total[above + $1] - w[p] * back.up[here + $1])
          }
          expected[Int(tree.slot.address[p])] = -2 * w[p] * slope
        }
        expectNear(slots.values[...], expected, 5e-5)
        #expect([up, upA, y, sums, norms, ring, slots].allSatisfy { $0.isIntact })
      }
    }
  }
}
