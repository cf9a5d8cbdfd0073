import CMatIO

/// MAT files (MATLAB, SciPy) through libmatio.
public enum MATFile {
  /// Larger files are refused: those of SBD have some kB.
  static let largestFile = 1 << 22

  /// libmatio prints what it thinks of files; errors are thrown here instead.
  private static let isSilent: Bool = Mat_LogInitFunc("tel", { _, _ in }) == 0

  /// A matrix of whole numbers from 0 to 255, which is a field of a structure, as an image of 1 channel: rows from the top.
  /// - Throws: `MATError`, `FileError`
  public static func bytes(at path: String, variable: String, field: String) throws -> Image8 {
    let file = try FileBytes(path: path, atMost: largestFile + 1)
    guard file.count <= largestFile else {
      throw MATError.notReadable(file: path, reason: "it has more than \(ByteText.of(largestFile))")
    }
    try MATStructure.check(file)
    _ = isSilent
    let name = "\(variable).\(field)"
    guard let handle = Mat_Open(path, Int32(MAT_ACC_RDONLY.rawValue)) else {
      throw MATError.notReadable(file: path, reason: "libmatio doesn't open it")
    }
    defer { Mat_Close(handle) }
    guard let structure = Mat_VarReadInfo(handle, variable) else {
      throw MATError.content(file: path, name: variable, reason: "isn't there")
    }
    defer { Mat_VarFree(structure) }
    guard structure.pointee.class_type == MAT_C_STRUCT else {
      throw MATError.content(file: path, name: variable, reason: "is no structure")
    }
    // Owned by the structure.
    guard let matrix = Mat_VarGetStructFieldByName(structure, field, 0) else {
      throw MATError.content(file: path, name: name, reason: "isn't there")
    }
    let (height, width) = try size(of: matrix.pointee, file: path, name: name)
    guard Mat_VarReadDataAll(handle, matrix) == 0, let data = matrix.pointee.data else {
      throw MATError.content(file: path, name: name, reason: "can't be read")
    }
    guard matrix.pointee.nbytes == width * height * Int(matrix.pointee.data_size) else {
      throw MATError.content(file: path, name: name, reason: "is cut off")
    }
    func values<T: BinaryInteger>(_: T.Type) -> [UInt8]? {
      transposed(data, width, height) { (x: T) in UInt8(exactly: x) }
    }
    func values<T: BinaryFloatingPoint>(_: T.Type) -> [UInt8]? {
      transposed(data, width, height) { (x: T) in UInt8(exactly: x) }
    }
    let pixels: [UInt8]? =
      switch matrix.pointee.class_type {
      case MAT_C_UINT8: values(UInt8.self)
      case MAT_C_INT8: values(Int8.self)
      case MAT_C_UINT16: values(UInt16.self)
      case MAT_C_INT16: values(Int16.self)
      case MAT_C_UINT32: values(UInt32.self)
      case MAT_C_INT32: values(Int32.self)
      case MAT_C_UINT64: values(UInt64.self)
      case MAT_C_INT64: values(Int64.self)
      case MAT_C_SINGLE: values(Float.self)
      default: values(Double.self)
      }
    guard let pixels else {
      throw MATError.content(file: path, name: name, reason: "has values other than whole numbers from 0 to 255")
    }
    return Image8(width: width, height: height, channels: 1, pixels: pixels)
  }

  /// Rows and columns, before memory is taken for them.
  private static func size(of matrix: matvar_t, file: String, name: String) throws -> (rows: Int, columns: Int) {
    let numbers = MAT_C_DOUBLE.rawValue...MAT_C_UINT64.rawValue
    guard numbers.contains(matrix.class_type.rawValue), matrix.isComplex == 0, matrix.rank == 2 else {
      throw MATError.content(file: file, name: name, reason: "is no matrix of real numbers")
    }
    let (rows, columns) = (Int(matrix.dims[0]), Int(matrix.dims[1]))
    guard (1...1 << 15).contains(rows), (1...1 << 15).contains(columns), rows * columns <= MATStructure.largestVariable
    else { throw MATError.content(file: file, name: name, reason: "has absurd dimensions, \(rows)x\(columns)") }
    return (rows, columns)
  }

  /// Columns in memory become rows; nil if a value is no byte.
  private static func transposed<T>(
    _ data: UnsafeMutableRawPointer, _ width: Int, _ height: Int, _ byte: (T) -> UInt8?
  ) -> [UInt8]? {
    let values = data.assumingMemoryBound(to: T.self)
    var pixels = [UInt8](repeating: 0, count: width * height)
    for x in 0..<width {
      for y in 0..<height {
        guard let value = byte(values[x * height + y]) else { return nil }
        pixels[y * width + x] = value
      }
    }
    return pixels
  }
}
