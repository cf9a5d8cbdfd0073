import Tensors

/// An element type that trees and filters compute with, eight values at a time.
///
/// The arithmetic is spelled out per type, since the generic SIMD operators of the standard library don't become vector
/// instructions reliably.
protocol FilterElement: FloatingElement, SIMDScalar, Codable {
  /// How far down exponentials go: `exp(-largestExponent)` is nothing beside 1, and its square is no denormal number yet. So
  /// neither are products of an edge weight with a probability, which would slow the arithmetic down.
  static var largestExponent: Self { get }

  static func add(_ a: SIMD8<Self>, _ b: SIMD8<Self>) -> SIMD8<Self>
  static func subtract(_ a: SIMD8<Self>, _ b: SIMD8<Self>) -> SIMD8<Self>
  static func multiply(_ a: SIMD8<Self>, _ b: SIMD8<Self>) -> SIMD8<Self>
  static func maximum(_ a: SIMD8<Self>, _ b: SIMD8<Self>) -> SIMD8<Self>
  static func absolute(_ a: SIMD8<Self>) -> SIMD8<Self>
  /// -1, 0 or 1; 0 for NaN.
  static func sign(_ a: SIMD8<Self>) -> SIMD8<Self>
  static func sum(_ a: SIMD8<Self>) -> Self
  /// exp(x) for x <= 0, within 2 units in the last place; below -largestExponent as there; NaN stays.
  static func exponential(_ x: SIMD8<Self>) -> SIMD8<Self>
}

extension FilterElement {
  /// Eight neighbouring elements, at any address.
  @inline(__always) static func load(_ address: UnsafePointer<Self>) -> SIMD8<Self> {
    UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Self>.self)
  }
  @inline(__always) static func store(_ value: SIMD8<Self>, to address: UnsafeMutablePointer<Self>) {
    UnsafeMutableRawPointer(address).storeBytes(of: value, as: SIMD8<Self>.self)
  }

  @inline(__always) static func multiplyAdd(_ a: SIMD8<Self>, _ b: SIMD8<Self>, _ c: SIMD8<Self>) -> SIMD8<Self> {
    add(multiply(a, b), c)
  }
}

extension Float: FilterElement {
  static var largestExponent: Float { 43 }

  @inline(__always) static func add(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a + b }
  @inline(__always) static func subtract(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a - b }
  @inline(__always) static func multiply(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a * b }
  @inline(__always) static func maximum(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .> a)
  }
  @inline(__always) static func absolute(_ a: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(bits: a.bits & 0x7FFF_FFFF)
  }
  @inline(__always) static func sign(_ a: SIMD8<Float>) -> SIMD8<Float> {
    let zero = SIMD8<Float>.zero
    return zero.replacing(with: 1, where: a .> zero).replacing(with: -1, where: a .< zero)
  }
  @inline(__always) static func sum(_ a: SIMD8<Float>) -> Float {
    let four = a.lowHalf + a.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// Cephes' expf: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for exp(r), and n added to the exponent.
  @inline(__always) static func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // NaN fails the comparison and goes through.
    let x = x.replacing(with: -largestExponent, where: x .< -largestExponent)
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    let shifted = x * 1.442_695_04 + 12_582_912
    let n = shifted - 12_582_912
    let r = (x - n * 0.693_359_375) + n * 2.121_944_4e-4
    var p = r * 1.987_569_15e-4 + 1.398_199_950_7e-3
    p = p * r + 8.333_451_907_3e-3
    p = p * r + 4.166_579_589_4e-2
    p = p * r + 1.666_666_545_9e-1
    p = p * r + 5.000_000_120_1e-1
    let value = p * (r * r) + r + 1
    return value * SIMD8<Float>(bits: (shifted.bits &<< 23) &+ 0x3F80_0000)
  }
}

extension SIMD8<Float> {
  @inline(__always) fileprivate var bits: SIMD8<UInt32> { unsafeBitCast(self, to: SIMD8<UInt32>.self) }
  @inline(__always) fileprivate init(bits: SIMD8<UInt32>) { self = unsafeBitCast(bits, to: SIMD8<Float>.self) }
}

extension Double: FilterElement {
  static var largestExponent: Double { 350 }

  @inline(__always) static func add(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> { a + b }
  @inline(__always) static func subtract(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> { a - b }
  @inline(__always) static func multiply(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> { a * b }
  @inline(__always) static func maximum(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> {
    a.replacing(with: b, where: b .> a)
  }
  @inline(__always) static func absolute(_ a: SIMD8<Double>) -> SIMD8<Double> {
    a.replacing(with: -a, where: a .< 0)
  }
  @inline(__always) static func sign(_ a: SIMD8<Double>) -> SIMD8<Double> {
    let zero = SIMD8<Double>.zero
    return zero.replacing(with: 1, where: a .> zero).replacing(with: -1, where: a .< zero)
  }
  @inline(__always) static func sum(_ a: SIMD8<Double>) -> Double {
    let four = a.lowHalf + a.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
  static func exponential(_ x: SIMD8<Double>) -> SIMD8<Double> {
    var result = SIMD8<Double>.zero
    for lane in 0..<8 { result[lane] = Double.exponential(x[lane] < -largestExponent ? -largestExponent : x[lane]) }
    return result
  }
}
