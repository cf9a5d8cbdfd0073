import Tensors

extension StreetComposer {
  /// Cars on the lanes and parked at the kerbs, seen from behind or in front, or across the street from the side.
  mutating func addCars() {
    for _ in 0..<random.count(around: 3 * breadth) {
      let z = distance(6.5...32)
      let side = side()
      let parked = random.chance(0.35)
      let x = parked ? kerb(side) - side * random.number(in: 0.2...1) : kerb(side) * random.number(in: 0.15...0.75)
      if random.chance(0.55) { addCarFromEnd(x: x, z: z) } else { addCarFromSide(x: x, z: z) }
    }
  }

  private mutating func paints(
    _ foot: Point, _ scale: Float, halfWidth: Float, height: Float
  ) -> (body: SolidPaint, glass: GlassPaint, dark: PlainPaint) {
    let lacquer = Hue.lacquer(&random)
    let noise = Noise(&random)
    let top = foot.y - height * scale
    return (
      SolidPaint(
        color: lacquer, label: .car, axis: foot.x, halfWidth: halfWidth * scale, top: top, bottom: foot.y, fade: 0.5,
        roundness: 0.18, light: light, texture: 0.16, fineness: 5 / scale, noise: noise),
      GlassPaint(
        color: Hue.any(&random, saturation: 0...0.4, value: 0.08...0.5), label: .car, top: top,
        bottom: foot.y - height * 0.6 * scale, noise: noise),
      PlainPaint(color: Color(repeating: random.number(in: 0.03...0.1)), label: .car)
    )
  }

  private mutating func addCarFromEnd(x: Float, z: Float) {
    let foot = view.project(x, 0, z)
    let scale = view.scale(at: z)
    let half = random.number(in: 0.85...1.05)
    let height = random.number(in: 1.35...1.95)
    let belt = height * random.number(in: 0.55...0.64)
    let (body, glass, dark) = paints(foot, scale, halfWidth: half, height: height)
    func at(_ x: Float, _ y: Float) -> Point { foot + Point(x, -y) * scale }
    let roof = half * random.number(in: 0.62...0.85)
    var strokes = [-1, 1].map { (side: Float) in
      Stroke(.box(at(side * half * 0.72 - 0.14, 0.5), at(side * half * 0.72 + 0.14, 0)), dark)
    }
    strokes.append(
      Stroke(
        .polygon([
          at(-half, 0.28), at(-half, belt), at(-half * 0.94, belt + 0.05), at(-roof, height - 0.06),
          at(-roof * 0.9, height),
          at(roof * 0.9, height), at(roof, height - 0.06), at(half * 0.94, belt + 0.05), at(half, belt), at(half, 0.28),
        ]), body))
    strokes.append(
      Stroke(
        .polygon([
          at(-half * 0.84, belt + 0.06), at(-roof * 0.88, height - 0.1), at(roof * 0.88, height - 0.1),
          at(half * 0.84, belt + 0.06),
        ]),
        glass))
    let lamp = PlainPaint(
      color: random.chance(0.5) ? Color(0.85, 0.1, 0.1) : Color(1, 0.9, 0.6), label: .car)
    let lampSize = Point(random.number(in: 0.1...0.2), random.number(in: 0.06...0.13))
    for side in [Float(-1), 1] {
      strokes.append(
        Stroke(.ellipse(center: at(side * half * 0.8, belt - 0.2), radii: lampSize * scale), lamp))
    }
    strokes.append(Stroke(.box(at(-half, 0.45), at(half, 0.3)), PlainPaint(color: body.color * 0.45, label: .car)))
    strokes.append(
      Stroke(.box(at(-0.26, 0.62), at(0.26, 0.5)), PlainPaint(color: Color(0.85, 0.85, 0.78), label: .car)))
    add(at: z, strokes)
    ground(under: foot - Point(0, 0.02 * scale), radii: Point(half * 1.3, 0.34) * scale, strength: 0.75)
  }

  private mutating func addCarFromSide(x: Float, z: Float) {
    let foot = view.project(x, 0, z)
    let scale = view.scale(at: z)
    let half = random.number(in: 1.8...2.35)
    let height = random.number(in: 1.35...1.9)
    let belt = height * random.number(in: 0.54...0.62)
    let facing: Float = side()
    let (body, glass, dark) = paints(foot, scale, halfWidth: half, height: height)
    func at(_ x: Float, _ y: Float) -> Point { foot + Point(x * facing, -y) * scale }
    // Along the car as shares of its half length: rear pillar, roof, windscreen, bonnet.
    let rear = random.number(in: -0.98 ... -0.6)
    let roof = (rear + random.number(in: 0.05...0.25), random.number(in: 0.05...0.3))
    let screen = roof.1 + random.number(in: 0.18...0.35)
    var strokes = [
      Stroke(
        .polygon([
          at(-half, 0.3), at(-half, belt - 0.05), at(half * rear, belt), at(half * roof.0, height),
          at(half * roof.1, height), at(half * screen, belt), at(half * 0.94, belt - 0.12), at(half, belt - 0.3),
          at(half, 0.3),
        ]), body),
      Stroke(
        .polygon([
          at(half * (rear + 0.05), belt), at(half * (roof.0 + 0.03), height - 0.1),
          at(half * (roof.1 - 0.02), height - 0.1),
          at(half * (screen - 0.05), belt),
        ]), glass),
    ]
    let pillar = half * (roof.0 + roof.1) / 2
    strokes.append(Stroke(.bar(from: at(pillar, belt), to: at(pillar, height), thickness: 0.09 * scale), body))
    strokes.append(
      Stroke(
        .bar(from: at(-half, 0.36), to: at(half, 0.36), thickness: 0.12 * scale),
        PlainPaint(color: body.color * 0.4, label: .car)))
    for wheel in [-0.6, Float(0.62)] {
      strokes.append(Stroke(.circle(at(half * wheel, 0.32), 0.33 * scale), dark))
      strokes.append(
        Stroke(.circle(at(half * wheel, 0.32), 0.17 * scale), PlainPaint(color: Color(repeating: 0.45), label: .car)))
    }
    for (end, color) in [(Float(-0.95), Color(0.8, 0.1, 0.1)), (0.94, Color(1, 0.88, 0.55))] {
      strokes.append(
        Stroke(
          .ellipse(center: at(half * end, belt - 0.22), radii: Point(0.11, 0.07) * scale),
          PlainPaint(color: color, label: .car)))
    }
    add(at: z, strokes)
    ground(under: foot - Point(0, 0.03 * scale), radii: Point(half * 1.15, 0.36) * scale, strength: 0.75)
  }
}
