import Foundation

/// Writing files so that a reader, or a crash, meets the old content or the new, and never a part.
public enum AtomicFile {
  /// What the names of unfinished files end in. One that a crash left is used again by the next write.
  public static let unfinishedSuffix = ".part"

  /// Writes beside `path`, flushes to the disk, renames over `path` and flushes the folder. Permissions follow the umask;
  /// a link stays a link, and what it leads to is replaced. Writers of the same file wait for each other.
  /// - Parameter durable: false doesn't wait for the disk: the file survives a crash of the process, but perhaps not of
  ///   the system. For many files that can be made again.
  /// - Throws: `FileError`; the unfinished file is removed.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String, durable: Bool = true) throws {
    try write([bytes], to: path, durable: durable)
  }

  /// The same for content in several pieces.
  static func write(_ pieces: [UnsafeRawBufferPointer], to path: String, durable: Bool = true) throws {
    try write(to: path, durable: durable) { append in for piece in pieces { try append(piece) } }
  }

  /// The same for content that is made while it is written: `content` gets a function that appends bytes. What it throws
  /// is thrown on, and the old file stays.
  static func write(
    to path: String, durable: Bool = true,
    _ content: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let target = try target(of: path)
    let unfinished = target + unfinishedSuffix
    let descriptor = try open(unfinished, for: path)
    // The lock is held until the file has its name.
    defer { Foundation.close(descriptor) }
    do {
      guard ftruncate(descriptor, 0) == 0 else { throw FileError.unwritable(path) }
      try content { try writeAll($0, descriptor, path) }
      guard !durable || fsync(descriptor) == 0, rename(unfinished, target) == 0 else {
        throw FileError.unwritable(path)
      }
    } catch {
      unlink(unfinished)
      throw error
    }
    if durable { flushFolder(of: target) }
  }

  /// The same for bytes in an array.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { try write($0, to: path) }
  }

  /// The same for text, as UTF-8.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Where links lead. Folders and devices are refused: renaming would put a file in their place.
  private static func target(of path: String) throws -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError.isFolder(path: path)
    default: throw FileError.unwritable(path: path, reason: "it is no regular file")
    }
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func open(_ unfinished: String, for path: String) throws -> Int32 {
    do {
      if case .held(let descriptor) = try FileLock.open(unfinished, waiting: true) { return descriptor }
      throw FileError.unwritable(path: path, reason: "another process is writing it")
    } catch FileError.unwritable(_, let reason) {
      throw FileError.unwritable(path: path, reason: reason)
    }
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let written = Foundation.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError.unwritable(path) }
      done += written
    }
  }

  /// Makes the rename durable. Some file systems can't flush a folder; the content is safe all the same.
  private static func flushFolder(of path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    let descriptor = Foundation.open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      Foundation.close(descriptor)
    }
  }
}
