import Kernels

/// What is done to each channel of a map while it is loaded: `scale · x + shift`, and a ReLU if asked for.
public struct ChannelMaps: Sendable {
  /// `[C]`, float32.
  let scale: Tensor
  let shift: Tensor
  let rectifies: Bool

  init(scale: Tensor, shift: Tensor, rectifies: Bool) {
    (self.scale, self.shift, self.rectifies) = (scale, shift, rectifies)
  }

  var scaleAddress: Floats { Floats(scale.address(Float.self)) }
  var shiftAddress: Floats { Floats(shift.address(Float.self)) }

  @inline(__always) subscript(channel: Int) -> ChannelMap {
    ChannelMap(
      scale: scaleAddress[channel], shift: shiftAddress[channel], rectifies: rectifies)
  }

  /// A mapped copy of `[N, C, H, W]`.
  func applied(to x: Tensor) throws -> Tensor {
    let source = x.contiguous()
    let result = Tensor(uninitialized: x.shape, x.type)
    func apply<T: FloatingElement>(_: T.Type) throws {
      let (channels, plane) = (x.shape[1], x.shape[2] * x.shape[3])
      let floor: T = rectifies ? 0 : -.infinity
      try Tensor.withPointers(source, result, of: T.self) { x, y in
        try Normalization.forEachChannel(source.shape[0] * channels, elements: plane) { index in
          let map = self[index % channels]
          let (scale, shift) = (T(map.scale), T(map.shift))
          for i in index * plane..<(index + 1) * plane { y[i] = larger(x[i] * scale + shift, floor) }
        }
      }
    }
    if x.type == .float32 { try apply(Float.self) } else { try apply(Double.self) }
    extendLifetime(self)
    return result
  }
}
