import Foundation

/// Writing files so that a reader, or a crash, meets the old content or the new, and never a part.
public enum AtomicFile {
  /// What the names of unfinished files end in.
  public static let unfinishedSuffix = ".part"

  /// Writes beside `path`, flushes to the disk, renames over `path` and flushes the folder. Permissions follow the umask.
  /// - Throws: `FileError`; the unfinished file is removed.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    try write([bytes], to: path)
  }

  /// The same for content in several pieces.
  static func write(_ pieces: [UnsafeRawBufferPointer], to path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw FileError.isFolder(path: path) }
    let unfinished = "\(path).\(getpid())\(unfinishedSuffix)"
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path) }
    do {
      defer { Foundation.close(descriptor) }
      for piece in pieces { try writeAll(piece, descriptor, path) }
      guard fsync(descriptor) == 0 else { throw failure(path) }
    } catch {
      unlink(unfinished)
      throw error
    }
    guard rename(unfinished, path) == 0 else {
      let error = failure(path)
      unlink(unfinished)
      throw error
    }
    flushFolder(of: path)
  }

  /// The same for bytes in an array.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { try write($0, to: path) }
  }

  /// The same for text, as UTF-8.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  private static func failure(_ path: String) -> FileError {
    let code = errno
    if code == ENOENT || code == ENOTDIR {
      let folder = (path as NSString).deletingLastPathComponent
      return .unwritable(path: path, reason: "there is no folder \(folder.isEmpty ? "." : folder)")
    }
    return .unwritable(path: path, reason: FileError.reason(code))
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let written = Foundation.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure(path) }
      done += written
    }
  }

  /// Makes the rename durable. Some file systems can't flush a folder; the content is safe all the same.
  private static func flushFolder(of path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      Foundation.close(descriptor)
    }
  }
}
