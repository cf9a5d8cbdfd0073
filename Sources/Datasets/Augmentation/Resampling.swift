import Foundation
import Storage

/// Resizing of 8-bit images as OpenCV does it, since published results were made with it.
public enum Resampling {
  /// Bits of the fixed-point weights.
  private static let weightBits = 11

  /// Where four source pixels lie for each destination pixel, and their weights.
  fileprivate struct Taps {
    /// Four clamped source indices per destination index.
    var sources: [Int]
    /// Four weights per destination index, in units of 2^-11.
    var weights: [Int32]

    /// Source position (dst + ½)·in/out - ½; cubic convolution with A = -¾ in Float32; the border repeats.
    /// - Parameter range: the destination indices that are wanted; the first one's taps come first.
    init(from input: Int, to output: Int, _ range: Range<Int>) {
      sources = [Int](repeating: 0, count: 4 * range.count)
      weights = [Int32](repeating: 0, count: 4 * range.count)
      let scale = 1 / (Double(output) / Double(input))
      let a: Float = -0.75
      for (d, destination) in range.enumerated() {
        let position = Float((Double(destination) + 0.5) * scale - 0.5)
        let base = position.rounded(.down)
        let x = position - base
        let y = 1 - x
        var cubic: [Float] = [
          ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a, ((a + 2) * x - (a + 3)) * x * x + 1,
          ((a + 2) * y - (a + 3)) * y * y + 1, 0,
        ]
        cubic[3] = 1 - cubic[0] - cubic[1] - cubic[2]
        for tap in 0..<4 {
          sources[4 * d + tap] = min(input - 1, max(0, Int(base) - 1 + tap))
          weights[4 * d + tap] = Int32((cubic[tap] * Float(1 << weightBits)).rounded(.toNearestOrEven))
        }
      }
    }
  }

  /// Bicubic interpolation without antialiasing; weights in fixed point, saturating.
  /// - Parameters:
  ///   - width, height: of the result, at least 1
  ///   - window: the part of the result that is wanted: it alone is computed
  public static func bicubic(_ image: Image8, width: Int, height: Int, window: ImageWindow? = nil) -> Image8 {
    let window = window ?? ImageWindow(x: 0, y: 0, width: width, height: height)
    if (width, height) == (image.width, image.height) { return image.cropped(to: window) }
    let across = Taps(from: image.width, to: width, window.columns)
    let down = Taps(from: image.height, to: height, window.rows)
    let (channels, width, height) = (image.channels, window.width, window.height)
    let rowLength = width * channels
    var result = Image8(width: width, height: height, channels: channels)
    // Rows already interpolated across, kept while rows of the result need them.
    var rows = [Int32](repeating: 0, count: 4 * rowLength)
    var held = [Int](repeating: -1, count: 4)
    image.pixels.withUnsafeBufferPointer { source in
      result.pixels.withUnsafeMutableBufferPointer { out in
        rows.withUnsafeMutableBufferPointer { rows in
          for y in 0..<height {
            var slots = SIMD4<Int>(repeating: 0)
            for tap in 0..<4 {
              let row = down.sources[4 * y + tap]
              // Four neighbouring rows have different remainders, clamped ones are equal.
              slots[tap] = row & 3
              if held[row & 3] != row {
                held[row & 3] = row
                across.apply(
                  source.baseAddress! + row * image.width * channels, channels,
                  rows.baseAddress! + (row & 3) * rowLength,
                  width)
              }
            }
            let (a, b) = (rows.baseAddress! + slots[0] * rowLength, rows.baseAddress! + slots[1] * rowLength)
            let (c, d) = (rows.baseAddress! + slots[2] * rowLength, rows.baseAddress! + slots[3] * rowLength)
            let (wa, wb) = (down.weights[4 * y], down.weights[4 * y + 1])
            let (wc, wd) = (down.weights[4 * y + 2], down.weights[4 * y + 3])
            let line = out.baseAddress! + y * rowLength
            for i in 0..<rowLength {
              // At most 255·2^22·1.4² in size, which Int32 holds.
              let sum = a[i] &* wa &+ b[i] &* wb &+ c[i] &* wc &+ d[i] &* wd
              line[i] = UInt8(truncatingIfNeeded: max(0, min(255, (sum &+ 1 << 21) >> 22)))
            }
          }
        }
      }
    }
    return result
  }

  /// The nearest pixel by OpenCV's rule: source = floor(dst·in/out).
  public static func nearest(_ image: Image8, width: Int, height: Int, window: ImageWindow? = nil) -> Image8 {
    let window = window ?? ImageWindow(x: 0, y: 0, width: width, height: height)
    if (width, height) == (image.width, image.height) { return image.cropped(to: window) }
    let columns = nearestSources(from: image.width, to: width, window.columns)
    let rows = nearestSources(from: image.height, to: height, window.rows)
    let (channels, width, height) = (image.channels, window.width, window.height)
    var result = Image8(width: width, height: height, channels: channels)
    image.pixels.withUnsafeBufferPointer { source in
      result.pixels.withUnsafeMutableBufferPointer { out in
        var next = 0
        for row in rows {
          for column in columns {
            let from = (row * image.width + column) * channels
            for channel in 0..<channels { out[next + channel] = source[from + channel] }
            next += channels
          }
        }
      }
    }
    return result
  }

  private static func nearestSources(from input: Int, to output: Int, _ range: Range<Int>) -> [Int] {
    let scale = 1 / (Double(output) / Double(input))
    return range.map { min(input - 1, Int((Double($0) * scale).rounded(.down))) }
  }
}

extension Resampling.Taps {
  /// One row interpolated across, in units of 2^-11.
  @inline(__always)
  fileprivate func apply(
    _ source: UnsafePointer<UInt8>, _ channels: Int, _ result: UnsafeMutablePointer<Int32>, _ width: Int
  ) {
    sources.withUnsafeBufferPointer { sources in
      weights.withUnsafeBufferPointer { weights in
        for x in 0..<width {
          let (a, b) = (sources[4 * x] * channels, sources[4 * x + 1] * channels)
          let (c, d) = (sources[4 * x + 2] * channels, sources[4 * x + 3] * channels)
          let (wa, wb, wc, wd) = (weights[4 * x], weights[4 * x + 1], weights[4 * x + 2], weights[4 * x + 3])
          for channel in 0..<channels {
            result[x * channels + channel] =
              Int32(source[a + channel]) &* wa &+ Int32(source[b + channel]) &* wb
              &+ Int32(source[c + channel]) &* wc &+ Int32(source[d + channel]) &* wd
          }
        }
      }
    }
  }
}
