import Foundation
import Tensors

/// Keeps other processes out of a run's folder for as long as the object lives.
///
/// The system frees the lock when its process ends in whatever way, so a left-over file locks nobody out.
public final class RunLock: Sendable {
  private let path: String
  private let descriptor: Int32

  /// Takes the lock of a folder that is there.
  /// - Throws: `RunLockError.taken` if another process has it, `FileError`.
  public init(folder: String) throws {
    path = folder + "/run.lock"
    switch try FileLock.open(path, waiting: false) {
    case .held(let descriptor): self.descriptor = descriptor
    case .busy(let content): throw RunLockError.taken(folder: folder, process: Int(content.filter(\.isNumber)))
    }
    let text = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  deinit {
    unlink(path)
    Foundation.close(descriptor)
  }
}

/// A run's folder is in use.
public enum RunLockError: ExplainedError, Equatable {
  case taken(folder: String, process: Int?)

  public var explanation: Explanation {
    switch self {
    case .taken(let folder, let process):
      Explanation(
        "another run is at work in this folder" + (process.map { " (process \($0))" } ?? ""), place: folder,
        advice: "wait for it to end, or choose another folder with --out")
    }
  }
}
