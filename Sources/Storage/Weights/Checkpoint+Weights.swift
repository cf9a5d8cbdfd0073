import Foundation
import Tensors

extension Checkpoint {
  /// The network's state, described and not read.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  static func tensors(of path: String) throws -> [StoredTensor] { try tensors(of: path, in: "/state") }

  /// The running average of a network's parameters, described and not read; empty if the checkpoint has none.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`.
  public static func average(of path: String) throws -> [StoredTensor] { try tensors(of: path, in: "/average") }

  private static func tensors(of path: String, in group: String) throws -> [StoredTensor] {
    let file = try HDF5File(reading: path)
    try FileFormat.checkpoint.check(file)
    guard try group == "/state" || file.exists(group) else { return [] }
    return try file.keys(group).map { key in
      guard case .array(let array) = try file.info(group + "/" + key), NumberView.count(array.shape) != nil else {
        throw FormatError.content(file: path, what: "\(group)/\(key) is no array of numbers of a sensible shape")
      }
      return StoredTensor(name: key, shape: array.shape, storedType: array.storedType, type: array.type) {
        try file.read(group + "/" + key)
      }
    }
  }

  /// Writes the weights of a file, of whatever format, as a checkpoint that a network can be loaded from, and that tells where they
  /// came from. One after the other is read: memory holds little more than the new file.
  /// - Throws: what reading throws; `FileError`, `HDF5Error`.
  public static func convert(_ weights: WeightFile, to path: String) throws {
    let about =
      weights.format == .checkpoint
      ? try Checkpoint(describing: weights.path)
      : Checkpoint(
        state: [:],
        provenance: [
          "source": .string(weights.path.fileName), "format": .string(weights.format.rawValue),
          "bytes": .integer(weights.byteCount),
        ])
    let tensors = weights.tensors.map { tensor in
      StoredTensor(name: tensor.name, shape: tensor.shape, storedType: tensor.storedType, type: tensor.type) {
        // The memory of the one before would stay for reuse, by which nothing here is made faster.
        BufferPool.shared.trim()
        return try tensor.load()
      }
    }
    try about.save(to: path, weights: tensors)
  }
}
