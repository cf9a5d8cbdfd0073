import Tensors

/// A file in the safetensors format: a header of JSON and the numbers, nothing that could be run.
public struct SafeTensorsFile: Sendable {
  /// The file's path, or what stands for it.
  public let path: String
  /// In the header's order.
  public let tensors: [StoredTensor]
  /// The text that the file carries beside its tensors.
  public let metadata: [String: String]

  /// Opens a file and reads its header.
  /// - Throws: `FileError`, `SafeTensorsError`.
  public init(path: String) throws { try self.init(FileBytes(path: path)) }

  /// Reads a file that is in memory already; `name` stands for its path in errors.
  /// - Throws: `SafeTensorsError`.
  public init(_ content: [UInt8], name: String) throws { try self.init(FileBytes(content, name: name)) }

  init(_ file: FileBytes) throws {
    path = file.path
    let header = try SafeTensorsHeader(file)
    metadata = header.metadata
    try Self.checkCoverage(header, file)
    tensors = try header.entries.map { try Self.tensor($0, header.end, file) }
  }

  /// The names of the format for the number types that are read.
  static let formats: [String: NumberFormat] = [
    "F32": .float32, "F64": .float64, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32, "I16": .int16,
    "I8": .int8, "U8": .uint8, "BOOL": .bool,
  ]

  /// Tensors cover all bytes behind the header, each of them once, as the format's own library demands.
  private static func checkCoverage(_ header: SafeTensorsHeader, _ file: FileBytes) throws {
    var covered = 0
    let entries = header.entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for entry in entries {
      guard entry.range.lowerBound == covered else {
        throw SafeTensorsError.tensor(
          file: file.path, name: entry.name,
          reason: "begins at \(entry.range.lowerBound), but the one before ends at \(covered)")
      }
      covered = entry.range.upperBound
    }
    guard covered == file.count - header.end else {
      throw SafeTensorsError.header(
        file: file.path, offset: file.count,
        reason: "the tensors need \(covered) bytes behind the header, but there are \(file.count - header.end)")
    }
  }

  private static func tensor(_ entry: SafeTensorsHeader.Entry, _ start: Int, _ file: FileBytes) throws -> StoredTensor {
    func error(_ reason: String) -> SafeTensorsError { .tensor(file: file.path, name: entry.name, reason: reason) }
    guard let format = formats[entry.type] else { throw error("has the number type \(entry.type), which isn't read") }
    guard let count = NumberView.count(entry.shape), count * format.byteCount == entry.range.count,
      let view = NumberView(
        format, shape: entry.shape, strides: Tensor.rowMajorStrides(entry.shape), offset: 0, available: count)
    else { throw error("of shape \(entry.shape) and type \(entry.type) doesn't fit into \(entry.range.count) bytes") }
    return StoredTensor(
      name: entry.name, shape: entry.shape, storedType: format.rawValue, type: format.elementType
    ) {
      let base = start + entry.range.lowerBound
      let tensor = try view.load(from: file, at: base)
      file.letGo(of: base..<base + entry.range.count)
      return tensor
    }
  }
}
