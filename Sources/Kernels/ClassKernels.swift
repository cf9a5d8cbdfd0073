/// Softmax over classes that lie `plane` floats apart, for neighbouring pixels.
public protocol ClassKernels {
  /// `tops[i]` is the largest logit of pixel i, `sums[i] = Σ_k exp(x[k·plane + i] − tops[i])`.
  static func exponentialSums(
    _ x: Floats, plane: Int, classes: Int, count: Int, tops: MutableFloats, sums: MutableFloats)

  /// `dx[k·plane + i] = factors[i] · exp(x[k·plane + i] − logSums[i])`, and 0 where the factor is.
  static func softmax(
    _ x: Floats, plane: Int, classes: Int, count: Int, logSums: Floats, factors: Floats, into dx: MutableFloats)
}
