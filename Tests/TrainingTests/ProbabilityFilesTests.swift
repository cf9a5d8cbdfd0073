import Foundation
import Storage
import Tensors
import TestSupport
import Testing
import Training

@Suite struct ProbabilityFilesTests {
  private func logits(_ classes: Int, _ height: Int, _ width: Int) -> Tensor {
    var random = RandomStream(seed: 3, purpose: "logits")
    return Tensor(
      (0..<classes * height * width).map { _ in Float(3 * random.normal()) }, shape: [classes, height, width])
  }

  /// Resizing by the weighted sum of all sixteen neighbours, then the softmax, in doubles.
  private func obvious(_ logits: Tensor, _ height: Int, _ width: Int) -> [Double] {
    func cubic(_ distance: Double) -> Double {
      let (a, d) = (-0.75, abs(distance))
      if d <= 1 { return (a + 2) * d * d * d - (a + 3) * d * d + 1 }
      return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0
    }
    func taps(_ i: Int, _ length: Int, _ count: Int) -> [(index: Int, weight: Double)] {
      let position = (Double(i) + 0.5) * Double(length) / Double(count) - 0.5
      return (-1...2).map {
        let index = Int(position.rounded(.down)) + $0
        return (min(max(index, 0), length - 1), cubic(position - Double(index)))
      }
    }
    let (classes, h, w) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let values = logits.array(of: Float.self)
    var result = [Double](repeating: 0, count: classes * height * width)
    for y in 0..<height {
      let rows = taps(y, h, height)
      for x in 0..<width {
        let columns = taps(x, w, width)
        let resized = (0..<classes).map { k in
          rows.reduce(0.0) { sum, row in
            sum
              + columns.reduce(0) {
                $0 + row.weight * $1.weight * Double(values[(k * h + row.index) * w + $1.index])
              }
          }
        }
        let total = resized.reduce(0) { $0 + exp($1) }
        for k in 0..<classes { result[(k * height + y) * width + x] = exp(resized[k]) / total }
      }
    }
    return result
  }

  /// A picture that takes several pieces, the last of them smaller, and small ones.
  @Test(arguments: [(3, 4, 5, 9, 7), (2, 5, 5, 5, 5), (150, 6, 300, 11, 2400)])
  func filesHoldTheSoftmaxOfResizedLogits(_ k: Int, _ h: Int, _ w: Int, _ height: Int, _ width: Int) throws {
    let folder = try TemporaryFolder()
    let logits = logits(k, h, w)
    let classes = try ClassMap.from(logits: logits, height: height, width: width)
    try ProbabilityFiles(folder: folder.path).write(
      EvaluatedImage(name: "city/a.b", classes: classes, logits: logits))
    let file = try HDF5File(reading: folder.file("probabilities/city/a.b.h5"))
    guard case .array(let stored) = try file.info("/probabilities/city/a.b") else {
      Issue.record("no array")
      return
    }
    #expect(stored.shape == [k, height, width] && stored.storedType == "float16")
    let found = try file.read("/probabilities/city/a.b").array(of: Float.self)
    let expected = obvious(logits, height, width)
    // Half precision keeps 11 bits, or 2^-24 of what is very small.
    let worst = zip(found, expected).map { abs(Double($0) - $1) / ($1 * 0x1p-10 + 0x1p-24) }.max() ?? .infinity
    #expect(worst <= 1)
  }
}
