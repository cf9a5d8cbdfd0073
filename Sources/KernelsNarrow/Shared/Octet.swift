import CProcessor
import Kernels

/// Eight channels of a row. Rows are padded to whole octets on every instruction set: padding to 16 would move a third more
/// memory at 19 classes, and memory is what the walks along a tree wait for.
struct Octet {
  var values: SIMD8<Float>

  @inline(__always) init(values: SIMD8<Float>) { self.values = values }
  @inline(__always) init(repeating value: Float) { values = SIMD8(repeating: value) }
  @inline(__always) init(_ address: Floats) {
    values = UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
  }
  @inline(__always) init(_ address: MutableFloats) { self.init(Floats(address)) }
  @inline(__always) func store(_ address: MutableFloats) {
    UnsafeMutableRawPointer(address).storeBytes(of: values, as: SIMD8<Float>.self)
  }

  /// `self + a · b` in one rounding.
  @inline(__always) func fma(_ a: Octet, _ b: Octet) -> Octet {
    Octet(values: shuffle_fma8(a.values, b.values, values))
  }
  @inline(__always) static func * (a: Octet, b: Octet) -> Octet { Octet(values: a.values * b.values) }
  @inline(__always) static func + (a: Octet, b: Octet) -> Octet { Octet(values: a.values + b.values) }
  @inline(__always) static func - (a: Octet, b: Octet) -> Octet { Octet(values: a.values - b.values) }

  @inline(__always) func replacingFirst(_ value: Float) -> Octet {
    Octet(values: shuffle_first8(values, value))
  }

  @inline(__always) var magnitude: Octet {
    let bits = unsafeBitCast(values, to: SIMD8<Int32>.self) & 0x7FFF_FFFF
    return Octet(values: unsafeBitCast(bits, to: SIMD8<Float>.self))
  }
  /// -1, 0 or 1; 0 for NaN.
  @inline(__always) var sign: Octet {
    let zero = SIMD8<Float>(repeating: 0)
    return Octet(
      values: zero.replacing(with: SIMD8(repeating: 1), where: values .> zero)
        .replacing(with: SIMD8(repeating: -1), where: values .< zero))
  }

  @inline(__always) var total: Float { shuffle_sum8(values) }
}
