import Tensors

/// The ground in perspective: a road between kerbs, pavements of tiles, and verges (grass, earth, sand) along them.
struct GroundPaint: Paint {
  /// One side of the street; distances from the street's axis in metres.
  struct Side: Sendable {
    let kerb: Float
    /// Where terrain lies; empty where there is none.
    let verge: ClosedRange<Float>
    let vergeColor: Color

    init(_ random: inout RandomStream) {
      kerb = random.number(in: 2.8...5.6)
      let begin = kerb + (random.chance(0.35) ? 0.25 : random.number(in: 1.2...3))
      verge = random.chance(0.7) ? begin...(begin + random.number(in: 0.8...4)) : 1e9...1e9
      vergeColor = Hue.any(&random, saturation: 0.25...0.9, value: 0.2...0.8, hue: 0.05...0.4)
    }
  }

  let view: Viewpoint
  let left: Side
  let right: Side
  private let asphalt: Color
  private let pavement: Color
  private let kerbstone: Color
  private let marking: Color
  private let markWidth: Float
  private let lanes: (Float, Float)
  private let dash: (length: Float, period: Float, phase: Float)
  private let edgeLine: Bool
  private let crossing: ClosedRange<Float>
  private let tile: Point
  private let relief: Noise
  private let speckle: Noise

  init(_ random: inout RandomStream, view: Viewpoint) {
    self.view = view
    left = Side(&random)
    right = Side(&random)
    asphalt = Hue.any(&random, saturation: 0...0.22, value: 0.14...0.5)
    pavement = Hue.any(&random, saturation: 0...0.25, value: 0.22...0.7)
    kerbstone = Hue.any(&random, saturation: 0...0.1, value: 0.4...0.8)
    marking = Hue.any(&random, saturation: random.chance(0.3) ? 0.4...0.8 : 0...0.1, value: 0.75...1, hue: 0.1...0.17)
    markWidth = random.number(in: 0.08...0.16)
    let middle = random.number(in: -0.8...0.8)
    lanes = (middle, random.chance(0.4) ? middle + random.number(in: 2...3) : 1e9)
    let period = random.number(in: 3...9)
    dash = (random.chance(0.15) ? period : period * random.number(in: 0.35...0.6), period, random.number(in: 0...9))
    edgeLine = random.chance(0.4)
    let near = random.number(in: 6...20)
    crossing = random.chance(0.15) ? near...(near + 3) : -2 ... -1
    tile = Point(random.number(in: 0.4...1.4), random.number(in: 0.4...1.8))
    relief = Noise(&random)
    speckle = Noise(&random)
  }

  @inline(__always)
  func apply(at point: Point, color: inout Color, label: inout UInt8) {
    let (x, z) = view.ground(at: point)
    let side = x < 0 ? left : right
    let distance = abs(x)
    // Detail that is smaller than a pixel far away would only alias.
    let detail = min(1, 9 / z)
    let patches = relief.turbulence(x * 0.45, z * 0.22) - 0.5
    if distance < side.kerb {
      let grain = (speckle.value(x * 9, z * 5) - 0.5) * detail
      color = asphalt * (1 + 0.35 * patches + 0.22 * grain)
      if isMarked(x, z, side.kerb - distance) { color = marking * (0.85 + 0.5 * patches + 0.1 * grain) }
      label = SceneLabel.road.rawValue
    } else if side.verge.contains(distance) {
      let tufts = speckle.turbulence(x * 3.2, z * 2.1) - 0.5
      color = side.vergeColor * (1 + 0.5 * patches + 1.1 * tufts * (0.35 + 0.65 * detail))
      label = SceneLabel.terrain.rawValue
    } else {
      label = SceneLabel.sidewalk.rawValue
      if distance < side.kerb + 0.22 {
        color = kerbstone * (1 + 0.3 * patches)
        return
      }
      let (u, v) = (x / tile.x, z / tile.y)
      let (row, column) = (v.rounded(.down), u.rounded(.down))
      let own = speckle.cell(Noise.lattice(column), Noise.lattice(row)) - 0.5
      let joint = u - column < 0.06 || v - row < 0.06
      let grain = (speckle.value(x * 7, z * 4) - 0.5) * detail
      color = pavement * (1 + 0.3 * patches + (0.2 * own + 0.15 * grain) * detail - (joint ? 0.28 * detail : 0))
    }
  }

  @inline(__always)
  private func isMarked(_ x: Float, _ z: Float, _ fromKerb: Float) -> Bool {
    if crossing.contains(z) {
      let stripe = (x + 50) / 1.1
      return stripe - stripe.rounded(.down) < 0.5 && fromKerb > 0.3
    }
    if edgeLine && fromKerb > 0.25 && fromKerb < 0.25 + markWidth { return true }
    let along = (z + dash.phase) / dash.period
    if (along - along.rounded(.down)) * dash.period > dash.length { return false }
    return abs(x - lanes.0) < markWidth || abs(x - lanes.1) < markWidth
  }
}
