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
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw FileError.unwritable(path: path, reason: FileError.reason(errno)) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        defer { Foundation.close(descriptor) }
        if code == EWOULDBLOCK { throw RunLockError.taken(folder: folder, process: Self.process(descriptor)) }
        throw FileError.unwritable(path: path, reason: FileError.reason(code))
      }
      // The file may have been removed by the process that held it, between opening and locking.
      var (mine, current) = (stat(), stat())
      if fstat(descriptor, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino {
        self.descriptor = descriptor
        break
      }
      Foundation.close(descriptor)
    }
    let text = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  deinit {
    unlink(path)
    Foundation.close(descriptor)
  }

  /// The process id that the holder wrote; nil if it has not yet.
  private static func process(_ descriptor: Int32) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return count > 0 ? Int(String(decoding: bytes[..<count], as: UTF8.self).filter(\.isNumber)) : nil
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
