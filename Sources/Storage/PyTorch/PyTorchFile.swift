/// A file that `torch.save` wrote: a zip archive, or the format of PyTorch before 1.6.
///
/// Only data is taken from it: names of Python objects outside a short list are refused, and nothing is run. Tensors stay in
/// the file until they are asked for.
public final class PyTorchFile: Sendable {
  /// The two formats of `torch.save`.
  public enum Encoding: String, Sendable { case zip, legacy }

  /// The file's path, or what stands for it.
  public let path: String
  /// Which of the two formats the file has.
  public let encoding: Encoding
  /// What was saved.
  public let root: PyTorchValue
  /// Bytes that all tensors of a listing may take when they are read.
  let tensorLimit: Int

  /// Opens a file and reads all but its tensors.
  /// - Throws: `FileError`, `PyTorchError`, `ZipError`.
  public convenience init(path: String) throws { try self.init(FileBytes(path: path)) }

  /// Reads a file that is in memory already; `name` stands for its path in errors.
  /// - Throws: `PyTorchError`, `ZipError`.
  public convenience init(_ content: [UInt8], name: String) throws { try self.init(FileBytes(content, name: name)) }

  init(_ file: FileBytes) throws {
    path = file.path
    guard let encoding = Self.encoding(of: file) else { throw PyTorchError.notPyTorch(file: file.path) }
    self.encoding = encoding
    tensorLimit = PickleBudget(fileSize: file.count).tensors
    root =
      switch encoding {
      case .zip: try Self.readZip(file)
      case .legacy: try Self.readLegacy(file)
      }
  }

  /// Tells the format by the first bytes; nil for other files.
  static func encoding(of file: FileBytes) -> Encoding? {
    file.withBytes { bytes in
      if bytes.starts(with: ZipArchive.signature) { return .zip }
      return bytes.first == PickleOpcode.proto.rawValue ? .legacy : nil
    }
  }
}
