import Tensors

/// Zip archives that can't be read.
public enum ZipError: ExplainedError, Equatable {
  /// The archive's structure is broken at a byte of the file.
  case structure(file: String, offset: Int, reason: String)
  /// The archive is whole, but uses something that isn't read here.
  /// - isWeights: whether it was to hold weights, which have to lie in it as they are.
  case unsupported(file: String, entry: String, feature: String, isWeights: Bool)
  /// An entry that unpacks to more than can be meant.
  case tooLarge(file: String, entry: String, size: Int, limit: Int)
  case noEntry(file: String, entry: String)
  /// The bytes of an entry aren't those that were written.
  case damaged(file: String, entry: String)

  public var explanation: Explanation {
    switch self {
    case .structure(let file, let offset, let reason):
      Explanation(
        "the zip archive is broken at byte \(offset): \(reason)", place: file, expected: "a whole zip archive",
        advice: "get the file again: it may have been cut off on its way")
    case .unsupported(let file, let entry, let feature, let isWeights):
      Explanation(
        "the entry \(entry) of the zip archive is \(feature)" + (isWeights ? "" : " in a way that isn't read here"),
        place: file,
        expected: isWeights
          ? "entries stored as they are, as torch.save writes them" : "entries stored as they are or deflated",
        advice: isWeights ? "write the file again with torch.save" : "unpack it and make an ordinary zip archive of it")
    case .tooLarge(let file, let entry, let size, let limit):
      Explanation(
        "the entry \(entry) of the zip archive unpacks to \(ByteText.of(size))", place: file,
        expected: "at most \(ByteText.of(limit))")
    case .noEntry(let file, let entry):
      Explanation("the zip archive has no entry \(entry)", place: file)
    case .damaged(let file, let entry):
      Explanation(
        "the entry \(entry) of the zip archive is damaged: it doesn't match its checksum", place: file,
        advice: "get the file again")
    }
  }
}
