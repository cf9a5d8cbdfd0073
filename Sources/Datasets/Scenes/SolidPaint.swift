import Tensors

/// A body of one colour with rounded shading, light from one side, darker toward its foot, and a little texture.
struct SolidPaint: Paint {
  var color: Color
  var label: SceneLabel
  /// Picture coordinates of the body's axis and half its width, across which it is shaded.
  var axis: Float
  var halfWidth: Float
  /// Rows between which it darkens by `fade`.
  var top: Float
  var bottom: Float
  var fade: Float = 0.25
  /// How round it looks (0 flat) and from where light comes (-1 left … 1 right).
  var roundness: Float = 0.3
  var light: Float
  /// Amplitude of the texture and wavelengths per picture height.
  var texture: Float = 0.12
  var fineness: Float = 40
  var noise: Noise

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let u = max(-1, min(1, (point.x - axis) / halfWidth))
    let v = max(0, min(1, (point.y - top) / (bottom - top)))
    let shape = 1 - roundness * u * u + 0.22 * light * u
    let grain = noise.value(point.x * fineness, point.y * fineness) - 0.5
    color = self.color * max(0, shape * (1 - fade * v) + texture * grain)
    label = self.label.rawValue
  }
}

/// Glass: dark, with the sky mirrored in slanted bands.
struct GlassPaint: Paint {
  let color: Color
  let label: SceneLabel
  let top: Float
  let bottom: Float
  let noise: Noise

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let v = max(0, min(1, (point.y - top) / (bottom - top)))
    let band = noise.value(point.x * 9 + point.y * 7, 0.5)
    color = self.color * (1.35 - 0.7 * v) * (0.7 + 0.6 * band)
    label = self.label.rawValue
  }
}

/// One plain colour: lamps, plates, rims.
struct PlainPaint: Paint {
  let color: Color
  let label: SceneLabel

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    color = self.color
    label = self.label.rawValue
  }
}
