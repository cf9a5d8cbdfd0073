import Storage

extension Image8 {
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
