import Tensors

extension StreetComposer {
  /// Trees along the pavements and at the end of the street, and bushes.
  mutating func addTrees() {
    for _ in 0..<random.count(around: 3.2 * breadth) {
      let z = distance(13...farDistance)
      // Near ones stand beside the street, far ones anywhere but on it.
      let side = side()
      let x = kerb(side) + side * random.number(in: 1.2...(4 + z * 0.35))
      addTree(x: x, z: z)
    }
    for _ in 0..<random.count(around: 1.2 * breadth) {
      let z = distance(12...farDistance)
      let side = side()
      addBush(x: kerb(side) + side * random.number(in: 2...9), z: z)
    }
  }

  private mutating func addTree(x: Float, z: Float) {
    let foot = view.project(x, 0, z)
    let scale = view.scale(at: z)
    let height = random.number(in: 3.5...7.5)
    let crown = Point(random.number(in: 1...2.2), random.number(in: 0.9...1.9)) * scale
    let middle = foot + Point(random.number(in: -0.2...0.2) * scale, -height * scale + crown.y)
    let trunk = random.number(in: 0.1...0.22) * scale
    let bark = Hue.any(&random, saturation: 0.1...0.5, value: 0.12...0.4, hue: 0.03...0.12)
    var strokes = [
      Stroke(
        .polygon([
          foot + Point(-trunk * 1.3, 0), middle + Point(-trunk * 0.6, 0), middle + Point(trunk * 0.6, 0),
          foot + Point(trunk * 1.3, 0),
        ]),
        SolidPaint(
          color: bark, label: .vegetation, axis: foot.x, halfWidth: trunk * 1.3, top: middle.y, bottom: foot.y,
          roundness: 0.5, light: light, texture: 0.4, noise: Noise(&random)))
    ]
    strokes += leaves(around: middle, radii: crown, blobs: random.integer(in: 3...6))
    add(at: z, strokes)
    ground(under: foot, radii: Point(crown.x * 0.9, crown.x * 0.16), strength: 0.45)
    if abs(light) > 0.3 {
      cast(x: x + view.bend * z * z, z: z, width: crown.x / scale, length: height * 0.8, softness: 0.7)
    }
  }

  private mutating func addBush(x: Float, z: Float) {
    let foot = view.project(x, 0, z)
    let scale = view.scale(at: z)
    let radii = Point(random.number(in: 0.5...1.6), random.number(in: 0.35...0.8)) * scale
    add(at: z, leaves(around: foot - Point(0, radii.y * 0.8), radii: radii, blobs: random.integer(in: 2...3)))
    ground(under: foot, radii: Point(radii.x, radii.x * 0.15), strength: 0.4)
  }

  private mutating func leaves(around middle: Point, radii: Point, blobs: Int) -> [Stroke] {
    let color = leafColor()
    let noise = Noise(&random)
    let fineness = random.number(in: 0.7...1.3) * 3.5 / max(0.02, radii.x)
    let raggedness = random.number(in: 0.2...0.6)
    let contrast = random.number(in: 0.3...0.8)
    return (0..<blobs).map { blob in
      let share = blob == 0 ? 0.75 : random.number(in: 0.4...0.65)
      let offset = blob == 0 ? Point(0, 0) : Point(random.number(in: -0.6...0.6), random.number(in: -0.5...0.5))
      let paint = FoliagePaint(
        color: color * random.number(in: 0.85...1.15), center: middle + offset * radii, radii: radii * share,
        isSquare: false, fineness: fineness, raggedness: raggedness, light: light, contrast: contrast, noise: noise)
      return Stroke(paint.outline, paint)
    }
  }
}
