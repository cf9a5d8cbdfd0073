import Storage
import Tensors

/// Draws street scenes: scene `i` is a function of size, seed and `i` alone.
///
/// Scenes are drawn at twice the size and reduced (colours by averaging, labels by majority). What they show varies as it
/// does in reality: colours over the whole hue circle, texture, perspective, occlusion, shadows, light, and white noise.
/// The same scene at another size of the same proportions shows the same street.
public struct SceneGenerator: Sendable {
  /// Columns of the pictures.
  public let width: Int
  /// Rows of the pictures.
  public let height: Int
  /// Of all scenes.
  public let seed: UInt64

  /// - Parameters:
  ///   - width, height: size of the pictures in pixels, 16…8192
  /// - Throws: `SceneError.size`
  public init(width: Int, height: Int, seed: UInt64) throws {
    for (name, size) in [("width", width), ("height", height)] where !(16...8192).contains(size) {
      throw SceneError.size(name: name, size: size)
    }
    (self.width, self.height, self.seed) = (width, height, seed)
  }

  /// Rows of the picture that are painted at a time.
  private static let bandRows = 64

  /// One scene: the picture in RGB, and for each pixel the label id of a `SceneLabel`.
  /// About 10 ms for 256×128 pixels and a second for 2048×1024, on one core.
  public func scene(_ index: Int) -> (image: Image8, labels: Image8) {
    let random = RandomStream(seed: seed, purpose: "scene", index: index)
    var composer = StreetComposer(random: random, aspect: Float(width) / Float(height))
    let strokes = composer.compose()
    let film = Film(&composer.random)
    var image = Image8(width: width, height: height, channels: 3)
    var labels = Image8(width: width, height: height, channels: 1)
    image.pixels.withUnsafeMutableBufferPointer { image in
      labels.pixels.withUnsafeMutableBufferPointer { labels in
        for first in stride(from: 0, to: height, by: Self.bandRows) {
          let rows = 2 * first..<2 * min(height, first + Self.bandRows)
          let band = Band(width: 2 * width, rows: rows, scale: Float(2 * height))
          for stroke in strokes { stroke.draw(band) }
          film.develop(band, image: image, labels: labels, height: height)
        }
      }
    }
    return (image, labels)
  }
}
