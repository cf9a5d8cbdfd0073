import Foundation
import Tensors

/// Files that can't be read or written for reasons of the file system.
public enum FileError: ExplainedError, Equatable {
  case missing(path: String)
  case isFolder(path: String)
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)

  public var explanation: Explanation {
    switch self {
    case .missing(let path):
      Explanation("there is no such file", place: path, advice: "check the name and the folder it is looked up in")
    case .isFolder(let path):
      Explanation("this is a folder", place: path, expected: "a file")
    case .unreadable(let path, let reason):
      Explanation("the file can't be read: \(reason)", place: path)
    case .unwritable(let path, let reason):
      Explanation(
        "the file can't be written: \(reason)", place: path, advice: "check the folder's permissions and free space")
    }
  }

  /// Why the last system call could not write `path`, from `errno`.
  static func unwritable(_ path: String) -> FileError {
    let code = errno
    if code == ENOENT || code == ENOTDIR {
      let folder = path.parentFolder
      return .unwritable(path: path, reason: "there is no folder \(folder.isEmpty ? "." : folder)")
    }
    return .unwritable(path: path, reason: reason(code))
  }

  /// The system's words for `code`, an `errno`.
  static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
