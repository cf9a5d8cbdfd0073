import Kernels

/// The values of a float32 tensor in half its memory, as bfloat16: a float's upper 16 bits. What is left has 8 significant
/// bits, and float32's whole range.
public final class BFloat16Tensor {
  public let shape: [Int]
  private let buffer: Buffer

  /// Rounds a float32 tensor to nearest, ties to even. A NaN stays a NaN.
  /// - Throws: `Interrupted`.
  public init(rounding tensor: Tensor) throws {
    precondition(tensor.type == .float32, "bfloat16 from \(tensor.type)")
    shape = tensor.shape
    buffer = Buffer(byteCount: 2 * tensor.count)
    let source = tensor.contiguous()
    try transform(source) { floats, halves in
      for i in 0..<floats.count {
        let bits = floats[i].bitPattern
        let rounded = (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16
        let isNaN = bits & 0x7fff_ffff > 0x7f80_0000
        halves[i] = UInt16(truncatingIfNeeded: isNaN ? bits >> 16 | 0x40 : rounded)
      }
    }
  }

  /// Rounds what `maps` get `[N, C, H, W]`, so that the last bit says whether their ReLU lets a value through.
  ///
  /// Worked out from rounded values, a ReLU would let others through than it did, and each of these puts a whole pixel's
  /// gradient in or out: in HRNet-W48's step that moves the gradient by 14 %, rounding with the right pixels by 0.5 %.
  /// - Parameter residual: what is added before the ReLU.
  /// - Throws: `Interrupted`.
  public init(marking x: Tensor, residual: Tensor?, maps: ChannelMaps) throws {
    precondition(x.type == .float32 && maps.rectifies, "only what a ReLU gets has marks")
    shape = x.shape
    buffer = Buffer(byteCount: 2 * x.count)
    let (x, residual) = (x.contiguous(), residual?.contiguous())
    let (channels, plane) = (shape[1], shape[2] * shape[3])
    let (source, added) = (x.address(Float.self), residual?.address(Float.self))
    let halves = buffer.bytes.assumingMemoryBound(to: UInt16.self)
    try Normalization.forEachChannel(shape[0] * channels, elements: plane) { index in
      let at = index * plane
      ChannelLoops.mark(
        source + at, residual: added.map { $0 + at }, maps[index % channels], into: halves + at, plane)
    }
    extendLifetime((x, residual, maps))
  }

  /// The values as float32, in memory of their own.
  /// - Throws: `Interrupted`.
  public func widened() throws -> Tensor {
    let result = Tensor(uninitialized: shape, .float32)
    try transform(result) { floats, halves in
      for i in 0..<floats.count { floats[i] = Float(bitPattern: UInt32(halves[i]) << 16) }
    }
    return result
  }

  /// Calls `body` with the same part of both, on all threads.
  private func transform(
    _ tensor: Tensor, _ body: (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<UInt16>) -> Void
  ) throws {
    let halves = buffer.bytes.assumingMemoryBound(to: UInt16.self)
    try Tensor.withPointers(tensor, of: Float.self) { floats in
      try Kernel.parallelRanges(tensor.count, grain: 1 << 15) { range in
        body(
          UnsafeMutableBufferPointer(start: floats + range.lowerBound, count: range.count),
          UnsafeMutableBufferPointer(start: halves + range.lowerBound, count: range.count))
      }
    }
  }
}
