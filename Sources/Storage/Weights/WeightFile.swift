import Tensors

/// A file of weights, of whichever format: tensors under the names of a state dictionary.
///
/// The format is told by the content, not by the name.
public struct WeightFile: Sendable {
  /// The formats that weights are read from.
  public enum Format: String, Sendable {
    /// A checkpoint of this house.
    case checkpoint
    /// What `torch.save` wrote.
    case pyTorch
    /// A header of JSON and the numbers.
    case safeTensors
  }

  /// Where the file is.
  public let path: String
  /// Bytes of the file.
  public let byteCount: Int
  /// What its content shows it to be.
  public let format: Format
  /// In the file's order.
  public let tensors: [StoredTensor]

  /// Opens a file; the tensors stay in it until they are loaded.
  /// - Throws: `FileError`; `WeightFileError` for other formats; the errors of the format.
  public init(path: String) throws {
    self.path = path
    let file = try FileBytes(path: path)
    (byteCount, format) = (file.count, try Self.format(of: file))
    tensors =
      switch format {
      case .checkpoint: try Checkpoint.tensors(of: path)
      case .pyTorch: try PyTorchFile(file).weights()
      case .safeTensors: try SafeTensorsFile(file).tensors
      }
  }

  /// What the first bytes of a file show it to be; any HDF5 file counts as a checkpoint.
  /// - Throws: `FileError`; `WeightFileError` for other formats.
  public static func format(of path: String) throws -> Format { try format(of: FileBytes(path: path)) }

  private static func format(of file: FileBytes) throws -> Format {
    let start = file.withBytes { Array($0.prefix(9)) }
    if start.starts(with: [0x89] + Array("HDF\r\n\u{1a}\n".utf8)) { return .checkpoint }
    if start.last == UInt8(ascii: "{") { return .safeTensors }
    if PyTorchFile.encoding(of: file) != nil { return .pyTorch }
    throw WeightFileError.unknown(file: file.path)
  }

  /// Reads all tensors.
  /// - Throws: the errors of the format, `TensorError.memory`.
  public func load() throws -> [String: Tensor] {
    try tensors.reduce(into: [:]) { $0[$1.name] = try $1.load() }
  }
}

/// Files that hold no weights in any format that is read.
public enum WeightFileError: ExplainedError, Equatable {
  case unknown(file: String)

  public var explanation: Explanation {
    switch self {
    case .unknown(let file):
      Explanation(
        "the file's format is none that weights are read from", place: file,
        expected: "a checkpoint of tel (.h5), a file of torch.save (.pth) or a safetensors file")
    }
  }
}
