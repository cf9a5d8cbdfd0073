import Tensors

extension StreetComposer {
  /// Poles along the kerbs: most carry a traffic sign, some a lamp, some nothing.
  mutating func addPoles() {
    for _ in 0..<random.count(around: 3.9 * breadth) {
      let z = distance(5.5...28)
      let side = side()
      addPole(x: kerb(side) + side * random.number(in: 0.3...2.6), z: z, side: side)
    }
  }

  private mutating func addPole(x: Float, z: Float, side: Float) {
    let foot = view.project(x, 0, z)
    let scale = view.scale(at: z)
    let isLamp = random.chance(0.25)
    let height = isLamp ? random.number(in: 3.5...6) : random.number(in: 2.1...3.1)
    let radius = random.number(in: 0.055...0.1) * scale
    let top = foot - Point(0, height * scale)
    let color = Hue.any(&random, saturation: 0...0.45, value: 0.12...0.85)
    let paint = SolidPaint(
      color: color, label: .pole, axis: foot.x, halfWidth: radius, top: top.y, bottom: foot.y, roundness: 0.45,
      light: light, noise: Noise(&random))
    var strokes = [Stroke(.box(top - Point(radius, 0), foot + Point(radius, 0)), paint)]
    if isLamp {
      let arm = top + Point(-side * random.number(in: 0.5...1.4) * scale, -0.15 * scale)
      strokes.append(
        Stroke(.bar(from: top, to: arm, thickness: radius * 1.4), PlainPaint(color: color * 0.8, label: .pole)))
      strokes.append(
        Stroke(
          .ellipse(center: arm, radii: Point(0.28, 0.1) * scale), PlainPaint(color: color * 0.6 + 0.1, label: .pole)))
    } else if random.chance(0.85) {
      let size = random.number(in: 0.26...0.42) * scale
      strokes += sign(at: top + Point(0, size * 0.7), size: size)
    }
    add(at: z, strokes)
    ground(under: foot, radii: Point(radius * 4, radius * 1.2), strength: 0.4)
    if abs(light) > 0.3 {
      cast(x: x + view.bend * z * z, z: z, width: 0.14, length: height * 0.6, softness: 0.12, strength: 0.3)
    }
  }

  /// A plate with a rim and a mark; disc, triangle, rectangle or diamond.
  private mutating func sign(at center: Point, size: Float) -> [Stroke] {
    let rim = Hue.any(&random, saturation: 0.3...1, value: 0.3...0.95)
    let plate = Hue.any(&random, saturation: 0...0.7, value: 0.55...1)
    let mark = Hue.any(&random, saturation: 0...1, value: 0.05...0.9)
    let shape = random.integer(in: 0...3)
    let stretch = random.number(in: 0.8...1.3)
    func outline(_ size: Float) -> Outline {
      switch shape {
      case 0: return .circle(center, size)
      case 1:
        return .polygon([
          center + Point(0, -1.15) * size, center + Point(1.05, 0.7) * size, center + Point(-1.05, 0.7) * size,
        ])
      case 2:
        let half = Point(0.85, 0.85 * stretch) * size
        return .box(center - half, center + half)
      default:
        return .polygon([
          center + Point(0, -1.15) * size, center + Point(1.15, 0) * size, center + Point(0, 1.15) * size,
          center + Point(-1.15, 0) * size,
        ])
      }
    }
    func paint(_ color: Color) -> SolidPaint {
      SolidPaint(
        color: color, label: .trafficSign, axis: center.x, halfWidth: size, top: center.y - size,
        bottom: center.y + size, fade: 0.15, roundness: 0.08, light: light, texture: 0.1, noise: markNoise)
    }
    let markNoise = Noise(&random)
    var strokes = [
      Stroke(outline(size), paint(rim)), Stroke(outline(size * random.number(in: 0.6...0.8)), paint(plate)),
    ]
    switch random.integer(in: 0...2) {
    case 0: strokes.append(Stroke(.circle(center, size * 0.32), paint(mark)))
    case 1:
      strokes.append(
        Stroke(
          .bar(from: center - Point(0.45, 0) * size, to: center + Point(0.45, 0) * size, thickness: size * 0.3),
          paint(mark)))
    default: break
    }
    return strokes
  }
}
