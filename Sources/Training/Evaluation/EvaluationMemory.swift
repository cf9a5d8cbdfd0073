import Autograd
import Networks
import Tensors

/// How much memory it takes to show images to a network: linear in the pixels that it sees at once, beside what is added up over
/// views and windows.
public struct EvaluationMemory: Sendable {
  /// Bytes of a forward pass with its logits: these, and so many for each pixel.
  private let fixed: Double
  private let perPixel: Double
  /// Scores of a pixel that the network gives.
  public let classes: Int
  private let views: EvaluationViews

  /// Bytes per pixel of pictures beside tensors: the image, its class map, its colours, its files.
  private static let picture = 32.0

  /// Gaps between buffers take more at some sizes than at those that are measured.
  private static let margin = 1.15

  /// Measures two forward passes that compute nothing.
  ///
  /// No other thread may compute meanwhile, say load data.
  public init(_ evaluator: Evaluator) throws {
    let (small, large) = (512, 1024)
    var classes = 0
    func footprint(_ side: Int) throws -> Double {
      BufferPool.shared.trim()
      BufferPool.shared.resetPeak()
      let before = BufferPool.shared.usage.live
      Kernel.isDry = true
      defer {
        Kernel.isDry = false
        BufferPool.shared.trim()
      }
      let input = Tensor(uninitialized: [1, 3, side, side])
      classes = try Evaluator(network: evaluator.network).output(of: input).logits.shape[1]
      return Double(BufferPool.shared.usage.footprint - before)
    }
    let (low, high) = (try footprint(small), try footprint(large))
    let slope = max(0, (high - low) / Double(large * large - small * small))
    perPixel = Self.margin * slope
    fixed = max(0, low - slope * Double(small * small))
    (self.classes, views) = (classes, evaluator.views)
  }

  /// The most bytes that an image of `height` × `width` takes.
  public func bytes(height: Int, width: Int) -> Int {
    let (pixels, logits) = (Double(height) * Double(width), 4 * Double(classes))
    let views = views.scales.map { scale in
      let (height, width) = self.views.size(height: height, width: width, at: scale)
      let view = Double(height) * Double(width)
      let window = self.views.window(at: scale, height: height, width: width)
      let seen = window.map { Double(min($0.height, height)) * Double(min($0.width, width)) } ?? view
      // What windows are added up in, the image and its mirror's logits, the sum so far and the resized logits.
      let held =
        (window == nil ? 0 : logits * view) + (self.views.flip ? 2 * logits * view : 0)
        + (self.views.isSingle ? 0 : 2 * logits * pixels)
      return fixed + perPixel * seen + held + 12 * view
    }
    return Int(min((views.max() ?? 0) + (12 + Self.picture) * pixels, 0x1p62))
  }

  /// - Parameter name: what errors call the image.
  /// - Throws: `RunError.imageTooLarge` where an image of this size takes more than there is.
  public func check(height: Int, width: Int, name: String? = nil) throws {
    try Self.check(bytes(height: height, width: width), height: height, width: width, name: name, views)
  }

  static func check(_ needed: Int, height: Int, width: Int, name: String? = nil, _ views: EvaluationViews) throws {
    // Memory that is kept for reuse is not in what is available.
    let available = MachineMemory.available + BufferPool.shared.usage.idle
    if needed > available {
      throw RunError.imageTooLarge(
        name: name, width: width, height: height, needed: needed, available: available,
        advice: advice(views, height, width))
    }
  }

  private static func advice(_ views: EvaluationViews, _ height: Int, _ width: Int) -> String {
    if views.window(at: max(1, views.scales.max() ?? 1), height: height, width: width) == nil {
      return "show it in windows: --window 1024x1024, in Lua, and in a recipe's test, window = {1024, 1024}"
    }
    return views.scales.contains { $0 < 1 }
      ? "leave out scales below 1, at which images are shown whole"
      : "smaller windows, fewer and smaller scales, or a smaller image"
  }
}
