import Tensors

/// Leaves: a blob or a clipped hedge with a ragged edge, lit from above and one side, with leaf texture and dark gaps.
struct FoliagePaint: Paint {
  let color: Color
  let center: Point
  let radii: Point
  /// Clipped square like a hedge instead of round.
  let isSquare: Bool
  /// Leaf clusters per picture height.
  let fineness: Float
  let raggedness: Float
  let light: Float
  /// Darkness of the gaps between leaves.
  let contrast: Float
  let noise: Noise

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let offset = (point - center) / radii
    let radius = isSquare ? max(abs(offset.x), abs(offset.y)) : (offset * offset).sum().squareRoot()
    let clusters = noise.turbulence(point.x * fineness, point.y * fineness) - 0.5
    let leaves = 0.85 * clusters + 0.3 * (noise.value(point.x * fineness * 11, point.y * fineness * 11) - 0.5)
    if radius + raggedness * leaves > 1 { return }
    let shading = 0.95 - 0.38 * offset.y + 0.22 * light * offset.x
    color = self.color * max(0.08, shading + contrast * 2.2 * leaves)
    label = SceneLabel.vegetation.rawValue
  }

  /// The region that can hold leaves.
  var outline: Outline {
    let reach = 1 + raggedness * 0.5
    return isSquare
      ? .box(center - radii * reach, center + radii * reach) : .ellipse(center: center, radii: radii * reach)
  }
}
