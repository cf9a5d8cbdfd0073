import Tensors

/// Linear red, green and blue, nominally 0…1.
typealias Color = SIMD3<Float>
/// A place in the picture, in units of its height: x to the right, y down.
typealias Point = SIMD2<Float>

/// Colours drawn at random. Things that come in any colour in reality do so here: a class is not a colour.
enum Hue {
  /// Hue, saturation and value in 0…1 (hue wraps) to red, green, blue.
  static func color(hue: Float, saturation: Float, value: Float) -> Color {
    let h = (hue - hue.rounded(.down)) * 6
    let distance = Color(abs(h - 3) - 1, 2 - abs(h - 2), 2 - abs(h - 4))
    let pure = distance.clamped(lowerBound: Color(repeating: 0), upperBound: Color(repeating: 1))
    return (Color(repeating: 1) + (pure - 1) * saturation) * value
  }

  /// Any hue, saturation and value from the given ranges.
  static func any(
    _ random: inout RandomStream, saturation: ClosedRange<Float>, value: ClosedRange<Float>,
    hue: ClosedRange<Float> = 0...1
  ) -> Color {
    color(
      hue: random.number(in: hue), saturation: random.number(in: saturation), value: random.number(in: value))
  }

  /// Paint of cars and coats: half the time a grey between black and white, else any hue.
  static func lacquer(_ random: inout RandomStream) -> Color {
    random.chance(0.45)
      ? any(&random, saturation: 0...0.08, value: 0.08...0.9)
      : any(&random, saturation: 0.3...0.9, value: 0.12...0.75)
  }

  /// Skin, from dark to pale.
  static func skin(_ random: inout RandomStream) -> Color {
    any(&random, saturation: 0.3...0.6, value: 0.25...0.9, hue: 0.03...0.09)
  }
}

extension RandomStream {
  mutating func number(in range: ClosedRange<Float>) -> Float {
    Float(uniform(Double(range.lowerBound), Double(range.upperBound)))
  }

  mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

  /// A whole number whose mean is `mean`: its floor, or one more.
  mutating func count(around mean: Double) -> Int { Int((mean + uniform()).rounded(.down)) }
}
