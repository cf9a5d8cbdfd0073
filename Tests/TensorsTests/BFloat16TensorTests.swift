import Tensors
import Testing

@Suite struct BFloat16TensorTests {
  private func rounded(_ values: [Float]) throws -> [Float] {
    try BFloat16Tensor(rounding: Tensor(values, shape: [values.count])).widened().array(of: Float.self)
  }

  /// All numbers that bfloat16 has, in ascending order, with infinity as the last.
  private static let representable = (0...UInt32(0x7f80)).map { Float(bitPattern: $0 << 16) }

  @Test func keepsWhatItCanRepresent() throws {
    let numbers = Self.representable + Self.representable.map { -$0 }
    #expect(try rounded(numbers).map(\.bitPattern) == numbers.map(\.bitPattern))
  }

  @Test func roundsToTheNearestAndTiesToEven() throws {
    let steps = zip(Self.representable.indices, zip(Self.representable, Self.representable.dropFirst()))
    var (values, expected): ([Float], [Float]) = ([], [])
    for (index, (low, high)) in steps {
      let middle = Float(bitPattern: low.bitPattern + 0x8000)
      values += [middle.nextDown, middle, middle.nextUp, -middle.nextUp]
      expected += [low, index % 2 == 0 ? low : high, high, -high]
    }
    #expect(try rounded(values) == expected)
  }

  @Test func keepsNaN() throws {
    let values = [0x7f80_0001, 0x7fff_ffff, 0xff80_0001, 0xffff_ffff].map { Float(bitPattern: $0) }
    #expect(try rounded(values).allSatisfy(\.isNaN))
  }

  /// The nearest value with the right last bit, for numbers around every bfloat16, and a plane that is no multiple of a register.
  @Test func marksWhatTheReLULetThrough() throws {
    var values: [Float] = [0, -0.0, .nan]
    for number in Self.representable.dropLast(3) {
      let quarter = Float(bitPattern: number.bitPattern + 0x4000)
      values += [number, -number, quarter, -quarter.nextUp, Float(bitPattern: number.bitPattern + 0xc000)]
    }
    var stream = RandomStream(seed: 2, purpose: "residual")
    let residual = values.map { _ in Float(stream.uniform(-2, 2)) }
    let norm = try Normalization(
      mean: Tensor([0.25], shape: [1]), variance: Tensor([4.0], shape: [1]), epsilon: 0)
    let x = Tensor(values, shape: [1, 1, 1, values.count])
    let maps = try norm.maps(
      weight: Tensor([Float(-1.5)], shape: [1]), bias: Tensor([Float(0.5)], shape: [1]), relu: true, for: x)
    for added in [nil, Tensor(residual, shape: x.shape)] {
      let passes = try maps.applied(to: x, residual: added).array(of: Float.self).map { $0 > 0 }
      let marked = try BFloat16Tensor(marking: x, residual: added, maps: maps).widened().array(of: Float.self)
      for (i, (value, found)) in zip(values, marked).enumerated() {
        if value.isNaN {
          #expect(found.isNaN)
          continue
        }
        #expect((found.bitPattern & 0x1_0000 != 0) == passes[i], "\(value)")
        // One unit in the last place of bfloat16, which is larger above than below.
        let unit =
          Float(bitPattern: (value.magnitude.bitPattern & 0xffff_0000) + 0x1_0000)
          - Float(bitPattern: value.magnitude.bitPattern & 0xffff_0000)
        #expect((found - value).magnitude <= unit, "\(value): \(found)")
      }
    }
  }

  @Test func takesViews() throws {
    let square = Tensor((0..<12).map { Float($0) }, shape: [3, 4])
    let turned = try BFloat16Tensor(rounding: try square.permuted([1, 0])).widened()
    #expect(turned.shape == [4, 3])
    #expect(turned.array(of: Float.self) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
  }
}
