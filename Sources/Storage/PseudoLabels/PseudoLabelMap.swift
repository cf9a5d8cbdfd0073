import Tensors

/// What a network thinks of the pixels of an image.
public struct PseudoLabelMap: Sendable {
  /// The likeliest class of each pixel, uint8 `[H, W]`.
  public let labels: Tensor
  /// How likely it is, in 255ths, uint8 `[H, W]`.
  public let confidence: Tensor
  /// The t likeliest classes, the likeliest first, and how likely they are: uint8 `[t, H, W]` both. Nil where one is all.
  public let top: (labels: Tensor, confidence: Tensor)?

  public init(labels: Tensor, confidence: Tensor, top: (labels: Tensor, confidence: Tensor)? = nil) {
    (self.labels, self.confidence, self.top) = (labels, confidence, top)
  }
}

/// Where pseudo-labels come from: what their files say beside them.
public struct PseudoLabelOrigin: Sendable, Equatable {
  /// Names of the classes by class id.
  public var classes: [String]
  /// Attributes of `/provenance`: weights, iteration, split, protocol, …
  public var provenance: [String: AttributeValue]
  public var recipe: RecipeRecord

  public init(classes: [String], provenance: [String: AttributeValue], recipe: RecipeRecord) {
    (self.classes, self.provenance, self.recipe) = (classes, provenance, recipe)
  }
}

extension FileFormat {
  public static let pseudoLabels = FileFormat(name: "tel-pseudo-labels", version: 1)
}

extension Checkpoint {
  /// A number that tells one state from another, whatever file it is in.
  /// - Parameter state: in an order of its own, which counts.
  public static func fingerprint(_ state: [(name: String, tensor: Tensor)]) -> String {
    var hashes: [UInt64] = []
    for (name, tensor) in state {
      let tensor = tensor.contiguous()
      hashes.append(Array(name.utf8).withUnsafeBytes { Checksum.hash($0) })
      let start = tensor.buffer.bytes + tensor.offset * tensor.type.byteCount
      hashes.append(
        Checksum.hash(UnsafeRawBufferPointer(start: start, count: tensor.count * tensor.type.byteCount)))
      extendLifetime(tensor.buffer)
    }
    let digits = String(hashes.withUnsafeBytes { Checksum.hash($0) }, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
