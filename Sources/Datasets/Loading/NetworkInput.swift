import Storage
import Tensors

/// What networks take and what the tree loss sees, made from 8-bit pictures.
public enum NetworkInput {
  /// Mean and deviation per channel, of pictures in 0…1. They are ImageNet's for red, green, blue, yet are applied to blue,
  /// green, red in this order: released weights were trained so.
  public static let mean: [Float] = [0.485, 0.456, 0.406]
  /// See `mean`.
  public static let deviation: [Float] = [0.229, 0.224, 0.225]

  /// The input for each of the 256 values of a channel (0 blue, 1 green, 2 red) after adding `shift` and clipping.
  static func table(channel: Int, shift: Int = 0) -> [Float] {
    (0...255).map { (Float(max(0, min(255, $0 + shift))) / 255 - mean[channel]) / deviation[channel] }
  }

  /// The picture in 0…1 for each of the 256 values.
  static let guideTable: [Float] = (0...255).map { Float($0) / 255 }

  /// Network input `[1, 3, H, W]`: blue, green, red, normalised.
  /// - Parameters:
  ///   - image: 3 channels, red, green, blue
  ///   - shift: brightness added before
  public static func normalized(_ image: Image8, shift: Int = 0) -> Tensor {
    let result = Tensor(uninitialized: [1, 3, image.height, image.width])
    for channel in 0..<3 {
      write(image, to: result, index: 0, channel: channel, x: 0, y: 0, table: table(channel: channel, shift: shift))
    }
    return result
  }

  /// The picture that trees are built on, `[1, 3, H, W]` in 0…1: blue, green, red.
  public static func guide(_ image: Image8) -> Tensor {
    let result = Tensor(uninitialized: [1, 3, image.height, image.width])
    for channel in 0..<3 { write(image, to: result, index: 0, channel: channel, x: 0, y: 0, table: guideTable) }
    return result
  }

  /// Writes one channel (0 blue … 2 red) of the picture, through the table, into image `index` of `[N, 3, H, W]` at (x, y).
  static func write(_ image: Image8, to tensor: Tensor, index: Int, channel: Int, x: Int, y: Int, table: [Float]) {
    let (height, width) = (tensor.shape[2], tensor.shape[3])
    Tensor.withPointers(tensor, of: Float.self) { out in
      image.pixels.withUnsafeBufferPointer { source in
        table.withUnsafeBufferPointer { table in
          for row in 0..<image.height {
            let line = out + ((index * 3 + channel) * height + y + row) * width + x
            let from = source.baseAddress! + row * image.width * 3 + 2 - channel
            for column in 0..<image.width { line[column] = table[Int(from[3 * column])] }
          }
        }
      }
    }
  }
}
