import Foundation
import Tensors

/// The softmax over classes of logits `[K, h, w]` that are resized to `height` × `width` as class maps are, some rows at a time.
struct ResizedProbabilities {
  private let logits: Tensor
  private let rowTaps: CubicTaps
  private let columnTaps: CubicTaps
  private let width: Int

  init(logits: Tensor, height: Int, width: Int) {
    (self.logits, self.width) = (logits.contiguous(), width)
    rowTaps = CubicTaps(from: logits.shape[1], to: height)
    columnTaps = CubicTaps(from: logits.shape[2], to: width)
  }

  /// `[K, rows.count, width]`, row-major.
  func rows(_ rows: Range<Int>) throws -> [Float] {
    let (classes, h, w) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let plane = rows.count * width
    var result = [Float](repeating: 0, count: classes * plane)
    try Tensor.withPointers(logits, of: Float.self) { source in
      try result.withUnsafeMutableBufferPointer { result in
        let (source, result) = (SharedPointer(source), SharedPointer(result.baseAddress!))
        try Kernel.parallel(rows.count) { row in
          var values = [Float](repeating: 0, count: classes * width)
          var blended = [Float](repeating: 0, count: w)
          var (largest, sums) = ([Float](repeating: -.infinity, count: width), [Float](repeating: 0, count: width))
          values.withUnsafeMutableBufferPointer { values in
            blended.withUnsafeMutableBufferPointer { blended in
              for k in 0..<classes {
                let line = values.baseAddress! + k * width
                rowTaps.blend(
                  source.pointer + k * h * w, stride: w, at: rows.lowerBound + row, into: blended.baseAddress!, count: w
                )
                columnTaps.gather(blended.baseAddress!, into: line)
                for x in 0..<width { largest[x] = max(largest[x], line[x]) }
              }
            }
            for k in 0..<classes {
              for x in 0..<width {
                let e = exp(values[k * width + x] - largest[x])
                values[k * width + x] = e
                sums[x] += e
              }
            }
            for k in 0..<classes {
              let out = result.pointer + k * plane + row * width
              for x in 0..<width { out[x] = values[k * width + x] / sums[x] }
            }
          }
        }
      }
    }
    return result
  }
}
