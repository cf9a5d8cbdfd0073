import Foundation
import Tensors

/// What turns light into a stored picture: reduction to half size, uneven illumination, white balance, gamma, noise.
struct Film: Sendable {
  private let balance: Color
  private let gamma: Float
  private let illumination: Noise
  private let unevenness: Float
  private let vignette: Float
  private let noiseKey: UInt64

  /// Standard deviation of the white noise, of 255.
  static let noise: Float = 2.5

  init(_ random: inout RandomStream) {
    let exposure = random.number(in: 0.85...1.2)
    balance = Color(random.number(in: 0.86...1.16), 1, random.number(in: 0.86...1.16)) * exposure
    gamma = random.number(in: 0.7...1.25)
    illumination = Noise(&random)
    unevenness = random.number(in: 0.1...0.45)
    vignette = random.number(in: 0...0.12)
    noiseKey = random.next()
  }

  /// Develops the band into rows of the finished picture (half the size of the canvas).
  /// - Parameters:
  ///   - image: interleaved red, green, blue of the whole picture, width·height·3
  ///   - labels: of the whole picture, the most frequent label of each 2×2 group; the earlier in row order of equals
  func develop(
    _ band: borrowing Band, image: UnsafeMutableBufferPointer<UInt8>, labels: UnsafeMutableBufferPointer<UInt8>,
    height: Int
  ) {
    let width = band.width / 2
    let aspect = Float(width) / Float(height)
    for row in band.rows.lowerBound / 2..<band.rows.upperBound / 2 {
      let top = (2 * row - band.rows.lowerBound) * band.width
      let y = (Float(row) + 0.5) / Float(height)
      var random = RandomStream(seed: noiseKey, purpose: "noise", index: row)
      for column in 0..<width {
        let a = top + 2 * column
        let c = a + band.width
        let light = (band.colors[a] + band.colors[a + 1] + band.colors[c] + band.colors[c + 1]) * 0.25
        let x = (Float(column) + 0.5) / Float(height)
        let (dx, dy) = (x / aspect - 0.5, y - 0.5)
        let strength =
          (1 + unevenness * (illumination.value(x * 1.7, y * 1.7) - 0.5)) * (1 - vignette * 2 * (dx * dx + dy * dy))
        let exposed = light * balance * strength
        let bits = random.next()
        let pixel = (row * width + column) * 3
        for channel in 0..<3 {
          let value = max(1e-4, exposed[channel])
          let grain = Film.quantiles[Int(bits >> (UInt64(channel) * 12) & 4095)]
          let level = 255 * Foundation.pow(value, gamma) + grain
          image[pixel + channel] = UInt8(max(0, min(255, level.rounded())))
        }
        labels[row * width + column] = Film.majority(
          band.labels[a], band.labels[a + 1], band.labels[c], band.labels[c + 1])
      }
    }
  }

  @inline(__always) static func majority(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt8 {
    if a == b || a == c || a == d { return a }
    if b == c || b == d { return b }
    return c == d ? c : a
  }

  /// The middles of 4096 equally likely slices of the normal distribution with deviation `noise`.
  private static let quantiles: [Float] = (0..<4096).map { slice in
    let wanted = (Double(slice) + 0.5) / 4096
    var (low, high) = (-6.0, 6.0)
    for _ in 0..<48 {
      let middle = (low + high) / 2
      if 0.5 * erfc(-middle / 2.0.squareRoot()) < wanted { low = middle } else { high = middle }
    }
    return Float(low) * noise
  }
}
