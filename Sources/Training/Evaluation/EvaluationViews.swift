/// The size of the windows that an image is cut into, and how far apart they start.
public struct EvaluationWindow: Sendable, Equatable {
  public var height: Int
  public var width: Int
  /// Rows and columns between starts; the window's own size without overlap.
  public var stride: (height: Int, width: Int)

  public init(height: Int, width: Int, stride: (height: Int, width: Int)? = nil) {
    (self.height, self.width, self.stride) = (height, width, stride ?? (height, width))
  }

  public static func == (a: EvaluationWindow, b: EvaluationWindow) -> Bool {
    (a.height, a.width, a.stride.height, a.stride.width) == (b.height, b.width, b.stride.height, b.stride.width)
  }
}

/// How an image is shown to a network: at which sizes, mirrored as well or not, whole or in windows. The logits of all views are
/// added up, as published: neither normalised nor weighted.
public struct EvaluationViews: Sendable, Equatable {
  /// Factors on the image's sides, at least one.
  public var scales: [Double]
  /// Whether the mirrored image is shown at every scale too.
  public var flip: Bool
  /// Cuts images of scale 1 and above, as published; smaller ones are shown whole. nil shows all whole.
  public var window: EvaluationWindow?

  /// Factors that make sense.
  public static let scaleRange = 0.05...16.0

  public init(scales: [Double] = [1], flip: Bool = false, window: EvaluationWindow? = nil) {
    (self.scales, self.flip, self.window) = (scales, flip, window)
  }

  /// Whether the network sees each image once, at its size.
  var isSingle: Bool { scales == [1] && !flip }

  /// An image's sides at a scale, truncated as published, at least one pixel.
  func size(height: Int, width: Int, at scale: Double) -> (height: Int, width: Int) {
    (max(1, Int(Double(height) * scale)), max(1, Int(Double(width) * scale)))
  }

  /// The windows for an image `[1, 3, H, W]` at a scale; nil shows it whole.
  func window(at scale: Double, height: Int, width: Int) -> EvaluationWindow? {
    guard scale >= 1, let window, window.height < height || window.width < width else { return nil }
    return window
  }
}
