import Foundation
import Tensors
import Testing
import Training

@Suite struct ClassMapTests {
  /// OpenCV's cubic resize of one plane, straight from its definition: a sum over all source pixels.
  private func obviousResize(_ plane: [Double], _ h: Int, _ w: Int, to height: Int, _ width: Int) -> [Double] {
    func cubic(_ distance: Double) -> Double {
      let (x, a) = (abs(distance), -0.75)
      if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0
    }
    func line(_ count: Int, _ length: Int, _ source: (Int) -> Double) -> [Double] {
      (0..<count).map { i in
        let position = (Double(i) + 0.5) * Double(length) / Double(count) - 0.5
        let start = Int(position.rounded(.down))
        return (start - 1...start + 2).reduce(0) {
          $0 + cubic(position - Double($1)) * source(min(max($1, 0), length - 1))
        }
      }
    }
    var wide: [Double] = []
    for y in 0..<h { wide += line(width, w) { plane[y * w + $0] } }
    var result = [Double](repeating: 0, count: height * width)
    for x in 0..<width {
      for (y, value) in line(height, h, { wide[$0 * width + x] }).enumerated() { result[y * width + x] = value }
    }
    return result
  }

  @Test(arguments: [(5, 7, 5, 7), (5, 7, 13, 9), (8, 8, 3, 4), (1, 3, 40, 2), (6, 4, 37, 25)])
  func equalsResizingEachClassAndTakingTheLargest(h: Int, w: Int, height: Int, width: Int) throws {
    var random = RandomStream(seed: 3, purpose: "logits")
    let classes = 4
    let values = (0..<classes * h * w).map { _ in Float(random.normal()) }
    let result = try ClassMap.from(logits: Tensor(values, shape: [classes, h, w]), height: height, width: width)
    let planes = (0..<classes).map { k in
      obviousResize(values[k * h * w..<(k + 1) * h * w].map(Double.init), h, w, to: height, width)
    }
    let labels = result.array(of: Int32.self)
    for i in 0..<height * width {
      let column = planes.map { $0[i] }
      // Rounding may decide between classes whose logits agree to a millionth.
      #expect(column[Int(labels[i])] >= column.max()! - 1e-5)
    }
  }

  @Test func ofEqualLogitsTheLowestClassWins() throws {
    let result = try ClassMap.from(logits: Tensor(zeros: [3, 2, 2]), height: 2, width: 2)
    #expect(result.array(of: Int32.self) == [0, 0, 0, 0])
    #expect(throws: TensorError.self) { try ClassMap.from(logits: Tensor(zeros: [2, 2]), height: 2, width: 2) }
  }
}
