import Kernels

extension Vector {
  @inline(__always) init(_ address: Floats) {
    self = UnsafeRawPointer(address).loadUnaligned(as: Vector.self)
  }
  @inline(__always) init(_ address: MutableFloats) {
    self = UnsafeRawPointer(address).loadUnaligned(as: Vector.self)
  }
  @inline(__always) func store(_ address: MutableFloats) {
    UnsafeMutableRawPointer(address).storeBytes(of: self, as: Vector.self)
  }
  /// Negative elements become 0; NaN stays.
  @inline(__always) var relu: Vector { replacing(with: Vector(repeating: 0), where: self .< Vector(repeating: 0)) }
}
