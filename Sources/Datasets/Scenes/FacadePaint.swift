import Tensors

/// A wall with rows of windows, on a frontal or receding surface. Lengths in metres.
struct FacadePaint: Paint {
  enum Masonry: CaseIterable, Sendable { case plaster, brick, panels }

  let surface: Surface
  var wall: Color
  private var glass: Color
  private var frame: Color
  private var masonry: Masonry
  private var bay: Point
  private var window: Point
  private var plinth: Float
  private var groundFloor: Float
  private var shop: Color
  private var litShare: Float
  private var arched: Bool
  private let noise: Noise
  /// Share of light that reaches it, and the haze of distance.
  let brightness: Float
  let haze: (color: Color, amount: Float)
  let height: Float

  init(
    _ random: inout RandomStream, surface: Surface, height: Float, brightness: Float,
    haze: (color: Color, amount: Float)
  ) {
    (self.surface, self.height, self.brightness, self.haze) = (surface, height, brightness, haze)
    let saturation = random.number(in: 0...1)
    wall = Hue.color(
      hue: random.number(in: 0...1), saturation: saturation * saturation * 0.75, value: random.number(in: 0.22...0.9))
    glass = Hue.any(&random, saturation: 0...0.4, value: random.chance(0.5) ? 0.08...0.35 : 0.5...0.95)
    frame = Hue.any(&random, saturation: 0...0.3, value: 0.15...0.95)
    masonry = Masonry.allCases[random.integer(in: 0...2)]
    bay = Point(random.number(in: 1.8...4.2), random.number(in: 2.7...3.8))
    window = Point(random.number(in: 0.35...0.75), random.number(in: 0.4...0.72))
    plinth = random.number(in: 0.2...0.8)
    groundFloor = random.chance(0.5) ? random.number(in: 3...4) : 0
    shop = Hue.any(&random, saturation: 0...0.8, value: 0.15...0.8)
    litShare = random.number(in: 0...0.4)
    arched = random.chance(0.2)
    noise = Noise(&random)
  }

  /// The same wall seen on another surface, in other light.
  func turned(to surface: Surface, brightness: Float) -> FacadePaint {
    FacadePaint(copying: self, surface: surface, brightness: brightness)
  }

  private init(copying other: FacadePaint, surface: Surface, brightness: Float) {
    (self.surface, self.brightness) = (surface, brightness)
    (wall, glass, frame, masonry, bay, window) =
      (other.wall, other.glass, other.frame, other.masonry, other.bay, other.window)
    (plinth, groundFloor, shop, litShare, arched) =
      (other.plinth, other.groundFloor, other.shop, other.litShare, other.arched)
    (noise, haze, height) = (other.noise, other.haze, other.height)
  }

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let at = surface.coordinates(of: point)
    var light = shade(at.x, at.y)
    // Eaves shade the top, the street the foot.
    light *= brightness * (0.8 + 0.2 * min(1, at.y / 3)) * (height - at.y < 0.7 ? 0.72 : 1)
    color = light + (haze.color - light) * haze.amount
    label = SceneLabel.building.rawValue
  }

  @inline(__always)
  private func shade(_ u: Float, _ v: Float) -> Color {
    let weathering = noise.turbulence(u * 0.35, v * 0.3) - 0.5
    if v < groundFloor && v > plinth {
      let bayU = u / (bay.x * 1.7)
      let inBay = bayU - bayU.rounded(.down)
      if inBay > 0.12 && inBay < 0.88 && v < groundFloor - 0.7 {
        return glass * (0.6 + 0.8 * noise.value(u * 0.9, v * 1.3))
      }
      return shop * (1 + 0.3 * weathering)
    }
    let (x, y) = (u / bay.x, (v - max(groundFloor, plinth)) / bay.y)
    let (column, row) = (x.rounded(.down), y.rounded(.down))
    let (dx, dy) = (abs(x - column - 0.5) * 2, abs(y - row - 0.55) * 2)
    let fits = v > plinth && (row + 1) * bay.y + groundFloor < height + 0.4
    let own = noise.cell(Noise.lattice(column), Noise.lattice(row))
    if fits && dx < window.x && dy < window.y
      && !(arched && y - row > 0.55 && dx * dx + dy * dy > window.x * window.x * 1.5)
    {
      if window.x - dx < 0.09 || dx < 0.035 { return frame }
      let base = own < litShare ? Color(0.95, 0.85, 0.6) : glass
      return base * (0.55 + 0.7 * own + 0.35 * (y - row - 0.5))
    }
    if fits && dx < window.x + 0.08 && y - row < 0.55 && dy < window.y + 0.12 { return frame * 0.8 }
    return wall * (1 + 0.4 * weathering + pattern(u, v))
  }

  @inline(__always)
  private func pattern(_ u: Float, _ v: Float) -> Float {
    switch masonry {
    case .plaster: return 0.12 * (noise.value(u * 3, v * 3) - 0.5)
    case .brick:
      let course = v / 0.28
      let row = course.rounded(.down)
      let along = u / 0.62 + (Noise.lattice(row) & 1 == 0 ? 0 : 0.5)
      let own = noise.cell(Noise.lattice(along.rounded(.down)) &+ 977, Noise.lattice(row)) - 0.5
      return 0.4 * own - (course - row < 0.14 ? 0.14 : 0)
    case .panels:
      let (a, b) = (u / 1.9, v / 1.45)
      let (column, row) = (a.rounded(.down), b.rounded(.down))
      let own = noise.cell(Noise.lattice(column) &+ 431, Noise.lattice(row)) - 0.5
      return 0.2 * own - (a - column < 0.05 || b - row < 0.07 ? 0.22 : 0)
    }
  }
}
