import Foundation

/// The number formats that tensors hold. Networks compute in `float32`; `float64` is for checks, the integers for data.
public enum ElementType: String, Sendable, CaseIterable {
  case float32, float64, uint8, int32, int64

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .uint8: 1
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  /// Whether values of this type can carry gradients.
  public var isFloating: Bool { self == .float32 || self == .float64 }
}

/// A Swift number type that a tensor can hold.
public protocol Element: Numeric, Comparable, Sendable {
  static var elementType: ElementType { get }
  /// The nearest value of this type: rounds toward zero, saturates, NaN becomes 0 for integers.
  init(nearest value: Double)
  var asDouble: Double { get }
}

/// An element that networks compute with: `Float`, or `Double` where a result is being checked.
public protocol FloatingElement: Element, BinaryFloatingPoint, SIMDScalar, Codable {
  static func exponential(_ x: Self) -> Self
  static func logarithm(_ x: Self) -> Self
  static func power(_ x: Self, _ exponent: Self) -> Self
  static func hyperbolicTangent(_ x: Self) -> Self
}

extension Float: FloatingElement {
  public static var elementType: ElementType { .float32 }
  @inline(__always) public init(nearest value: Double) { self = Float(value) }
  @inline(__always) public var asDouble: Double { Double(self) }
  @inline(__always) public static func exponential(_ x: Float) -> Float { Foundation.exp(x) }
  @inline(__always) public static func logarithm(_ x: Float) -> Float { Foundation.log(x) }
  @inline(__always) public static func power(_ x: Float, _ exponent: Float) -> Float { Foundation.pow(x, exponent) }
  @inline(__always) public static func hyperbolicTangent(_ x: Float) -> Float { Foundation.tanh(x) }
}

extension Double: FloatingElement {
  public static var elementType: ElementType { .float64 }
  @inline(__always) public init(nearest value: Double) { self = value }
  @inline(__always) public var asDouble: Double { self }
  @inline(__always) public static func exponential(_ x: Double) -> Double { Foundation.exp(x) }
  @inline(__always) public static func logarithm(_ x: Double) -> Double { Foundation.log(x) }
  @inline(__always) public static func power(_ x: Double, _ exponent: Double) -> Double { Foundation.pow(x, exponent) }
  @inline(__always) public static func hyperbolicTangent(_ x: Double) -> Double { Foundation.tanh(x) }
}

extension FixedWidthInteger where Self: Element {
  @inline(__always) static func saturating(_ value: Double) -> Self {
    if value.isNaN { return 0 }
    return Self(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }
}

extension UInt8: Element {
  public static var elementType: ElementType { .uint8 }
  @inline(__always) public init(nearest value: Double) { self = .saturating(value) }
  @inline(__always) public var asDouble: Double { Double(self) }
}

extension Int32: Element {
  public static var elementType: ElementType { .int32 }
  @inline(__always) public init(nearest value: Double) { self = .saturating(value) }
  @inline(__always) public var asDouble: Double { Double(self) }
}

extension Int64: Element {
  public static var elementType: ElementType { .int64 }
  @inline(__always) public init(nearest value: Double) { self = .saturating(value) }
  @inline(__always) public var asDouble: Double { Double(self) }
}
