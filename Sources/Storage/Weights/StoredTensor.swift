import Tensors

/// A named tensor in a file of weights of whatever format, described without reading it.
public struct StoredTensor: Sendable {
  /// The key in the state dictionary.
  public let name: String
  /// Sizes of its dimensions, none of them negative.
  public let shape: [Int]
  /// How its numbers are stored, as PyTorch and NumPy call it: `float32`, `bfloat16`, …
  public let storedType: String
  /// The type that reading gives.
  public let type: ElementType
  private let read: @Sendable () throws -> Tensor

  init(
    name: String, shape: [Int], storedType: String, type: ElementType, read: @escaping @Sendable () throws -> Tensor
  ) {
    (self.name, self.shape, self.storedType, self.type, self.read) = (name, shape, storedType, type, read)
  }

  /// A tensor that is in memory already.
  public init(name: String, _ tensor: Tensor) {
    self.init(name: name, shape: tensor.shape, storedType: tensor.type.rawValue, type: tensor.type) { tensor }
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// Bytes of its numbers in the file, before any compression.
  public var storedBytes: Int { count * (NumberFormat(rawValue: storedType)?.byteCount ?? type.byteCount) }
  /// Whether reading changes the type, which a user should be told. A `bool` becomes `uint8` and counts as unchanged.
  public var isConverted: Bool { storedType != type.rawValue && storedType != "bool" }

  /// Reads the numbers; each time anew.
  /// - Throws: the errors of the file's format; `TensorError.memory`.
  public func load() throws -> Tensor { try read() }
}
