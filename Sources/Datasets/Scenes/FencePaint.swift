import Tensors

/// A fence of slats, railings or panels on a frontal or receding surface. What shows between the bars still counts as fence.
struct FencePaint: Paint {
  enum Kind: CaseIterable, Sendable { case slats, railing, panels }

  let surface: Surface
  private let kind: Kind
  private let color: Color
  private let pitch: Float
  private let gap: Float
  private let height: Float
  private let brightness: Float
  private let noise: Noise

  init(_ random: inout RandomStream, surface: Surface, height: Float, brightness: Float) {
    (self.surface, self.height, self.brightness) = (surface, height, brightness)
    kind = Kind.allCases[random.integer(in: 0...2)]
    color =
      random.chance(0.4)
      ? Hue.any(&random, saturation: 0.2...0.6, value: 0.2...0.6, hue: 0.05...0.12)
      : Hue.any(&random, saturation: 0...0.5, value: 0.15...0.85)
    pitch = kind == .panels ? random.number(in: 1.6...2.6) : random.number(in: 0.3...0.6)
    gap = kind == .railing ? random.number(in: 0.5...0.65) : 0.12
    noise = Noise(&random)
  }

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let at = surface.coordinates(of: point)
    let u = at.x / pitch
    let slat = u.rounded(.down)
    let own = noise.cell(Noise.lattice(slat), 3) - 0.5
    let grain = noise.turbulence(at.x * 1.3, at.y * 2.2) - 0.5
    let rail = kind != .panels && (abs(at.y - height * 0.25) < 0.09 || abs(at.y - height * 0.8) < 0.09)
    let isGap = u - slat < gap && !rail
    let paint = self.color * (brightness * (1 + 0.45 * own + 0.35 * grain) * (0.85 + 0.15 * min(1, at.y / height)))
    if isGap {
      color = kind == .railing ? color * 0.72 + paint * 0.1 : paint * 0.5
    } else {
      color = paint
    }
    label = SceneLabel.fence.rawValue
  }
}
