import Foundation
import Tensors

/// Class ids from logits, resized first where the image's own size is another one.
///
/// The resize is OpenCV's `INTER_CUBIC` on floats: half-pixel centres, a = -0.75, borders repeated. It works strip by
/// strip, so that the resized logits `[K, H, W]` are never in memory as a whole.
public enum ClassMap {
  /// Rows of the result that one piece of work makes.
  private static let strip = 16

  /// The arg-max over classes (the lowest id among equals), at `height` × `width`.
  /// - Parameter logits: `[K, h, w]` float32.
  /// - Returns: int32 `[height, width]`.
  public static func from(logits: Tensor, height: Int, width: Int) throws -> Tensor {
    guard logits.rank == 3, logits.type == .float32, logits.count > 0 else {
      throw TensorError.shape(
        operation: "class map", found: "\(logits.shape) of \(logits.type.rawValue)", expected: "[K, h, w] of float32")
    }
    let result = Tensor(uninitialized: [height, width], .int32)
    let (classes, h, w) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let source = logits.contiguous()
    let rows = CubicTaps(from: h, to: height)
    let columns = CubicTaps(from: w, to: width)
    let isSameSize = h == height && w == width
    try Tensor.withPointers(source, of: Float.self) { source in
      try Tensor.withPointers(result, of: Int32.self) { result in
        let (source, result) = (SharedPointer(source), SharedPointer(result))
        try Kernel.parallel((height + strip - 1) / strip) { piece in
          // One output row of one class, its row after the vertical pass, and the best value so far.
          var scratch = [Float](repeating: 0, count: width + w + width)
          scratch.withUnsafeMutableBufferPointer { scratch in
            let line = scratch.baseAddress!
            let blended = line + width
            let best = blended + w
            for y in piece * strip..<min(height, (piece + 1) * strip) {
              let labels = result.pointer + y * width
              for k in 0..<classes {
                let plane = source.pointer + k * h * w
                if isSameSize {
                  line.update(from: plane + y * w, count: w)
                } else {
                  rows.blend(plane, stride: w, at: y, into: blended, count: w)
                  columns.gather(blended, into: line)
                }
                for x in 0..<width where k == 0 || line[x] > best[x] {
                  best[x] = line[x]
                  labels[x] = Int32(k)
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// Where each position of a resized line comes from: four neighbours and their weights.
struct CubicTaps: Sendable {
  /// Per position: four source indices within the line.
  let indices: [Int]
  let weights: [Float]

  init(from length: Int, to count: Int) {
    let scale = Double(length) / Double(count)
    var indices: [Int] = []
    var weights: [Float] = []
    for i in 0..<count {
      let position = Float((Double(i) + 0.5) * scale - 0.5)
      let start = Int(position.rounded(.down))
      weights += CubicTaps.kernel(position - Float(start))
      indices += (-1...2).map { min(max(start + $0, 0), length - 1) }
    }
    (self.indices, self.weights) = (indices, weights)
  }

  /// Keys' cubic with a = -0.75 at distances 1 + t, t, 1 − t and 2 − t; the last weight makes the sum 1.
  static func kernel(_ t: Float) -> [Float] {
    let a: Float = -0.75
    let far = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a
    let near = ((a + 2) * t - (a + 3)) * t * t + 1
    let u = 1 - t
    let next = ((a + 2) * u - (a + 3)) * u * u + 1
    return [far, near, next, 1 - far - near - next]
  }

  /// The weighted sum of four rows of a plane.
  func blend(_ plane: UnsafePointer<Float>, stride: Int, at y: Int, into out: UnsafeMutablePointer<Float>, count: Int) {
    let (a, b) = (plane + indices[4 * y] * stride, plane + indices[4 * y + 1] * stride)
    let (c, d) = (plane + indices[4 * y + 2] * stride, plane + indices[4 * y + 3] * stride)
    let (wa, wb, wc, wd) = (weights[4 * y], weights[4 * y + 1], weights[4 * y + 2], weights[4 * y + 3])
    for x in 0..<count { out[x] = wa * a[x] + wb * b[x] + wc * c[x] + wd * d[x] }
  }

  /// The weighted sums of four neighbours along a line.
  func gather(_ line: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
    indices.withUnsafeBufferPointer { indices in
      weights.withUnsafeBufferPointer { weights in
        for x in 0..<(indices.count / 4) {
          let i = 4 * x
          out[x] =
            weights[i] * line[indices[i]] + weights[i + 1] * line[indices[i + 1]]
            + weights[i + 2] * line[indices[i + 2]] + weights[i + 3] * line[indices[i + 3]]
        }
      }
    }
  }
}
