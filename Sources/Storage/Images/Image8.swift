/// A picture, or a map of class ids, in memory: 8 bits per channel, rows from the top, channels interleaved.
public struct Image8: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// 1 (grey, or class ids) or 3 (red, green, blue).
  public let channels: Int
  /// `height * width * channels` values.
  public var pixels: [UInt8]

  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "\(channels) channels")
    precondition(pixels.count == width * height * channels, "\(pixels.count) values for \(width)x\(height)x\(channels)")
    (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
  }

  /// Every value is `value`.
  public init(width: Int, height: Int, channels: Int, filling value: UInt8 = 0) {
    self.init(
      width: width, height: height, channels: channels,
      pixels: [UInt8](repeating: value, count: width * height * channels))
  }

  /// The value of a channel at column `x` and row `y`.
  public subscript(x: Int, y: Int, channel: Int = 0) -> UInt8 {
    get { pixels[(y * width + x) * channels + channel] }
    set { pixels[(y * width + x) * channels + channel] = newValue }
  }

  /// The same picture with three channels.
  public var rgb: Image8 {
    if channels == 3 { return self }
    let pixels = [UInt8](unsafeUninitializedCapacity: pixels.count * 3) { buffer, count in
      for (index, value) in self.pixels.enumerated() {
        for channel in 0..<3 { buffer.initializeElement(at: index * 3 + channel, to: value) }
      }
      count = self.pixels.count * 3
    }
    return Image8(width: width, height: height, channels: 3, pixels: pixels)
  }
}

/// A colour of a palette.
public struct RGB: Sendable, Hashable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }
}
