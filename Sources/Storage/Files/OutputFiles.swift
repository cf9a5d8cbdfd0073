import Foundation
import Tensors

/// A look at the places of files before they are made.
public enum OutputFiles {
  /// - Parameters:
  ///   - paths: files that are to be written.
  ///   - inputs: files that are to be read.
  ///   - replaces: whether files that are there already may be replaced.
  ///   - kind: what the files hold, as in "there are predictions already".
  /// - Throws: `OutputError` where files are there already, or would replace one that is read.
  public static func check(_ paths: [String], inputs: [String], replaces: Bool, kind: String) throws {
    let inputs = Set(inputs.map(\.realPath))
    let existing = paths.filter { FileManager.default.fileExists(atPath: $0) }
    for path in existing where inputs.contains(path.realPath) {
      throw OutputError.ownInput(path: path, kind: kind)
    }
    if let first = existing.first, !replaces {
      throw OutputError.exists(path: first, others: existing.count - 1, kind: kind)
    }
  }
}

/// Files that can't be written because of what is there.
public enum OutputError: ExplainedError, Equatable {
  case exists(path: String, others: Int, kind: String)
  case ownInput(path: String, kind: String)

  public var explanation: Explanation {
    switch self {
    case .exists(let path, let others, let kind):
      Explanation(
        "there are \(kind) already" + (others > 0 ? ": this file and \(others) more" : ""), place: path,
        advice: "another --out, or --overwrite to replace these files")
    case .ownInput(let path, let kind):
      Explanation("this file is to be read, and \(kind) would take its place", place: path, advice: "another --out")
    }
  }
}
