/// Arithmetic between rows of floats.
public protocol RowKernels {
  /// `y = (1 − weight) · a + weight · b`; `y` may be neither.
  static func blend(_ a: Floats, _ b: Floats, weight: Float, into y: MutableFloats, count: Int)

  /// `y += factor · x`.
  static func add(_ x: Floats, times factor: Float, to y: MutableFloats, count: Int)

  /// `y[2i] = x[i]`; what lies between stays as it is.
  static func interleave(_ x: Floats, into y: MutableFloats, count: Int)
}
