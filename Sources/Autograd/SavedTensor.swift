import Tensors

/// How operations keep what they need for the way back.
public enum ActivationStorage: String, Sendable, CaseIterable {
  /// As it is.
  case float32
  /// Float32 values rounded to half their size. Values on the way forward stay exact; gradients see rounded ones.
  case bfloat16
}

/// A tensor kept for the way back: itself, or rounded to half its size where `Tape.storage` says so.
final class SavedTensor {
  let shape: [Int]
  let type: ElementType
  private var tensor: Tensor?
  private let rounded: BFloat16Tensor?
  /// Whether rounded values have marks; see `BFloat16Tensor(marking:)`.
  let isMarked: Bool
  /// The exact values behind rounded ones, while somebody else holds them: a variable, as long as operations on it are recorded.
  private weak var exactBuffer: Buffer?
  private var exact: (strides: [Int], offset: Int) = ([], 0)

  /// - Parameters:
  ///   - mayRound: whether the tensor goes away, so that a rounded copy saves memory.
  ///   - maps: what a normalisation makes of the tensor, with the residual that it adds.
  init(_ tensor: Tensor, mayRound: Bool, for maps: ChannelMaps? = nil, residual: Tensor? = nil) throws {
    (shape, type) = (tensor.shape, tensor.type)
    guard mayRound && Tape.storage == .bfloat16 && type == .float32 else {
      (rounded, isMarked, self.tensor) = (nil, false, tensor)
      return
    }
    if let maps, maps.rectifies {
      (rounded, isMarked) = (try BFloat16Tensor(marking: tensor, residual: residual, maps: maps), true)
    } else {
      (rounded, isMarked) = (try BFloat16Tensor(rounding: tensor), false)
    }
    (exactBuffer, exact) = (tensor.buffer, (tensor.strides, tensor.offset))
  }

  /// The memory of the values, if they are there in full.
  var buffer: Buffer? { tensor?.buffer ?? exactBuffer }

  /// The values, as exact as they are to be had.
  func current() throws -> Tensor {
    if let exactBuffer {
      return Tensor(buffer: exactBuffer, type: type, shape: shape, strides: exact.strides, offset: exact.offset)
    }
    return try tensor ?? rounded!.widened()
  }

  /// The values for a backward pass, whoever else may hold exact ones; they stay until `release`.
  func value() throws -> Tensor {
    let value = try tensor ?? rounded!.widened()
    tensor = value
    return value
  }

  /// Lets go of values that can be had again from rounded ones.
  func release() { if rounded != nil { tensor = nil } }
}
