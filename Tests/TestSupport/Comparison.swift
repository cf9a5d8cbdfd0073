import Tensors
import Testing

/// How far two tensors of one shape are apart, computed in float64.
public struct Difference: CustomStringConvertible, Sendable {
  /// The largest |a - b|; infinite if a NaN stands against a number.
  public var maximum = 0.0
  /// Where it is, as a row-major index.
  public var index = 0
  /// The largest |b|, of the expected values.
  public var scale = 0.0
  /// ||a - b|| / ||b||; the norm of the difference itself if b is zero.
  public var relativeL2 = 0.0

  public init(_ a: Tensor, _ b: Tensor) {
    precondition(a.shape == b.shape, "comparing shapes \(a.shape) and \(b.shape)")
    let (x, y) = (a.array(of: Double.self), b.array(of: Double.self))
    var (squares, norm) = (0.0, 0.0)
    for i in x.indices {
      if x[i].isNaN && y[i].isNaN || x[i] == y[i] && x[i].isInfinite { continue }
      let difference = abs(x[i] - y[i])
      let distance = difference.isNaN ? .infinity : difference
      if distance > maximum { (maximum, index) = (distance, i) }
      scale = max(scale, abs(y[i]))
      squares += distance * distance
      norm += y[i] * y[i]
    }
    relativeL2 = norm > 0 ? (squares / norm).squareRoot() : squares.squareRoot()
  }

  public var description: String {
    "largest difference \(maximum) at \(index) (expected values up to \(scale)), relative L2 \(relativeL2)"
  }
}

/// Expects every |a - b| to be at most `absolute + relative * max|b|`, where b is what is right.
public func expectClose(
  _ a: Tensor, _ b: Tensor, absolute: Double = 0, relative: Double = 0, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard a.shape == b.shape else {
    Issue.record("\(comment) shape \(a.shape), expected \(b.shape)", sourceLocation: sourceLocation)
    return
  }
  let difference = Difference(a, b)
  let bound = absolute + relative * difference.scale
  #expect(difference.maximum <= bound, "\(comment) \(difference), bound \(bound)", sourceLocation: sourceLocation)
}

/// Expects ||a - b|| / ||b|| to be at most `bound`, where b is what is right.
public func expectRelativeL2(
  _ a: Tensor, _ b: Tensor, _ bound: Double, _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard a.shape == b.shape else {
    Issue.record("\(comment) shape \(a.shape), expected \(b.shape)", sourceLocation: sourceLocation)
    return
  }
  let difference = Difference(a, b)
  #expect(difference.relativeL2 <= bound, "\(comment) \(difference), bound \(bound)", sourceLocation: sourceLocation)
}
