import Foundation
import Storage
import Tensors

/// A step that changes a training sample at random. Steps run in the order of a recipe, each with a stream of its own.
public protocol Augmentation: Sendable {
  /// Names the step's random stream.
  var name: String { get }
  /// Whether it may only run on the thread that asks for batches (a script's function).
  var requiresCallerThread: Bool { get }
  func apply(_ sample: inout Sample, _ random: inout RandomStream) throws
}

extension Augmentation {
  public var requiresCallerThread: Bool { false }
}

/// A step that gives an image another size: image bicubic, labels nearest.
///
/// Where a crop follows, only its window is computed.
public protocol ResizingAugmentation: Augmentation {
  /// The new width and height of an image.
  func size(width: Int, height: Int, _ random: inout RandomStream) -> (width: Int, height: Int)
}

extension ResizingAugmentation {
  public func apply(_ sample: inout Sample, _ random: inout RandomStream) throws {
    let size = size(width: sample.image.width, height: sample.image.height, &random)
    sample.resize(width: size.width, height: size.height)
  }
}

/// Both sides by a common random factor and a random aspect ratio: image bicubic, labels nearest.
public struct RandomResize: ResizingAugmentation, Equatable {
  public let name = "scale"
  /// Of the common factor.
  public let scale: ClosedRange<Double>
  /// Of the ratio of the two sides' factors.
  public let aspect: ClosedRange<Double>

  /// - Parameters:
  ///   - scale: the factor s, uniform
  ///   - aspect: the ratio a, uniform; new width = ⌊w·√a·s⌋, new height = ⌊h·√(1/a)·s⌋
  /// - Throws: `DatasetError.argument`
  public init(scale: ClosedRange<Double> = 0.5...2, aspect: ClosedRange<Double> = 0.9...1.1) throws {
    for (name, range) in [("scale", scale), ("aspect", aspect)]
    where range.lowerBound < 0.01 || range.upperBound > 100 {
      throw DatasetError.argument(name: name, found: "\(range)", expected: "a range within 0.01 to 100")
    }
    (self.scale, self.aspect) = (scale, aspect)
  }

  public func size(width: Int, height: Int, _ random: inout RandomStream) -> (width: Int, height: Int) {
    let s = random.uniform(scale.lowerBound, scale.upperBound)
    let a = random.uniform(aspect.lowerBound, aspect.upperBound)
    return (
      max(1, Int(Double(width) * a.squareRoot() * s)), max(1, Int(Double(height) * (1 / a).squareRoot() * s))
    )
  }
}

/// Resizes so that the shorter side has a given length: image bicubic, labels nearest, sizes rounded half to even.
public struct ResizeShorterSide: ResizingAugmentation, Equatable {
  public let name = "resize"
  /// Pixels of the shorter side.
  public let side: Int

  /// - Throws: `DatasetError.argument`
  public init(side: Int) throws {
    guard (1...32768).contains(side) else {
      throw DatasetError.argument(name: "side", found: "\(side)", expected: "1 to 32768 pixels")
    }
    self.side = side
  }

  /// The new width and height of an image.
  public func size(width: Int, height: Int) -> (width: Int, height: Int) {
    let scale = Double(side) / Double(min(width, height))
    return (
      max(1, Int((Double(width) * scale).rounded(.toNearestOrEven))),
      max(1, Int((Double(height) * scale).rounded(.toNearestOrEven)))
    )
  }

  public func size(width: Int, height: Int, _ random: inout RandomStream) -> (width: Int, height: Int) {
    size(width: width, height: height)
  }
}

/// Exchanges left and right with a probability.
public struct RandomFlip: Augmentation, Equatable {
  public let name = "flip"
  /// Of an exchange.
  public let probability: Double

  /// - Throws: `DatasetError.argument`
  public init(probability: Double = 0.5) throws {
    guard (0...1).contains(probability) else {
      throw DatasetError.argument(name: "p", found: "\(probability)", expected: "a probability, 0 to 1")
    }
    self.probability = probability
  }

  public func apply(_ sample: inout Sample, _ random: inout RandomStream) throws {
    if random.uniform() < probability {
      sample.image = sample.image.flipped
      sample.labels = sample.labels.flipped
    }
  }
}

/// A random window of at most the given size; smaller images stay as they are on that side. Never pads.
public struct RandomCrop: Augmentation, Equatable {
  public let name = "crop"
  /// Columns of the window at most.
  public let width: Int
  /// Rows of the window at most.
  public let height: Int

  /// - Throws: `DatasetError.argument`
  public init(width: Int, height: Int) throws {
    for (name, side) in [("width", width), ("height", height)] where !(1...32768).contains(side) {
      throw DatasetError.argument(name: name, found: "\(side)", expected: "1 to 32768 pixels")
    }
    (self.width, self.height) = (width, height)
  }

  public func apply(_ sample: inout Sample, _ random: inout RandomStream) throws {
    let window = window(width: sample.image.width, height: sample.image.height, &random)
    sample.image = sample.image.cropped(to: window)
    sample.labels = sample.labels.cropped(to: window)
  }

  /// The window of an image of this size.
  func window(width: Int, height: Int, _ random: inout RandomStream) -> ImageWindow {
    let size = (width: min(self.width, width), height: min(self.height, height))
    let x = random.integer(in: 0...width - size.width)
    let y = random.integer(in: 0...height - size.height)
    return ImageWindow(x: x, y: y, width: size.width, height: size.height)
  }
}

/// A whole number added to every channel of the network's input; the picture of the tree loss keeps its brightness.
public struct RandomBrightness: Augmentation, Equatable {
  public let name = "brightness"
  /// The largest number, of 255.
  public let shift: Int

  /// - Parameter shift: the number is uniform in -shift…shift, 0…255
  /// - Throws: `DatasetError.argument`
  public init(shift: Int = 10) throws {
    guard (0...255).contains(shift) else {
      throw DatasetError.argument(name: "shift", found: "\(shift)", expected: "0 to 255")
    }
    self.shift = shift
  }

  public func apply(_ sample: inout Sample, _ random: inout RandomStream) throws {
    sample.brightness = random.integer(in: -shift...shift)
  }
}

/// A step that a function does, say one of a script.
public struct CustomAugmentation: Augmentation {
  public let name: String
  public let requiresCallerThread: Bool
  private let body: @Sendable (inout Sample, inout RandomStream) throws -> Void

  public init(
    name: String, requiresCallerThread: Bool,
    _ body: @escaping @Sendable (inout Sample, inout RandomStream) throws -> Void
  ) {
    (self.name, self.requiresCallerThread, self.body) = (name, requiresCallerThread, body)
  }

  public func apply(_ sample: inout Sample, _ random: inout RandomStream) throws { try body(&sample, &random) }
}

extension Sample {
  /// - Parameter window: the part of the resized sample that is kept; nil for all of it.
  mutating func resize(width: Int, height: Int, window: ImageWindow? = nil) {
    image = Resampling.bicubic(image, width: width, height: height, window: window)
    labels = Resampling.nearest(labels, width: width, height: height, window: window)
  }
}
