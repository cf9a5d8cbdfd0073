import Autograd
import Tensors

/// What a segmentation network says about images `[N, 3, H, W]` with K classes.
public struct NetworkOutput {
  /// `[N, K, H, W]`, not normalised.
  public var logits: Variable
  /// The logits before they were resized to the images' size, `[N, K, H/4, W/4]`.
  public var coarse: Variable?
  /// `[N, E, H/4, W/4]`: what the tree loss compares pixels by.
  public var embedding: Variable?
  /// Further maps by name.
  public var extras: [String: Variable] = [:]

  public init(logits: Variable, coarse: Variable? = nil, embedding: Variable? = nil, extras: [String: Variable] = [:]) {
    (self.logits, self.coarse, self.embedding, self.extras) = (logits, coarse, embedding, extras)
  }
}

/// A network that gives every pixel a score for every class.
open class SegmentationNetwork: Module {
  /// Number of classes, K.
  public let classes: Int
  /// Whether an evaluation gives what training gives: coarse logits and embedding too.
  public var givesAllOutputs = false

  public init(classes: Int) {
    self.classes = classes
    super.init()
  }

  /// - Parameter images: `[N, 3, H, W]` as the network's training data were normalised.
  open func callAsFunction(_ images: Variable) throws -> NetworkOutput {
    preconditionFailure("a network without a forward pass")
  }

  /// Whether coarse logits and embedding are wanted now.
  public var wantsAllOutputs: Bool { isTraining || givesAllOutputs }
}
