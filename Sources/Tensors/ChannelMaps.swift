import Kernels

/// What is done to each channel of a map `[N, C, H, W]`: `scale · x + shift`, a residual added if there is one, and a ReLU if
/// asked for. Convolutions do it while they load their input, so that the result need not be written.
public struct ChannelMaps: Sendable {
  /// `[C]`, of the map's type.
  let scale: Tensor
  let shift: Tensor
  public let rectifies: Bool
  /// Whether what is mapped are values of `BFloat16Tensor(marking:)`; used on the way back only.
  public var isMarked = false

  /// Float32 only.
  var scaleAddress: Floats { Floats(scale.address(Float.self)) }
  var shiftAddress: Floats { Floats(shift.address(Float.self)) }

  @inline(__always) subscript(channel: Int) -> ChannelMap {
    ChannelMap(
      scale: scaleAddress[channel], shift: shiftAddress[channel], rectifies: rectifies, isMarked: isMarked)
  }

  /// The mapped `x` `[N, C, H, W]`.
  /// - Parameters:
  ///   - residual: shaped like `x` and of its type.
  ///   - reusing: write the result over `x`, which nobody else needs.
  /// - Throws: `TensorError` where shapes or types differ; `Interrupted`.
  public func applied(to x: Tensor, residual: Tensor? = nil, reusing: Bool = false) throws -> Tensor {
    if let residual, residual.shape != x.shape || residual.type != x.type {
      throw TensorError.shape(
        operation: "batch norm", found: "\(x.shape) and residual \(residual.shape)", expected: "one shape and type")
    }
    let (source, residual) = (x.contiguous(), residual?.contiguous())
    let result = reusing ? source : Tensor(uninitialized: x.shape, x.type)
    if x.type == .float32 {
      try apply(source, residual, into: result, Float.self)
    } else {
      try apply(source, residual, into: result, Double.self)
    }
    return result
  }

  private func apply<T: FloatingElement>(_ x: Tensor, _ residual: Tensor?, into result: Tensor, _: T.Type) throws {
    let (channels, plane) = (x.shape[1], x.shape[2] * x.shape[3])
    let (scale, shift, added) = (scale.address(T.self), shift.address(T.self), residual?.address(T.self))
    let rectifies = rectifies
    try Tensor.withPointers(x, result, of: T.self) { x, y in
      try Normalization.forEachChannel(result.shape[0] * channels, elements: plane) { index in
        let at = index * plane
        ChannelLoops.map(
          x + at, residual: added.map { $0 + at }, scale: scale[index % channels], shift: shift[index % channels],
          rectifies, into: y + at, plane)
      }
    }
    extendLifetime((self, residual))
  }
}
