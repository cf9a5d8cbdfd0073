import Foundation

/// Writing files so that a reader, or a crash, meets the old content or the new, and never a part.
public enum AtomicFile {
  /// What the names of unfinished files end in. One that a crash left is used again by the next write.
  public static let unfinishedSuffix = ".part"

  /// Writes beside `path`, reads that back, flushes it to the disk, renames it over `path` and flushes the folder.
  /// Permissions follow the umask; a link stays a link, and what it leads to is replaced. Writers of the same file wait for
  /// each other.
  /// - Parameter durable: false doesn't read back and doesn't wait for the disk: the file survives a crash of the process, but
  ///   perhaps not of the system. For many files that can be made again.
  /// - Throws: `FileError`; the unfinished file is removed.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String, durable: Bool = true) throws {
    try write([bytes], to: path, durable: durable)
  }

  /// The same for content in several pieces.
  static func write(_ pieces: [UnsafeRawBufferPointer], to path: String, durable: Bool = true) throws {
    try replace(path, durable: durable) { file in
      for piece in pieces { try file.append(piece) }
      if durable { try file.compare(with: pieces) }
    }
  }

  /// The same for content that is made while it is written: `content` gets a function that appends bytes. What it throws
  /// is thrown on, and the old file stays. It is not read back.
  static func write(
    to path: String, durable: Bool = true,
    _ content: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    try replace(path, durable: durable) { file in try content { try file.append($0) } }
  }

  /// The same for bytes in an array.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { try write($0, to: path) }
  }

  /// The same for text, as UTF-8.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Gives the file at `path` a second name, in place of whatever had that: without a copy where the file system can.
  /// - Throws: `FileError`; `other` is then what it was.
  package static func link(_ path: String, as other: String) throws {
    let unfinished = other + unfinishedSuffix
    FileSystem.remove(unfinished)
    guard FileSystem.link(path, as: unfinished) else {
      let code = errno
      guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(code) else {
        throw FileError.unwritable(path: other, reason: FileError.reason(code))
      }
      return try FileBytes(path: path).withBytes { try write($0, to: other) }
    }
    let isDone = FileSystem.rename(unfinished, to: other)
    let code = errno
    // Two names of one file are left as they are by renaming, which calls that a success.
    FileSystem.remove(unfinished)
    guard isDone else { throw FileError.unwritable(path: other, reason: FileError.reason(code)) }
  }

  /// Removes what killed writers left in a folder; a file that somebody is writing stays.
  /// - Returns: the names.
  package static func removeUnfinished(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(unfinishedSuffix) }.sorted().filter { name in
      let path = folder + "/" + name
      guard case .held(let descriptor)? = try? FileLock.open(path, waiting: false) else { return false }
      defer { close(descriptor) }
      return FileSystem.remove(path)
    }
  }

  private static func replace(_ path: String, durable: Bool, _ fill: (inout UnfinishedFile) throws -> Void) throws {
    let target = try target(of: path)
    var file = try UnfinishedFile(target + unfinishedSuffix, for: path, startsFlushing: durable)
    // The lock is held until the file has its name.
    defer { file.close() }
    do {
      try fill(&file)
      guard !durable || file.flush(), FileSystem.rename(file.name, to: target) else { throw FileError.unwritable(path) }
    } catch {
      FileSystem.remove(file.name)
      throw error
    }
    if durable { FileSystem.flushFolder(target.parentFolder) }
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
}
