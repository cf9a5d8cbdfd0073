/// Darkness under a thing that stands on the ground: an ellipse that fades outward.
struct ContactShadow: Paint {
  let center: Point
  let radii: Point
  /// Share of light taken away in the middle.
  let strength: Float

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let offset = (point - center) / radii
    let falloff = max(0, 1 - (offset * offset).sum())
    color *= 1 - strength * Noise.smooth(min(1, falloff * 1.4))
  }

  var stroke: Stroke { Stroke(.ellipse(center: center, radii: radii), self) }
}

/// A shadow cast over the ground: a slanted strip in ground coordinates with soft edges.
struct CastShadow: Paint {
  let view: Viewpoint
  /// Metres: X of the strip at its near end `z`, its width, its length along Z, and the X it gains per metre of Z.
  let x: Float
  let z: Float
  let width: Float
  let length: Float
  let slant: Float
  let softness: Float
  let strength: Float

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let ground = view.ground(at: point)
    let along = ground.z - z
    let across = abs(ground.x - x - slant * along) - width / 2
    let inside = min(min(along, length - along), -across) / softness + 0.5
    if inside > 0 { color *= 1 - strength * Noise.smooth(min(1, inside)) }
  }
}
