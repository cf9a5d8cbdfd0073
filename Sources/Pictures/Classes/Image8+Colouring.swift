import Storage
import Tensors

/// Class ids as pictures.
extension Image8 {
  /// Class ids of a tensor [H, W] of any type; what is no id from 0 to 254 (unlabelled, padding) becomes 255.
  public init(labels: Tensor) {
    precondition(labels.rank == 2, "class ids of shape \(labels.shape)")
    let pixels = labels.array(of: Double.self).map { $0 >= 0 && $0 < 255 ? UInt8($0) : 255 }
    self.init(width: labels.shape[1], height: labels.shape[0], channels: 1, pixels: pixels)
  }

  /// This map of class ids (1 channel) in colours; ids beyond the palette, say unlabelled ones, become `other`.
  public func coloured(_ palette: [RGB], other: RGB = RGB(255, 255, 255)) -> Image8 {
    precondition(channels == 1, "colours of a picture with \(channels) channels")
    let table = (0..<256).map { $0 < palette.count ? palette[$0] : other }
    let colours = [UInt8](unsafeUninitializedCapacity: pixels.count * 3) { buffer, count in
      for (index, label) in pixels.enumerated() {
        let colour = table[Int(label)]
        buffer.initializeElement(at: index * 3, to: colour.red)
        buffer.initializeElement(at: index * 3 + 1, to: colour.green)
        buffer.initializeElement(at: index * 3 + 2, to: colour.blue)
      }
      count = pixels.count * 3
    }
    return Image8(width: width, height: height, channels: 3, pixels: colours)
  }

  /// This picture with the colours of `labels` (1 channel, same size) laid over it where ids are in the palette.
  /// - Parameter opacity: 0 shows the picture, 1 the colours.
  public func overlaid(with labels: Image8, _ palette: [RGB], opacity: Double = 0.5) -> Image8 {
    precondition(labels.channels == 1 && labels.width == width && labels.height == height, "labels of another size")
    var result = rgb
    for (index, label) in labels.pixels.enumerated() where Int(label) < palette.count {
      let colour = palette[Int(label)]
      for (channel, value) in [colour.red, colour.green, colour.blue].enumerated() {
        let below = Double(result.pixels[index * 3 + channel])
        result.pixels[index * 3 + channel] = UInt8((below + (Double(value) - below) * opacity).rounded())
      }
    }
    return result
  }

  /// Every pixel as a square of `factor` x `factor`.
  public func magnified(by factor: Int) -> Image8 {
    precondition(factor > 0, "magnified by \(factor)")
    if factor == 1 { return self }
    var result = Image8(width: width * factor, height: height * factor, channels: channels)
    for y in 0..<result.height {
      for x in 0..<result.width {
        for channel in 0..<channels { result[x, y, channel] = self[x / factor, y / factor, channel] }
      }
    }
    return result
  }
}
