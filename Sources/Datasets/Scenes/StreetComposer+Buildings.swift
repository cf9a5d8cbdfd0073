import Tensors

extension StreetComposer {
  /// Rows of houses across the end of the street, farther ones paler, and sometimes a row along one side.
  mutating func addBuildings() {
    if random.chance(0.6) { addRow(distance: farDistance * 1.7, haze: haze.amount + 0.25, gaps: 0.3) }
    addRow(distance: farDistance * 1.05, haze: haze.amount, gaps: 0.28)
    for side in [Float(-1), 1] where random.chance(0.22) { addTerrace(side) }
  }

  private mutating func addRow(distance: Float, haze amount: Float, gaps: Double) {
    let scale = view.scale(at: distance)
    var x = random.number(in: -0.2...0)
    while x < aspect {
      let width = random.number(in: 7...20) * scale
      if !random.chance(gaps) {
        addHouse(left: x, width: width, height: random.number(in: 5...20), scale: scale, haze: (haze.color, amount))
      }
      x += width * (random.chance(0.6) ? 1 : random.number(in: 1...1.3))
    }
  }

  private mutating func addHouse(
    left: Float, width: Float, height: Float, scale: Float, haze: (color: Color, amount: Float)
  ) {
    let foot = Point(left, farRow + 0.01)
    let top = foot.y - height * scale
    let facade = FacadePaint(
      &random, surface: .frontal(foot: foot, scale: scale), height: height, brightness: random.number(in: 0.75...1.1),
      haze: haze)
    addBackdrop(Stroke(.box(Point(left, top), Point(left + width, foot.y)), facade))
    let outlook = random.uniform()
    if outlook < 0.3 {
      // The side that turns away from the light.
      let depth = width * random.number(in: 0.15...0.4)
      let away: Float = light > 0 ? 0 : 1
      let from = left + away * (width - depth)
      addBackdrop(
        Stroke(.box(Point(from, top), Point(from + depth, foot.y)), facade.turned(to: facade.surface, brightness: 0.55))
      )
    }
    if outlook > 0.5 {
      addRoof(left: left, width: width, top: top, rise: random.number(in: 1...3.5) * scale, haze: haze)
    } else if outlook > 0.35 {
      addChimneys(left: left, width: width, top: top, scale: scale, color: facade.wall * 0.7)
    }
  }

  private mutating func addRoof(
    left: Float, width: Float, top: Float, rise: Float, haze: (color: Color, amount: Float)
  ) {
    let color = Hue.any(&random, saturation: 0.1...0.6, value: 0.15...0.6)
    let inset = width * random.number(in: 0.05...0.5)
    let corners = [
      Point(left - 0.004, top), Point(left + inset, top - rise), Point(left + width - inset, top - rise),
      Point(left + width + 0.004, top),
    ]
    let paint = SolidPaint(
      color: color + (haze.color - color) * haze.amount, label: .building, axis: left + width / 2,
      halfWidth: width / 2, top: top - rise, bottom: top, fade: 0.15, roundness: 0.05, light: light, texture: 0.45,
      fineness: 90, noise: Noise(&random))
    addBackdrop(Stroke(.polygon(corners), paint))
  }

  private mutating func addChimneys(left: Float, width: Float, top: Float, scale: Float, color: Color) {
    for _ in 0..<random.integer(in: 1...3) {
      let x = left + width * random.number(in: 0.05...0.9)
      let size = Point(random.number(in: 0.6...1.6), random.number(in: 0.8...2.2)) * scale
      addBackdrop(
        Stroke(.box(Point(x, top - size.y), Point(x + size.x, top)), PlainPaint(color: color, label: .building)))
    }
  }

