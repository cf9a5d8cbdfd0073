import Storage

/// Squared colour differences between neighbouring pixels of one class: the lengths of the low tree's edges inside regions.
///
/// A tree filter with σ much smaller than these takes noise for borders, one with a larger σ leaks through real ones. Rule of
/// thumb from made scenes of known noise: σ at least three times the median.
public struct ColourDifferences: Sendable {
  /// Pairs by their squared difference in steps of 1/255², summed over channels.
  private var counts = [Int](repeating: 0, count: 3 * 255 * 255 + 1)
  public private(set) var pairs = 0

  public init() {}

  /// How many times the median σ should be.
  public static let factor = 3.0

  /// Adds the right and lower neighbours of every pixel.
  /// - Parameters:
  ///   - image: 3 channels
  ///   - labels: train ids, of the image's size
  public mutating func add(_ image: Image8, labels: Image8) {
    precondition(image.channels == 3 && (image.width, image.height) == (labels.width, labels.height))
    let (width, height) = (image.width, image.height)
    counts.withUnsafeMutableBufferPointer { counts in
      image.pixels.withUnsafeBufferPointer { colours in
        labels.pixels.withUnsafeBufferPointer { labels in
          func count(_ a: Int, _ b: Int) -> Int {
            guard labels[a] == labels[b] && labels[a] != Sample.unlabelled else { return 0 }
            var sum = 0
            for channel in 0..<3 {
              let difference = Int(colours[3 * a + channel]) - Int(colours[3 * b + channel])
              sum += difference * difference
            }
            counts[sum] += 1
            return 1
          }
          for y in 0..<height {
            for x in 0..<width {
              let here = y * width + x
              if x + 1 < width { pairs += count(here, here + 1) }
              if y + 1 < height { pairs += count(here, here + width) }
            }
          }
        }
      }
    }
  }

  public mutating func add(_ other: ColourDifferences) {
    for index in counts.indices { counts[index] += other.counts[index] }
    pairs += other.pairs
  }

  /// The median for colours in 0…1; nil without pairs.
  public var median: Double? {
    if pairs == 0 { return nil }
    var seen = 0
    let index = counts.firstIndex { count in
      seen += count
      return 2 * seen >= pairs
    }
    return index.map { Double($0) / (255 * 255) }
  }
}

extension Image8 {
  /// The picture at a quarter of its size as the tree loss of a network of stride 4 sees it: bilinear, so each pixel is the mean
  /// of the middle four of 4×4. Labels take the value of one of these.
  var quarter: Image8 {
    let (w, h) = (width / 4, height / 4)
    var result = Image8(width: w, height: h, channels: channels)
    for y in 0..<h {
      for x in 0..<w {
        for channel in 0..<channels {
          let (left, top) = (4 * x + 1, 4 * y + 1)
          if channels == 1 {
            result[x, y] = self[left + 1, top + 1]
          } else {
            let sum =
              Int(self[left, top, channel]) + Int(self[left + 1, top, channel]) + Int(self[left, top + 1, channel])
              + Int(self[left + 1, top + 1, channel])
            result[x, y, channel] = UInt8((sum + 2) / 4)
          }
        }
      }
    }
    return result
  }
}
