import Foundation

/// Files that one holder at a time has open; the system lets go of them when their process ends in whatever way.
enum FileLock {
  enum Outcome {
    /// An open file, locked, that still has its name.
    case held(Int32)
    /// Another holds it; its content, which may say who.
    case busy(String)
  }

  /// Opens a file for reading and writing, making it if needed, and locks it.
  /// - Parameter waiting: waits for another holder to let go.
  /// - Throws: `FileError`.
  static func open(_ path: String, waiting: Bool) throws -> Outcome {
    while true {
      let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw FileError.unwritable(path) }
      while flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        if code == EINTR { continue }
        // Some cluster file systems know no locks: work goes on without their protection.
        if [ENOSYS, ENOLCK, EOPNOTSUPP, EINVAL].contains(code) { break }
        defer { Foundation.close(descriptor) }
        if code == EWOULDBLOCK { return .busy(content(descriptor)) }
        throw FileError.unwritable(path: path, reason: FileError.reason(code))
      }
      // Its last holder may have removed or renamed it between opening and locking.
      var (mine, current) = (stat(), stat())
      if fstat(descriptor, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino,
        mine.st_dev == current.st_dev
      {
        return .held(descriptor)
      }
      Foundation.close(descriptor)
    }
  }

  private static func content(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }
}
