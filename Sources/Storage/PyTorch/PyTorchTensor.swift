import Synchronization
import Tensors

/// A tensor in a PyTorch file: a view on a storage, which other tensors may share.
public final class PyTorchTensor: Sendable {
  private let storage: PyTorchStorage
  private let view: NumberView

  init(_ storage: PyTorchStorage, _ view: NumberView) { (self.storage, self.view) = (storage, view) }

  /// How its numbers are stored.
  public var format: NumberFormat { view.format }
  /// Sizes of its dimensions, none of them negative.
  public var shape: [Int] { view.shape }
  /// Distances between neighbours in the storage, counted in numbers.
  public var strides: [Int] { view.strides }
  /// Of the first number in the storage, counted in numbers.
  public var offset: Int { view.offset }
  /// What the storage is called in the file: equal for tensors that share memory.
  public var storageKey: String { storage.key }
  /// Bytes of the tensor that reading gives.
  var tensorBytes: Int { view.tensorBytes }

  /// Copies the numbers out of the file, into memory in row-major order. Half precision becomes `float32`.
  /// - Throws: `ZipError.damaged` if they aren't what was written, `TensorError.memory`.
  public func load() throws -> Tensor {
    try storage.verify()
    let tensor = try view.load(from: storage.file, at: storage.range.lowerBound)
    storage.letGo()
    return tensor
  }
}

/// Numbers in a PyTorch file that tensors are views on.
final class PyTorchStorage: Sendable {
  let file: FileBytes
  let key: String
  let range: Range<Int>
  /// In a zip file: the archive and its entry, which has a checksum.
  private let source: (archive: ZipArchive, entry: ZipArchive.Entry)?
  private let isVerified = Mutex(false)

  /// Numbers in the old format, which has no checksum.
  init(_ file: FileBytes, key: String, range: Range<Int>) {
    (self.file, self.key, self.range, source) = (file, key, range, nil)
  }

  init(_ archive: ZipArchive, _ entry: ZipArchive.Entry, key: String) {
    (file, self.key, range, source) = (archive.file, key, entry.range, (archive, entry))
  }

  /// Compares the bytes with their checksum, the first time.
  func verify() throws {
    guard let source else { return }
    try isVerified.withLock { isVerified in
      if isVerified { return }
      try source.archive.verify(source.entry)
      isVerified = true
    }
  }

  /// The file's memory for these numbers may go.
  func letGo() { file.letGo(of: range) }
}
