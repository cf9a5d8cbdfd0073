import Storage

/// A rectangle of pixels.
public struct ImageWindow: Sendable, Equatable {
  /// Its upper left corner: column and row.
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  var columns: Range<Int> { x..<x + width }
  var rows: Range<Int> { y..<y + height }
}

extension Image8 {
  /// A part that lies inside the image.
  func cropped(to window: ImageWindow) -> Image8 {
    cropped(x: window.x, y: window.y, width: window.width, height: window.height)
  }

  /// The window whose upper left corner is at column `x` and row `y`; it lies inside the image.
  public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image8 {
    precondition(x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height)
    if (width, height) == (self.width, self.height) { return self }
    let bytes = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
      pixels.withUnsafeBufferPointer { source in
        for row in 0..<height {
          let from = source.baseAddress! + ((y + row) * self.width + x) * channels
          (buffer.baseAddress! + row * width * channels).initialize(from: from, count: width * channels)
        }
      }
      count = width * height * channels
    }
    return Image8(width: width, height: height, channels: channels, pixels: bytes)
  }

  /// Left and right exchanged.
  public var flipped: Image8 {
    var result = self
    pixels.withUnsafeBufferPointer { source in
      result.pixels.withUnsafeMutableBufferPointer { out in
        for row in 0..<height {
          for column in 0..<width {
            let (from, to) = ((row * width + column) * channels, (row * width + width - 1 - column) * channels)
            for channel in 0..<channels { out[to + channel] = source[from + channel] }
          }
        }
      }
    }
    return result
  }
}
