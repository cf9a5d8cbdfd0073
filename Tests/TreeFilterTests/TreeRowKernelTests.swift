import Foundation
import Kernels
import Tensors
import Testing

/// The kernels between planes and rows, and the embedding's gradient, against plain loops.
@Suite(.serialized) struct TreeRowKernelTests {
  private func random(_ count: Int, _ purpose: String) -> [Float] {
    var stream = RandomStream(purpose)
    return (0..<count).map { _ in Float(stream.uniform(-3, 3)) }
  }

  /// Rows in whole blocks of eight.
  private func rowFloats(_ shape: TreeRows) -> Int { (shape.vertices + 7) / 8 * 8 * 8 * shape.octets }

  /// Whole tiles, whole blocks, and rests of both; every place of a channel in an octet.
  @Test(arguments: [1, 7, 8, 19, 31], [1, 8, 63, 64, 200]) func rowsAndPlanes(channels: Int, vertices: Int) {
    let shape = TreeRows(channels: channels, vertices: vertices)
    let (stride, planes) = (8 * shape.octets, random(channels * vertices, "planes"))
    for kernels in TreeKernelTests.libraries {
      var rows = [Float](repeating: 9, count: rowFloats(shape))
      var tile = [Float](repeating: .nan, count: shape.tileFloats)
      kernels.packRows(planes, shape, constant: 0.25, softmax: false, into: &rows, tile: &tile)
      for v in 0..<vertices {
        let expected = [0.25] + (0..<channels).map { planes[$0 * vertices + v] }
        #expect(Array(rows[v * stride..<v * stride + channels + 1]) == expected)
        #expect(rows[v * stride + channels + 1..<(v + 1) * stride].allSatisfy { $0 == 0 })
      }
      var back = [Float](repeating: 9, count: planes.count + 1)
      kernels.unpackRows(rows, shape, into: &back, tile: &tile)
      #expect(back == planes + [9])
    }
  }

  @Test(arguments: [1, 7, 19], [5, 64, 130]) func softmaxAndLoss(channels: Int, vertices: Int) {
    let shape = TreeRows(channels: channels, vertices: vertices)
    let (stride, logits) = (8 * shape.octets, random(channels * vertices, "logits"))
    let mask = (0..<vertices).map { UInt8($0 % 3) }
    for kernels in TreeKernelTests.libraries {
      var tile = [Float](repeating: .nan, count: shape.tileFloats)
      var (p, a) = ([Float](repeating: 9, count: rowFloats(shape)), [Float](repeating: 9, count: rowFloats(shape)))
      var flow = a
      kernels.packRows(logits, shape, constant: 1, softmax: true, into: &p, tile: &tile)
      kernels.packRows(random(logits.count, "a"), shape, constant: 1, softmax: true, into: &a, tile: &tile)
      kernels.packRows(random(logits.count, "flow"), shape, constant: 5, softmax: false, into: &flow, tile: &tile)
      var gradient = [Float](repeating: 9, count: logits.count + 1)
      kernels.softmaxGradient(flow, p, a, where: mask, factor: 0.5, shape, into: &gradient, tile: &tile)
      var total = 0.0
      for v in 0..<vertices {
        let exact = (0..<channels).map { exp(Double(logits[$0 * vertices + v])) }
        let shares = exact.map { $0 / exact.reduce(0, +) }
        let row = v * stride + 1
        #expect(p[v * stride] == 1)
        #expect((0..<channels).allSatisfy { abs(Double(p[row + $0]) - shares[$0]) < 3e-7 })
        let slopes = (0..<channels).map { c -> Double in
          let difference = p[row + c] - a[row + c]
          if mask[v] != 0 { total += Double(abs(difference)) }
          return Double(flow[row + c])
            + (mask[v] == 0 || difference == 0 ? 0 : difference > 0 ? 0.5 : -0.5)
        }
        let mean = (0..<channels).reduce(0) { $0 + slopes[$1] * Double(p[row + $1]) }
        for c in 0..<channels {
          #expect(abs(Double(gradient[c * vertices + v]) - Double(p[row + c]) * (slopes[c] - mean)) < 2e-6)
        }
      }
      #expect(gradient.last == 9)
      #expect(abs(kernels.rowDistance(p, a, where: mask, shape) - total) <= 1e-6 * max(1, total))
    }
  }

  /// Each edge hands its two ends their share; more channels than are taken at once.
  @Test(arguments: [(1, 1), (1, 40), (40, 1), (2, 3), (7, 16), (20, 33)]) func embeddingGradient(
    height: Int, width: Int
  ) {
    let (grid, channels) = (TreeGrid(height: height, width: width), 6)
    let count = grid.vertices
    let planes = random(channels * count, "embedding")
    var slots = [Float](repeating: 0, count: grid.slots)
    var expected = [Double](repeating: 0, count: planes.count)
    var stream = RandomStream("slots")
    for v in 0..<count {
      for (slot, step) in [(v, width), (grid.horizontalBase + v, 1)] {
        if step == 1 ? v % width == 0 || width == 1 : v < width { continue }
        slots[slot] = Float(stream.uniform(-1, 1))
        for c in 0..<channels {
          let (here, there) = (c * count + v, c * count + v - step)
          let part = Double(slots[slot]) * (Double(planes[here]) - Double(planes[there]))
          expected[here] += part
          expected[there] -= part
        }
      }
    }
    for kernels in TreeKernelTests.libraries {
      var gradient = [Float](repeating: 9, count: planes.count + 1)
      kernels.distanceGradient(slots, planes, channels: channels, grid, into: &gradient)
      #expect(zip(gradient, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 } && gradient.last == 9)
    }
  }
}
