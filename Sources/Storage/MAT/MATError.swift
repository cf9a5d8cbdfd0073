import Tensors

/// MAT files that can't be read.
public enum MATError: ExplainedError, Equatable {
  /// It is none, or of a version that isn't read.
  case notReadable(file: String, reason: String)
  /// The structure is broken at a byte, of the file or of what its compressed part `offset` unpacks to.
  case damaged(file: String, offset: Int, reason: String)
  /// The variable or field isn't there, or isn't as it should be.
  case content(file: String, name: String, reason: String)

  public var explanation: Explanation {
    switch self {
    case .notReadable(let file, let reason):
      Explanation(
        "the MAT file can't be read: \(reason)", place: file, expected: "a MAT file of version 5 (save with -v6 or -v7)"
      )
    case .damaged(let file, let offset, let reason):
      Explanation(
        "the MAT file is broken at byte \(offset): \(reason)", place: file,
        advice: "get the file again: it may have been cut off on its way")
    case .content(let file, let name, let reason):
      Explanation("\(name) of the MAT file \(reason)", place: file)
    }
  }
}