  /// Houses along one side of the street, in perspective; they stand on the ground and hide what is behind them.
  private mutating func addTerrace(_ side: Float) {
    let x = kerb(side) + side * random.number(in: 5...8)
    var z = random.number(in: 11...18)
    while z < farDistance {
      let depth = random.number(in: 6...12)
      let height = random.number(in: 5...13)
      let far = min(z + depth, farDistance)
      let corners = [(z, Float(0)), (z, height), (far, height), (far, 0)].map { corner -> Point in
        view.vanishing + Point(x, view.height - corner.1) * (view.focal / corner.0)
      }
      let facade = FacadePaint(
        &random, surface: .receding(view, x: x), height: height, brightness: side * light > 0 ? 0.65 : 1.05,
        haze: (haze.color, haze.amount * 0.6))
      var strokes = [Stroke(.polygon(corners), facade)]
      // The gable that faces the camera, out to the picture's edge or the next street.
      let width = random.number(in: 7...14)
      let scale = view.scale(at: z)
      let outer = corners[0].x + side * width * scale
      let foot = Point(min(corners[0].x, outer), corners[0].y)
      strokes.append(
        Stroke(
          .box(Point(foot.x, corners[1].y), Point(max(corners[0].x, outer), foot.y)),
          facade.turned(to: .frontal(foot: foot, scale: scale), brightness: 0.85)))
      add(at: far, strokes)
      ground(
        under: Point((corners[0].x + outer) / 2, corners[0].y), radii: Point(width * scale * 0.6, 0.02), strength: 0.4)
      z = far + (random.chance(0.6) ? 0 : random.number(in: 2...6))
    }
  }

  /// What closes the ground off at the far end and along its sides: fences, walls, hedges.
  mutating func addBoundaries() {
    var x = random.number(in: -0.3...0)
    let scale = view.scale(at: farDistance)
    while x < aspect {
      let width = random.number(in: 0.15...0.7)
      let height = random.number(in: 1.3...3)
      let foot = Point(x, farRow + random.number(in: 0.004...0.014))
      switch random.uniform() {
      case ..<0.5:
        let paint = FencePaint(
          &random, surface: .frontal(foot: foot, scale: scale), height: height, brightness: random.number(in: 0.8...1.1)
        )
        add(at: farDistance, [Stroke(.box(foot - Point(0, height * scale), foot + Point(width, 0)), paint)])
      case ..<0.75:
        addHedge(left: foot, width: width, height: height * scale, distance: farDistance)
      default: break
      }
      x += width
    }
    for side in [Float(-1), 1] where random.chance(0.3) { addSideFence(side) }
  }

  private mutating func addHedge(left: Point, width: Float, height: Float, distance: Float) {
    let paint = FoliagePaint(
      color: leafColor(), center: left + Point(width / 2, -height / 2), radii: Point(width / 2, height / 2),
      isSquare: true, fineness: random.number(in: 30...60), raggedness: 0.35, light: light,
      contrast: random.number(in: 0.3...0.7), noise: Noise(&random))
    add(at: distance, [Stroke(paint.outline, paint)])
  }

  private mutating func addSideFence(_ side: Float) {
    let x = kerb(side) + side * random.number(in: 3.5...5)
    let near = random.number(in: 7...16)
    let far = min(farDistance, near + random.number(in: 8...25))
    let height = random.number(in: 0.9...1.8)
    let corners = [(near, Float(0)), (near, height), (far, height), (far, 0)].map { corner -> Point in
      view.vanishing + Point(x, view.height - corner.1) * (view.focal / corner.0)
    }
    let paint = FencePaint(
      &random, surface: .receding(view, x: x), height: height, brightness: side * light > 0 ? 0.7 : 1.05)
    add(at: near + (far - near) * 0.7, [Stroke(.polygon(corners), paint)])
  }

  mutating func leafColor() -> Color {
    random.chance(0.7)
      ? Hue.any(&random, saturation: 0.3...0.85, value: 0.12...0.6, hue: 0.2...0.42)
      : Hue.any(&random, saturation: 0.2...0.8, value: 0.15...0.65, hue: -0.05...0.2)
  }
}
