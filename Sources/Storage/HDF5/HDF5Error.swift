import Tensors

/// HDF5 files that can't be read, and what HDF5 can't store.
public enum HDF5Error: ExplainedError, Equatable {
  /// The file is damaged, cut off, or no HDF5 file at all.
  case notReadable(file: String, reason: String)
  /// The bytes of a dataset, or of what lies between all of them, are no longer those that were written.
  case damaged(file: String, part: String?)
  /// `file` has no object at `path`; `nearest` are the names that are there instead.
  case noObject(file: String, path: String, nearest: [String])
  case noAttribute(file: String, path: String, name: String)
  /// The object isn't what was asked for, or of a type that tensors don't hold.
  case type(file: String, path: String, found: String, expected: String)
  /// A dataset that claims more bytes than its file can hold, or than the machine has.
  case tooLarge(file: String, path: String, shape: [Int], limit: Int)
  /// A value that HDF5 can't store.
  case unstorable(file: String, path: String, reason: String)
  /// An operation of the library failed.
  case failedCall(file: String, path: String, operation: String, reason: String)
  case closed(file: String)

  public var explanation: Explanation {
    switch self {
    case .notReadable(let file, let reason):
      Explanation("the HDF5 file can't be read: \(reason)", place: file, expected: "a whole HDF5 file")
    case .damaged(let file, let part):
      Explanation(
        (part.map { "the numbers of \($0) were" } ?? "names, shapes, types, attributes or texts in the file were")
          + " damaged after they were written (the checksum differs)", place: file,
        expected: "the file as it was saved",
        advice: "take a copy of it, or another checkpoint; tel inspect says what else is whole")
    case .noObject(let file, let path, let nearest):
      Explanation(
        "there is no \(path)", place: file,
        expected: nearest.isEmpty
          ? nil : "one of \(nearest.prefix(8).joined(separator: ", "))\(nearest.count > 8 ? ", …" : "")"
      )
    case .noAttribute(let file, let path, let name):
      Explanation("\(path) has no attribute \(name)", place: file)
    case .type(let file, let path, let found, let expected):
      Explanation("\(path) is \(found)", place: file, expected: expected)
    case .tooLarge(let file, let path, let shape, let limit):
      Explanation(
        "\(path) claims the shape \(shape), more than can be read", place: file,
        expected: "at most \(limit / 1_048_576) MB; the file may be damaged")
    case .unstorable(let file, let path, let reason):
      Explanation("\(path) can't be stored: \(reason)", place: file)
    case .failedCall(let file, let path, let operation, let reason):
      Explanation("\(operation) \(path) failed: \(reason)", place: file)
    case .closed(let file):
      Explanation("the file has been closed", place: file)
    }
  }
}
