import Tensors

/// Draws street scenes: scene `i` is a function of size, seed and `i` alone.
///
/// Scenes are drawn at twice the size and reduced (colours by averaging, labels by majority). What they show varies as it
/// does in reality: colours over the whole hue circle, texture, perspective, occlusion, shadows, light, and white noise.
public struct SceneGenerator: Sendable {
  public let width: Int
  public let height: Int
  public let seed: UInt64

  /// - Parameters:
  ///   - width, height: size of the pictures in pixels, 16…8192
  public init(width: Int, height: Int, seed: UInt64) throws {
    for (name, size) in [("width", width), ("height", height)] where !(16...8192).contains(size) {
      throw SceneError.size(name: name, size: size)
    }
    (self.width, self.height, self.seed) = (width, height, seed)
  }

  /// Rows of the picture that are painted at a time.
  private static let bandRows = 64

  /// The scene as interleaved red, green, blue (width·height·3 bytes) and label ids (width·height bytes).
  func render(_ index: Int) -> (image: [UInt8], labels: [UInt8]) {
    let random = RandomStream(seed: seed, purpose: "scene", index: index)
    var composer = StreetComposer(random: random, aspect: Float(width) / Float(height))
    let strokes = composer.compose()
    let film = Film(&composer.random)
    var image = [UInt8](repeating: 0, count: width * height * 3)
    var labels = [UInt8](repeating: 0, count: width * height)
    image.withUnsafeMutableBufferPointer { image in
      labels.withUnsafeMutableBufferPointer { labels in
        for first in stride(from: 0, to: height, by: Self.bandRows) {
          let rows = 2 * first..<2 * min(height, first + Self.bandRows)
          let band = Band(width: 2 * width, rows: rows, scale: Float(2 * height))
          for stroke in strokes { stroke.draw(band) }
          film.develop(band, image: image.baseAddress!, labels: labels.baseAddress!, height: height)
        }
      }
    }
    return (image, labels)
  }
  public func dump(_ index: Int) -> (image: [UInt8], labels: [UInt8]) { render(index) }
}

/// What can be wrong with a wish for scenes.
public enum SceneError: ExplainedError, Equatable {
  case size(name: String, size: Int)

  public var explanation: Explanation {
    switch self {
    case .size(let name, let size):
      Explanation("scenes of \(name) \(size) can't be drawn", expected: "16 to 8192 pixels a side, say 256x128")
    }
  }
}
