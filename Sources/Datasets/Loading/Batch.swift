import Storage
import Tensors

/// What one training step takes.
public struct Batch: Sendable {
  /// Network input `[N, 3, H, W]`, float32: blue, green, red, brightness shifted, normalised.
  public let image: Tensor
  /// The picture for the tree loss `[N, 3, H, W]`, float32 in 0…1: blue, green, red, without the shift; padding is 0.
  public let guide: Tensor
  /// Classes `[N, H, W]`, int32: 0…K-1, -1 unlabelled, -2 padding outside of the image.
  public let labels: Tensor
  /// The samples' names, N of them.
  public let names: [String]

  /// The label of pixels of an image that have none.
  public static let unlabelled: Int32 = -1
  /// The label outside of the image.
  public static let padding: Int32 = -2

  /// Bytes of a batch of `samples` images of this size.
  public static func byteCount(samples: Int, width: Int, height: Int) -> Int {
    samples * width * height * (3 + 3 + 1) * 4
  }

  public init(image: Tensor, guide: Tensor, labels: Tensor, names: [String]) {
    (self.image, self.guide, self.labels, self.names) = (image, guide, labels, names)
  }
}

/// How samples are put together: the size of the batch's images and where smaller ones lie in them.
public struct Collation: Sendable, Equatable {
  /// Where an image lies in a larger batch: anywhere, uniformly, or in the upper left corner.
  public enum Placement: String, Sendable { case random, topLeft }

  /// Of all images of a batch; nil takes the largest width and height in it.
  public var width: Int?
  /// See `width`.
  public var height: Int?
  /// Where smaller images lie.
  public var placement: Placement

  public init(width: Int? = nil, height: Int? = nil, placement: Placement = .random) {
    (self.width, self.height, self.placement) = (width, height, placement)
  }

  /// Pads the samples to one size and makes tensors of them. Padding is black before brightness and normalisation.
  /// - Parameter random: one stream per sample, from which its place is drawn
  /// - Throws: `DatasetError.sampleTooLarge`
  public func collate(_ samples: [Sample], random: [RandomStream]) throws -> Batch {
    let width = self.width ?? samples.map(\.image.width).max() ?? 1
    let height = self.height ?? samples.map(\.image.height).max() ?? 1
    for sample in samples where sample.image.width > width || sample.image.height > height {
      throw DatasetError.sampleTooLarge(
        name: sample.name, size: "\(sample.image.width)x\(sample.image.height)", target: "\(width)x\(height)")
    }
    let shape = [samples.count, 3, height, width]
    let image = Tensor(uninitialized: shape)
    let guide = Tensor(zeros: shape)
    let labels = Tensor(filling: [samples.count, height, width], with: Double(Batch.padding), .int32)
    for (index, sample) in samples.enumerated() {
      var stream = random[index]
      let (right, down) = (width - sample.image.width, height - sample.image.height)
      let x = placement == .random ? stream.integer(in: 0...right) : 0
      let y = placement == .random ? stream.integer(in: 0...down) : 0
      for channel in 0..<3 {
        let table = NetworkInput.table(channel: channel, shift: sample.brightness)
        if right > 0 || down > 0 {
          try image.selected(0, index: index).selected(0, index: channel).fill(Double(table[0]))
        }
        NetworkInput.write(sample.image, to: image, index: index, channel: channel, x: x, y: y, table: table)
        NetworkInput.write(
          sample.image, to: guide, index: index, channel: channel, x: x, y: y, table: NetworkInput.guideTable)
      }
      Self.write(sample.labels, to: labels, index: index, x: x, y: y)
    }
    return Batch(image: image, guide: guide, labels: labels, names: samples.map(\.name))
  }

  private static func write(_ map: Image8, to tensor: Tensor, index: Int, x: Int, y: Int) {
    let (height, width) = (tensor.shape[1], tensor.shape[2])
    Tensor.withPointers(tensor, of: Int32.self) { out in
      map.pixels.withUnsafeBufferPointer { source in
        for row in 0..<map.height {
          let line = out + (index * height + y + row) * width + x
          for column in 0..<map.width {
            let value = source[row * map.width + column]
            line[column] = value == Sample.unlabelled ? Batch.unlabelled : Int32(value)
          }
        }
      }
    }
  }
}
