import Storage

extension Image8 {
  /// Each pixel as a square of `factor` pixels a side.
  func enlarged(_ factor: Int) -> Image8 {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(self.pixels.count * factor * factor)
    for y in 0..<height {
      var row: [UInt8] = []
      row.reserveCapacity(width * factor * channels)
      for x in 0..<width {
        let at = (y * width + x) * channels
        for _ in 0..<factor { row += self.pixels[at..<at + channels] }
      }
      for _ in 0..<factor { pixels += row }
    }
    return Image8(width: width * factor, height: height * factor, channels: channels, pixels: pixels)
  }
}
