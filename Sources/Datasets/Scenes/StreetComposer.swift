import Tensors

/// Lays out a street: decides by random draws what stands where, and turns it into strokes from far to near.
struct StreetComposer {
  var random: RandomStream
  /// Width over height of the picture.
  let aspect: Float
  let view: Viewpoint
  /// From where light comes, -1 left … 1 right.
  let light: Float
  let ground: GroundPaint
  let haze: (color: Color, amount: Float)
  /// Row at which the ground ends against the background, and its distance.
  let farRow: Float
  let farDistance: Float

  private var backdrop: [Stroke] = []
  private var shadows: [Stroke] = []
  private var things: [(distance: Float, strokes: [Stroke])] = []

  /// How many things there are, relative to a picture twice as wide as high.
  var breadth: Double { Double(aspect) / 2 }

  init(random source: RandomStream, aspect: Float) {
    var random = source
    let height = random.number(in: 1.7...3)
    let focal = random.number(in: 0.85...1.3)
    farDistance = random.number(in: 32...60)
    let horizon = random.number(in: 0.32...0.5)
    view = Viewpoint(
      vanishing: Point(aspect * random.number(in: 0.3...0.7), horizon), focal: focal, height: height,
      bend: random.number(in: -0.0025...0.0025))
    light = random.number(in: -1...1)
    ground = GroundPaint(&random, view: view)
    haze = (Hue.any(&random, saturation: 0...0.2, value: 0.5...0.85), random.number(in: 0...0.3))
    farRow = horizon + focal * height / farDistance
    self.aspect = aspect
    self.random = random
  }

  /// All strokes of the scene in painting order.
  mutating func compose() -> [Stroke] {
    backdrop.append(
      Stroke(.box(Point(0, 0), Point(aspect, farRow + 0.02)), SkyPaint(&random, horizonY: farRow, aspect: aspect)))
    addBuildings()
    addGround()
    addBoundaries()
    addTrees()
    addPoles()
    addCars()
    addPeople()
    things.sort { $0.distance > $1.distance }
    return backdrop + shadows + things.flatMap(\.strokes)
  }

  private mutating func addGround() {
    backdrop.append(Stroke(.box(Point(0, farRow), Point(aspect, 1)), ground))
    // What is behind or above the camera also casts shadows on the street.
    for _ in 0..<random.count(around: 1.6) {
      cast(
        x: random.number(in: -9...9), z: random.number(in: 2...16), width: random.number(in: 1...7),
        length: random.number(in: 3...14), softness: random.number(in: 0.3...1.6),
        strength: random.number(in: 0.2...0.5))
    }
  }

  mutating func addBackdrop(_ stroke: Stroke) { backdrop.append(stroke) }

  mutating func add(at distance: Float, _ strokes: [Stroke]) { things.append((distance, strokes)) }

  /// A soft dark patch under a thing at `foot`, half-widths in picture heights.
  mutating func ground(under foot: Point, radii: Point, strength: Float = 0.55) {
    shadows.append(
      ContactShadow(center: foot + Point(-light * radii.x * 0.25, 0), radii: radii, strength: strength).stroke)
  }

  /// A shadow thrown along the ground, away from the light.
  mutating func cast(
    x: Float, z: Float, width: Float, length: Float, softness: Float = 0.4, strength: Float = 0.35
  ) {
    let shadow = CastShadow(
      view: view, x: x, z: z, width: width, length: length, slant: -1.4 * light, softness: softness,
      strength: strength)
    let near = view.project(0, 0, max(0.5, z - softness)).y
    let far = view.project(0, 0, z + length + softness).y
    shadows.append(Stroke(.box(Point(0, max(farRow, far)), Point(aspect, min(1, near))), shadow))
  }

  /// X on the ground of the kerb on one side (-1 left, 1 right).
  func kerb(_ side: Float) -> Float { side * (side < 0 ? ground.left.kerb : ground.right.kerb) }

  mutating func side() -> Float { random.chance(0.5) ? -1 : 1 }

  /// A distance whose rows spread over the picture: uniform in the logarithm.
  mutating func distance(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound * power(range.upperBound / range.lowerBound, random.number(in: 0...1))
  }

  private func power(_ base: Float, _ exponent: Float) -> Float { Float.power(base, exponent) }
}
