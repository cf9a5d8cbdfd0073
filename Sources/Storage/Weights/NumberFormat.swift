import Tensors

/// How numbers lie in files of weights, little-endian; named as PyTorch and NumPy name them.
public enum NumberFormat: String, Sendable, CaseIterable {
  case float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool

  /// Bytes per number.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  /// The type that reading gives: the narrowest of a tensor's types that holds every value.
  public var elementType: ElementType {
    switch self {
    case .float32, .float16, .bfloat16: .float32
    case .float64: .float64
    case .int64: .int64
    case .int32, .int16, .int8: .int32
    case .uint8, .bool: .uint8
    }
  }
}

/// A number as it lies in a file, and what it becomes in a tensor.
protocol StoredNumber: BitwiseCopyable {
  associatedtype Value: Element
  var value: Value { get }
}

extension Float: StoredNumber { var value: Float { self } }
extension Double: StoredNumber { var value: Double { self } }
extension Int64: StoredNumber { var value: Int64 { self } }
extension Int32: StoredNumber { var value: Int32 { self } }
extension Int16: StoredNumber { var value: Int32 { Int32(self) } }
extension Int8: StoredNumber { var value: Int32 { Int32(self) } }
extension UInt8: StoredNumber { var value: UInt8 { self } }

/// IEEE's half precision.
struct StoredHalf: StoredNumber {
  let bits: UInt16
  var value: Float { Float(Float16(bitPattern: bits)) }
}

/// The upper half of a `Float`.
struct StoredBrain: StoredNumber {
  let bits: UInt16
  var value: Float { Float(bitPattern: UInt32(bits) << 16) }
}

/// A truth value in a byte; whatever isn't zero is true.
struct StoredTruth: StoredNumber {
  let byte: UInt8
  var value: UInt8 { byte == 0 ? 0 : 1 }
}
