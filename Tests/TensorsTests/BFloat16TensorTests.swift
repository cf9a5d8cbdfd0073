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

  @Test func takesViews() throws {
    let square = Tensor((0..<12).map { Float($0) }, shape: [3, 4])
    let turned = try BFloat16Tensor(rounding: try square.permuted([1, 0])).widened()
    #expect(turned.shape == [4, 3])
    #expect(turned.array(of: Float.self) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
  }
}
