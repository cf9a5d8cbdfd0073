import Tensors

/// A value between two operations, for the backward pass: kept, or made again from what is kept.
///
/// A convolution with batch normalisation keeps its raw output only. Convolutions that follow load it through the norm's
/// `maps`; whoever needs the normalised value itself makes it, once on the way forward and, if it is gone by then, once on the
/// way back, where it stays until the operation that gave it has had its gradient.
final class Activation {
  /// Maps that give the value while a raw tensor is loaded.
  struct Mapped {
    let raw: SavedTensor
    let maps: ChannelMaps
  }

  let shape: [Int]
  let type: ElementType
  /// How to load the value without writing it, where that can be done.
  private(set) var mapped: Mapped?
  private let saved: SavedTensor?
  private var kept: Tensor?
  private let make: (() throws -> Tensor)?
  /// Whether a raw tensor that nobody else needs may be written over.
  private let isDisposable: Bool
  /// The value while somebody else holds it.
  private weak var liveBuffer: Buffer?
  private var live: (strides: [Int], offset: Int) = ([], 0)
  private weak var marked: Buffer?

  /// A value that is kept.
  init(_ saved: SavedTensor) {
    (shape, type, self.saved) = (saved.shape, saved.type, saved)
    (make, mapped, isDisposable) = (nil, nil, false)
  }

  /// A raw tensor seen through maps.
  /// - Parameter isDisposable: nothing is recorded, so that the value may take the raw tensor's place.
  init(_ mapped: Mapped, isDisposable: Bool) {
    (shape, type, saved, self.mapped) = (mapped.raw.shape, mapped.raw.type, nil, mapped)
    self.isDisposable = isDisposable
    make = isDisposable ? nil : { try mapped.maps.applied(to: mapped.raw.current()) }
  }

  /// A value that somebody holds now, and that `make` gives again, the same each time.
  init(of tensor: Tensor, make: @escaping () throws -> Tensor) {
    (shape, type, self.make) = (tensor.shape, tensor.type, make)
    (saved, mapped, isDisposable) = (nil, nil, false)
    (liveBuffer, live) = (tensor.buffer, (tensor.strides, tensor.offset))
  }

  /// The value, made if it is nowhere; it is not kept for longer than its user keeps it.
  func current() throws -> Tensor {
    if let saved { return try saved.current() }
    if let kept { return kept }
    if let liveBuffer {
      return Tensor(buffer: liveBuffer, type: type, shape: shape, strides: live.strides, offset: live.offset)
    }
    if let make {
      let tensor = try make()
      (liveBuffer, live) = (tensor.buffer, (tensor.strides, tensor.offset))
      return tensor
    }
    guard let mapped else { preconditionFailure("a value that was given up") }
    let tensor = try mapped.maps.applied(to: mapped.raw.current(), reusing: true)
    (kept, self.mapped) = (tensor, nil)
    return tensor
  }

  /// The value for a backward pass: it stays until `release`.
  func value() throws -> Tensor {
    if let saved { return try saved.value() }
    let tensor = try current()
    kept = tensor
    return tensor
  }

  /// What a convolution loads on the way back, and through which maps.
  func loaded() throws -> (Tensor, ChannelMaps?) {
    if let mapped { return (try mapped.raw.value(), mapped.maps) }
    return (try value(), nil)
  }

  /// Forbids changes of the value in place, if somebody can reach it, from now until `release`.
  func mark(_ site: String?) {
    guard marked == nil, let buffer = saved?.buffer ?? kept?.buffer ?? liveBuffer else { return }
    marked = buffer
    buffer.recordings += 1
    buffer.recordedAt = site
  }

  /// Lets go of values that can be made again: no operation needs them any more.
  func release() {
    marked?.recordings -= 1
    marked = nil
    if make != nil { kept = nil }
    saved?.release()
    mapped?.raw.release()
  }
  deinit { marked?.recordings -= 1 }
}
