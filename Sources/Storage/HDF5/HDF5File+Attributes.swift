import CHDF5
import Tensors

/// The value of an attribute.
public enum AttributeValue: Sendable, Equatable {
  case string(String)
  case integer(Int)
  case double(Double)
  case strings([String])
  case integers([Int])
  case doubles([Double])
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
}

/// Attributes: small values that describe an object.
extension HDF5File {
  /// All attributes of the object at `path` that are numbers or text; others are left out.
  public func attributes(_ path: String) throws -> [String: AttributeValue] {
    try HDF5Library.locked {
      let object = try object(path)
      let names = HDF5Library.collect { tel_h5_attribute_names(object.id, $0, $1) }
      return try names.reduce(into: [:]) { $0[$1] = try value($1, object, path) }
    }
  }

  /// One attribute; nil if it isn't there or neither numbers nor text.
  public func attribute(_ key: String, of path: String) throws -> AttributeValue? {
    try HDF5Library.locked {
      let object = try object(path)
      return H5Aexists(object.id, key) > 0 ? try value(key, object, path) : nil
    }
  }

  /// Sets an attribute of an object that is there, in place of an older value.
  /// - Throws: `HDF5Error.unstorable` for more than 64,000 bytes, which the format doesn't allow.
  public func setAttribute(_ key: String, of path: String, _ value: AttributeValue) throws {
    switch value {
    case .string(let text): try setText(key, path, [text], [])
    case .strings(let texts): try setText(key, path, texts, [texts.count])
    case .integer(let number): try setNumbers(key, path, Tensor([Int64(number)], shape: []))
    case .integers(let numbers): try setNumbers(key, path, Tensor(numbers.map { Int64($0) }, shape: [numbers.count]))
    case .double(let number): try setNumbers(key, path, Tensor([number], shape: []))
    case .doubles(let numbers): try setNumbers(key, path, Tensor(numbers, shape: [numbers.count]))
    }
  }

  private func value(_ key: String, _ object: HDF5Handle, _ path: String) throws -> AttributeValue? {
    let what = "\(Self.absolute(path))@\(key)"
    let attribute = try Self.require(H5Aopen(object.id, key, tel_h5_default()), H5Aclose, name, "opening", what)
    let type = try Self.require(H5Aget_type(attribute.id), H5Tclose, name, "reading the type of", what)
    let space = try Self.require(H5Aget_space(attribute.id), H5Sclose, name, "reading the shape of", what)
    let shape = Self.shape(of: space)
    if H5Sget_simple_extent_type(space.id) == H5S_NULL { return nil }
    if H5Tget_class(type.id) == H5T_STRING {
      let texts = try strings(type, space, shape, what) { H5Aread(attribute.id, $0, $1) }
      return shape.isEmpty ? .string(texts[0]) : .strings(texts)
    }
    guard let (_, read) = HDF5Number.classify(type.id) else { return nil }
    let limit = HDF5Check.largestText / 8
    let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
    guard count <= limit else { throw HDF5Error.tooLarge(file: name, path: what, shape: shape, limit: limit) }
    if read.isFloating {
      var numbers = [Double](repeating: 0, count: count)
      try check(H5Aread(attribute.id, tel_h5_native_double(), &numbers), "reading", what)
      return shape.isEmpty ? .double(numbers[0]) : .doubles(numbers)
    }
    var numbers = [Int64](repeating: 0, count: count)
    try check(H5Aread(attribute.id, tel_h5_native_int64(), &numbers), "reading", what)
    return shape.isEmpty ? .integer(Int(numbers[0])) : .integers(numbers.map { Int($0) })
  }

  private func setText(_ key: String, _ path: String, _ texts: [String], _ shape: [Int]) throws {
    try HDF5Library.locked {
      let type = try textType()
      try Self.withCStrings(texts, file: name, path: "\(path)@\(key)") { pointers in
        try set(key, path, type.id, shape, bytes: texts.count * 16, pointers)
      }
    }
  }

  private func setNumbers(_ key: String, _ path: String, _ numbers: Tensor) throws {
    try HDF5Library.locked {
      try set(
        key, path, numbers.type.hdf5, numbers.shape, bytes: numbers.count * numbers.type.byteCount, numbers.buffer.bytes
      )
      extendLifetime(numbers.buffer)
    }
  }

  private func set(
    _ key: String, _ path: String, _ type: hid_t, _ shape: [Int], bytes: Int, _ value: UnsafeRawPointer
  ) throws {
    let what = "\(Self.absolute(path))@\(key)"
    guard bytes < 64000 else {
      throw HDF5Error.unstorable(file: name, path: what, reason: "attributes hold less than 64 kB; write a dataset")
    }
    let object = try object(path)
    if H5Aexists(object.id, key) > 0 { try check(H5Adelete(object.id, key), "replacing", what) }
    let space = try dataSpace(shape, what)
    let attribute = try Self.require(
      H5Acreate2(object.id, key, type, space.id, tel_h5_default(), tel_h5_default()), H5Aclose, name, "creating", what)
    if shape.contains(0) { return }
    try check(H5Awrite(attribute.id, type, value), "writing", what)
  }
}
