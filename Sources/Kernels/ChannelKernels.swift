/// What batch normalisation does to one channel of one image.
public protocol ChannelKernels {
  /// Σ x and Σ (x − center)², short sums in single precision, their total in double.
  static func sum(_ x: Floats, count: Int) -> Double
  static func squares(_ x: Floats, around center: Float, count: Int) -> Double

  /// `y = map(x + residual / scale)`, that is `relu(scale · x + shift + residual)`; `y` may be `x`.
  static func map(_ x: Floats, residual: Floats?, _ map: ChannelMap, into y: MutableFloats, count: Int)

  /// Each x as one of the two nearest bfloat16 values: one whose last bit is 1 where the map's ReLU lets it through, and 0
  /// elsewhere. NaN stays NaN.
  static func mark(
    _ x: Floats, residual: Floats?, _ map: ChannelMap, into halves: UnsafeMutablePointer<UInt16>, count: Int)

  /// Σ g and Σ g · (x − center) over the pixels that the map's ReLU let through.
  static func gradientSums(
    _ g: Floats, _ x: Floats, residual: Floats?, _ map: ChannelMap, around center: Float, count: Int
  ) -> (gradient: Double, product: Double)

  /// `dx = factor · g + slope · (x − center) + offset`, with g the gradient that the map's ReLU let through; that goes to
  /// `passed` as well, if wanted. Either may be `g`.
  static func gradient(
    _ g: Floats, _ x: Floats, residual: Floats?, _ map: ChannelMap, factor: Float, slope: Float, center: Float,
    offset: Float, into dx: MutableFloats?, passed: MutableFloats?, count: Int)
}
