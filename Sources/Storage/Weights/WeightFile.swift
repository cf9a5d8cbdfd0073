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
  /// What its content shows it to be.
  public let format: Format
  /// In the file's order.
  public let tensors: [StoredTensor]

  /// Opens a file; the tensors stay in it until they are loaded.
  /// - Throws: `FileError`; `WeightFileError` for other formats; the errors of the format.
  public init(path: String) throws {
    self.path = path
    let file = try FileBytes(path: path)
    let start = file.withBytes { Array($0.prefix(9)) }
    if start.starts(with: [0x89] + Array("HDF\r\n\u{1a}\n".utf8)) {
      (format, tensors) = (.checkpoint, try Checkpoint.tensors(of: path))
    } else if start.last == UInt8(ascii: "{") {
      (format, tensors) = (.safeTensors, try SafeTensorsFile(file).tensors)
    } else if PyTorchFile.encoding(of: file) != nil {
      (format, tensors) = (.pyTorch, try PyTorchFile(file).weights())
    } else {
      throw WeightFileError.unknown(file: path)
    }
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

extension Checkpoint {
  /// The network's state, described and not read.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  static func tensors(of path: String) throws -> [StoredTensor] {
    let file = try HDF5File(reading: path)
    try FileFormat.checkpoint.check(file)
    return try file.keys("/state").map { key in
      guard case .array(let array) = try file.info("/state/" + key), NumberView.count(array.shape) != nil else {
        throw FormatError.content(file: path, what: "/state/\(key) is no array of numbers of a sensible shape")
      }
      return StoredTensor(name: key, shape: array.shape, storedType: array.storedType, type: array.type) {
        try file.read("/state/" + key)
      }
    }
  }
}
