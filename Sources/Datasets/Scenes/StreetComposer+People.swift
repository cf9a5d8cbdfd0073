import Tensors

extension StreetComposer {
  /// People, mostly on the pavements.
  mutating func addPeople() {
    for _ in 0..<random.count(around: 4.2 * breadth) {
      let z = distance(6.5...26)
      let side = side()
      let x =
        random.chance(0.75)
        ? kerb(side) + side * random.number(in: 0.4...(2 + z * 0.3)) : kerb(side) * random.number(in: 0...1)
      addPerson(x: x, z: z)
    }
  }

  private mutating func addPerson(x: Float, z: Float) {
    let foot = view.project(x, 0, z)
    let height = random.number(in: 1.3...1.9)
    // One unit is the person's height.
    let scale = view.scale(at: z) * height
    let girth = random.number(in: 0.85...1.25)
    let stride = random.number(in: 0.015...0.1)
    func at(_ x: Float, _ y: Float) -> Point { foot + Point(x, -y) * scale }
    let noise = Noise(&random)
    func cloth(_ color: Color, halfWidth: Float, from top: Float, to bottom: Float) -> SolidPaint {
      SolidPaint(
        color: color, label: .person, axis: foot.x, halfWidth: halfWidth * scale, top: at(0, top).y,
        bottom: at(0, bottom).y, roundness: 0.35, light: light, texture: 0.3, fineness: 12 / scale, noise: noise)
    }
    let trousers = cloth(Hue.lacquer(&random), halfWidth: 0.12, from: 0.5, to: 0)
    let coat = cloth(
      Hue.any(&random, saturation: 0...0.85, value: 0.1...0.9), halfWidth: 0.14 * girth, from: 0.84, to: 0.42)
    let skin = cloth(Hue.skin(&random), halfWidth: 0.08, from: 1, to: 0.8)
    var strokes: [Stroke] = []
    if random.chance(0.2) {
      // A skirt or long coat hides the legs down to the ankles.
      strokes.append(Stroke(.box(at(-0.05, 0.2), at(0.05, 0)), skin))
      strokes.append(
        Stroke(.polygon([at(-0.09, 0.55), at(0.09, 0.55), at(0.13 * girth, 0.15), at(-0.13 * girth, 0.15)]), trousers))
    } else {
      for side in [Float(-1), 1] {
        strokes.append(
          Stroke(
            .polygon([
              at(side * 0.005, 0.5), at(side * 0.105 * girth, 0.5), at(side * (stride + 0.06), 0), at(side * stride, 0),
            ]), trousers))
      }
    }
    let swing = random.number(in: 0.02...0.07)
    for side in [Float(-1), 1] {
      strokes.append(
        Stroke(
          .bar(
            from: at(side * 0.12 * girth, 0.8), to: at(side * (0.13 * girth + swing), 0.48), thickness: 0.055 * scale),
          coat))
      strokes.append(Stroke(.circle(at(side * (0.13 * girth + swing), 0.46), 0.024 * scale), skin))
    }
    strokes.append(
      Stroke(
        .polygon([
          at(-0.1 * girth, 0.83), at(-0.14 * girth, 0.77), at(-0.115 * girth, 0.47), at(0.115 * girth, 0.47),
          at(0.14 * girth, 0.77), at(0.1 * girth, 0.83),
        ]), coat))
    if random.chance(0.3) {
      let side = side()
      let bag = cloth(Hue.any(&random, saturation: 0...0.8, value: 0.1...0.7), halfWidth: 0.1, from: 0.6, to: 0.3)
      strokes.append(Stroke(.box(at(side * 0.17 - 0.06, 0.47), at(side * 0.17 + 0.06, 0.32)), bag))
    }
    strokes.append(Stroke(.box(at(-0.03, 0.87), at(0.03, 0.8)), skin))
    let hair = cloth(
      Hue.any(&random, saturation: 0.1...0.6, value: 0.05...0.6, hue: 0...0.13), halfWidth: 0.07, from: 1, to: 0.85)
    strokes.append(Stroke(.ellipse(center: at(0, 0.935), radii: Point(0.062, 0.07) * scale), hair))
    strokes.append(Stroke(.ellipse(center: at(0, 0.915), radii: Point(0.054, 0.055) * scale), skin))
    add(at: z, strokes)
    ground(under: foot, radii: Point(0.2, 0.05) * scale, strength: 0.6)
    if abs(light) > 0.3 {
      cast(x: x + view.bend * z * z, z: z, width: 0.35, length: height * 0.7, softness: 0.2, strength: 0.3)
    }
  }
}
