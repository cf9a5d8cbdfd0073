import Datasets
import Storage
import Tensors

extension SoftLabels {
  /// Rows of the result that one piece of work makes.
  private static let strip = 16

  /// The likeliest classes of an image's pixels, and how likely they are, from soft labels that are enlarged to its size.
  ///
  /// Bilinear, corners on corners, as the networks enlarge their logits: each pixel gets a mixture of four distributions, so that
  /// sums over classes stay 1. Of equal classes the lowest comes first.
  /// - Parameters:
  ///   - soft: `[K, h, w]` float32, K at most 255, of a network's input of `size`.
  ///   - size: height and width of the input, of which the first `shown` rows and columns show the image.
  ///   - height, width: of the image itself.
  ///   - top: how many classes are kept of each pixel.
  static func map(
    _ soft: Tensor, size: (height: Int, width: Int), shown: (height: Int, width: Int), height: Int, width: Int,
    top: Int
  ) throws -> PseudoLabelMap {
    let (classes, h, w) = (soft.shape[0], soft.shape[1], soft.shape[2])
    let top = min(top, classes)
    let rows = Taps(height, shown: shown.height, of: size.height, from: h)
    let columns = Taps(width, shown: shown.width, of: size.width, from: w)
    let labels = Tensor(uninitialized: [top, height, width], .uint8)
    let confidence = Tensor(uninitialized: [top, height, width], .uint8)
    let source = soft.contiguous()
    try Tensor.withPointers(source, of: Float.self) { source in
      try Tensor.withPointers(labels, confidence, of: UInt8.self) { labels, confidence in
        let (source, labels) = (SharedPointer(source), SharedPointer(labels))
        let confidence = SharedPointer(confidence)
        try Kernel.parallel((height + strip - 1) / strip) { piece in
          var line = [Float](repeating: 0, count: w)
          var values = [Float](repeating: 0, count: classes * width)
          for y in piece * strip..<min(height, (piece + 1) * strip) {
            let (r0, r1, ry) = rows[y]
            for k in 0..<classes {
              let plane = source.pointer + k * h * w
              for x in 0..<w { line[x] = plane[r0 * w + x] * (1 - ry) + plane[r1 * w + x] * ry }
              for x in 0..<width {
                let (c0, c1, rx) = columns[x]
                values[k * width + x] = line[c0] * (1 - rx) + line[c1] * rx
              }
            }
            for x in 0..<width {
              for rank in 0..<top {
                var best = 0
                for k in 1..<max(1, classes) where values[k * width + x] > values[best * width + x] { best = k }
                let value = max(0, min(1, values[best * width + x]))
                labels.pointer[(rank * height + y) * width + x] = UInt8(best)
                confidence.pointer[(rank * height + y) * width + x] = UInt8((value * 255).rounded())
                values[best * width + x] = -1
              }
            }
          }
        }
      }
    }
    return PseudoLabelMap(
      labels: try labels.selected(0, index: 0), confidence: try confidence.selected(0, index: 0),
      top: top > 1 ? (labels, confidence) : nil)
  }

  /// Where each position of an enlarged line comes from: two neighbours and the share of the second.
  private struct Taps {
    private let taps: [(Int, Int, Float)]

    /// - Parameters:
    ///   - count: positions of the line.
    ///   - shown: how many of the input's positions it became.
    ///   - input: positions of the input, corners on corners of `source` positions of the map.
    init(_ count: Int, shown: Int, of input: Int, from source: Int) {
      let toInput = count > 1 ? Double(shown - 1) / Double(count - 1) : 0
      let toMap = input > 1 ? Double(source - 1) / Double(input - 1) : 0
      taps = (0..<count).map { position in
        let place = min(Double(position) * toInput * toMap, Double(source - 1))
        let first = Int(place)
        return (first, min(first + 1, source - 1), Float(place - Double(first)))
      }
    }

    subscript(_ position: Int) -> (Int, Int, Float) { taps[position] }
  }
}
