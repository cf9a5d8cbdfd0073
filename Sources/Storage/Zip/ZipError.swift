import Tensors

/// Zip archives that can't be read.
public enum ZipError: ExplainedError, Equatable {
  /// The archive's structure is broken at a byte of the file.
  case structure(file: String, offset: Int, reason: String)
  /// The archive is whole, but uses something that isn't read here.
  case unsupported(file: String, entry: String, feature: String)
  case noEntry(file: String, entry: String)
  /// The bytes of an entry aren't those that were written.
  case damaged(file: String, entry: String)

  public var explanation: Explanation {
    switch self {
    case .structure(let file, let offset, let reason):
      Explanation(
        "the zip archive is broken at byte \(offset): \(reason)", place: file, expected: "a whole zip archive",
        advice: "get the file again: it may have been cut off on its way")
    case .unsupported(let file, let entry, let feature):
      Explanation(
        "the entry \(entry) of the zip archive is \(feature)", place: file,
        expected: "entries stored as they are, as torch.save writes them",
        advice: "write the file again with torch.save")
    case .noEntry(let file, let entry):
      Explanation("the zip archive has no entry \(entry)", place: file)
    case .damaged(let file, let entry):
      Explanation(
        "the entry \(entry) of the zip archive is damaged: its checksum differs", place: file,
        advice: "get the file again")
    }
  }
}
