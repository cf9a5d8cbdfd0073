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

extension Variable {
  /// These maps at the size of others, corners on corners, as every resize inside the published networks.
  func resized(like other: Variable) throws -> Variable {
    try resized(height: other.shape[2], width: other.shape[3], .bilinear(alignCorners: true))
  }
}

/// A network that gives every pixel a score for every class.
open class SegmentationNetwork: Module {
  /// Number of classes, K; nil where only the forward pass knows.
  public let classes: Int?
  /// Whether an evaluation gives what training gives: coarse logits and embedding too.
  public var givesAllOutputs = false

  public init(classes: Int?) {
    self.classes = classes
    super.init()
  }

  /// - Parameter images: `[N, 3, H, W]` as the network's training data were normalised.
  open func callAsFunction(_ images: Variable) throws -> NetworkOutput {
    preconditionFailure("a network without a forward pass")
  }

  /// The backbone's maps, finest first.
  open func features(_ images: Variable) throws -> [Variable] {
    preconditionFailure("a network without a backbone")
  }

  /// Logits at the images' size, with what else is wanted beside them.
  func output(coarse: Variable, for images: Variable, embedding: () throws -> Variable) throws -> NetworkOutput {
    let logits = try coarse.resized(like: images)
    return wantsAllOutputs
      ? NetworkOutput(logits: logits, coarse: coarse, embedding: try embedding()) : NetworkOutput(logits: logits)
  }

  /// The mean of each map `[N, C, 1, 1]`, for a layer of its own.
  /// - Parameter name: the path of the layer's norm.
  /// - Throws: `NetworkError.singleImage` where that norm would have to normalise one value by itself.
  func pooling(_ x: Variable, _ layer: ConvNorm, at name: String) throws -> Variable {
    if let norm = layer.norm, norm.isTraining, !norm.isFrozen, x.shape[0] == 1 {
      throw NetworkError.singleImage(network: "\(type(of: self))", norm: name)
    }
    return try x.globalAveragePooled()
  }

  /// Whether coarse logits and embedding are wanted now.
  public var wantsAllOutputs: Bool { isTraining || givesAllOutputs }
}
