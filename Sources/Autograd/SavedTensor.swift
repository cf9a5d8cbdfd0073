import Tensors

/// How operations keep what they need for the way back.
public enum ActivationStorage: String, Sendable, CaseIterable {
  /// As it is.
  case float32
  /// Float32 values rounded to half their size. Values on the way forward stay exact; gradients see rounded ones.
  case bfloat16
}

/// A tensor kept for the way back: itself, or rounded to half its size where `Tape.storage` says so.
///
/// A rounded tensor is exact for as long as somebody else holds the original, as a variable does while operations on it are
/// still recorded.
final class SavedTensor {
  let shape: [Int]
  let type: ElementType
  private var tensor: Tensor?
  private let rounded: BFloat16Tensor?
  private weak var liveBuffer: Buffer?
  private var live: (strides: [Int], offset: Int) = ([], 0)

  /// - Parameter mayRound: whether the tensor goes away, so that a rounded copy saves memory.
  init(_ tensor: Tensor, mayRound: Bool = true) throws {
    (shape, type) = (tensor.shape, tensor.type)
    if mayRound && Tape.storage == .bfloat16 && type == .float32 {
      rounded = try BFloat16Tensor(rounding: tensor)
      (liveBuffer, live) = (tensor.buffer, (tensor.strides, tensor.offset))
    } else {
      (rounded, self.tensor) = (nil, tensor)
    }
  }

  /// The memory of the values, if they are there in full.
  var buffer: Buffer? { tensor?.buffer ?? liveBuffer }

  /// The values, held by their user only.
  func current() throws -> Tensor {
    if let tensor { return tensor }
    if let liveBuffer {
      return Tensor(buffer: liveBuffer, type: type, shape: shape, strides: live.strides, offset: live.offset)
    }
    let tensor = try rounded!.widened()
    (liveBuffer, live) = (tensor.buffer, (tensor.strides, tensor.offset))
    return tensor
  }

  /// The values for several operations of a backward pass: they stay until `release`.
  func value() throws -> Tensor {
    let value = try current()
    tensor = value
    return value
  }

  /// Lets go of values that can be had again from rounded ones.
  func release() { if rounded != nil { tensor = nil } }
}
