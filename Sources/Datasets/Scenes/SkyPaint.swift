import Tensors

/// A sky of any hue, paler toward the horizon, with clouds.
struct SkyPaint: Paint {
  private let zenith: Color
  private let horizon: Color
  private let cloud: Color
  private let cover: Float
  private let stretch: Float
  private let horizonY: Float
  private let noise: Noise
  /// Where the sky is brightest, and how much brighter.
  private let glow: (at: Point, strength: Float)

  init(_ random: inout RandomStream, horizonY: Float, aspect: Float) {
    let hue = random.number(in: 0...1)
    let value = random.number(in: 0.45...0.95)
    zenith = Hue.color(hue: hue, saturation: random.number(in: 0...0.5), value: value)
    horizon = Hue.color(
      hue: hue + random.number(in: -0.12...0.12), saturation: random.number(in: 0...0.25), value: min(1, value * 1.15))
    cloud = Hue.any(&random, saturation: 0...0.15, value: value...1)
    cover = random.number(in: 0...0.8)
    stretch = random.number(in: 1...2.6)
    self.horizonY = horizonY
    noise = Noise(&random)
    glow = (Point(random.number(in: 0...aspect), random.number(in: 0...horizonY)), random.number(in: 0...0.25))
  }

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let t = min(1, max(0, point.y / horizonY))
    var light = zenith + (horizon - zenith) * t
    // Clouds flatten toward the horizon as they do in perspective.
    let depth = 1 / (1.15 - t * 0.85)
    let density = noise.turbulence(point.x * 2.2 * depth.squareRoot(), point.y * 2.2 * depth * stretch)
    let mist = Noise.smooth(min(1, max(0, (density - 0.68 + cover * 0.38) * 3.2)))
    light += (cloud - light) * (mist * 0.75)
    let offset = point - glow.at
    light *= 1 + glow.strength / (1 + 6 * (offset * offset).sum())
    color = light
    label = SceneLabel.sky.rawValue
  }
}
