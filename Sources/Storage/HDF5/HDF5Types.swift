import CHDF5
import Tensors

/// An array of numbers in an HDF5 file, described without reading it.
public struct StoredArray: Sendable, Equatable {
  public let shape: [Int]
  /// The type that reading gives.
  public let type: ElementType
  /// The type in the file, as NumPy calls it: `float16`, `uint32`, `bool`, …
  public let storedType: String
  /// Bytes that the elements take in the file, after compression.
  public let storedBytes: Int

  /// Whether reading changes the type, which a user should be told. A `bool` becomes `uint8` and counts as unchanged.
  public var isConverted: Bool { storedType != type.rawValue && storedType != "bool" }
  /// Number of elements; `Int.max` for shapes that no memory holds.
  public var count: Int { byteCount(of: 1) }

  /// Bytes of as many elements of `size` bytes; `Int.max` for shapes that no memory holds.
  func byteCount(of size: Int) -> Int {
    // One without elements is empty however large the others are.
    if shape.contains(0) { return 0 }
    return shape.reduce(size) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
  }
}

/// What is found under a path of an HDF5 file.
public enum StoredObject: Sendable, Equatable {
  case group
  case array(StoredArray)
  /// Strings: no dimensions for a single one.
  case text(shape: [Int])
  /// Something that this house doesn't read, such as a compound type.
  case other(String)

  /// What errors call it.
  var text: String {
    switch self {
    case .group: "a group"
    case .array(let array): "an array of \(array.storedType), shape \(array.shape)"
    case .text: "text"
    case .other(let type): "of the type \(type)"
    }
  }
}

extension ElementType {
  /// The library's type for elements in memory; owned by the library.
  var hdf5: hid_t {
    switch self {
    case .float32: tel_h5_native_float()
    case .float64: tel_h5_native_double()
    case .uint8: tel_h5_native_uint8()
    case .int32: tel_h5_native_int32()
    case .int64: tel_h5_native_int64()
    }
  }
}

/// How a number type of a file is called and what it is read as.
enum HDF5Number {
  /// Nil for types that aren't numbers, or numbers of unusual making.
  static func classify(_ type: hid_t) -> (name: String, read: ElementType)? {
    guard tel_h5_is_plain_number(type) else { return nil }
    let bits = H5Tget_size(type) * 8
    switch H5Tget_class(type) {
    case H5T_FLOAT:
      return ("float\(bits)", bits <= 32 ? .float32 : .float64)
    case H5T_INTEGER:
      return integer(bits: bits, signed: H5Tget_sign(type) == H5T_SGN_2)
    case H5T_ENUM:
      guard let base = HDF5Handle(H5Tget_super(type), H5Tclose) else { return nil }
      if bits == 8 && H5Tget_nmembers(type) == 2 { return ("bool", .uint8) }
      return integer(bits: bits, signed: H5Tget_sign(base.id) == H5T_SGN_2)
    default:
      return nil
    }
  }

  /// The narrowest of our types that holds all values; `uint64` saturates in `int64`.
  private static func integer(bits: Int, signed: Bool) -> (name: String, read: ElementType) {
    let name = (signed ? "int" : "uint") + "\(bits)"
    if bits == 8 { return (name, signed ? .int32 : .uint8) }
    return (name, bits < 32 || (bits == 32 && signed) ? .int32 : .int64)
  }

  /// What a type that isn't a number is called.
  static func describe(_ type: hid_t) -> String {
    switch H5Tget_class(type) {
    case H5T_STRING: "string"
    case H5T_COMPOUND: "compound"
    case H5T_ARRAY: "array"
    case H5T_REFERENCE: "reference"
    case H5T_VLEN: "variable length"
    case H5T_OPAQUE: "opaque"
    case H5T_INTEGER, H5T_FLOAT, H5T_ENUM: "numbers of an unusual making"
    default: "unknown"
    }
  }
}
