import Foundation

/// The bytes of a file as they were when it was opened: read into memory when small, mapped when large.
///
/// Files of this house are replaced by renaming, so a mapping keeps the old content. (A large file that another program
/// shortens in place while it is mapped ends the process, as with every mapped file.)
public final class FileBytes: @unchecked Sendable {
  public let path: String
  /// Not to be written to.
  public let bytes: UnsafeMutableRawPointer
  public let count: Int
  private let isMapped: Bool

  /// From this size files are mapped: reading the weights of a checkpoint then doesn't cost memory for its momentum.
  private static let mapped = 32 << 20

  /// - Throws: `FileError`.
  public init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT || code == ENOTDIR
        ? FileError.missing(path: path) : FileError.unreadable(path: path, reason: FileError.reason(code))
    }
    defer { Foundation.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError.unreadable(path: path, reason: FileError.reason(errno))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError.isFolder(path: path)
    default: throw FileError.unreadable(path: path, reason: "it is no regular file")
    }
    let size = Int(status.st_size)
    self.path = path
    if size >= Self.mapped {
      guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
        throw FileError.unreadable(path: path, reason: FileError.reason(errno))
      }
      (bytes, count, isMapped) = (address, size, true)
    } else {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, size), alignment: 64)
      var done = 0
      while done < size {
        let got = read(descriptor, memory + done, size - done)
        if got < 0 && errno == EINTR { continue }
        if got < 0 {
          let code = errno
          memory.deallocate()
          throw FileError.unreadable(path: path, reason: FileError.reason(code))
        }
        if got == 0 { break }
        done += got
      }
      (bytes, count, isMapped) = (memory, done, false)
    }
  }

  deinit {
    if isMapped { munmap(bytes, count) } else { bytes.deallocate() }
  }

  /// The bytes, for as long as the object lives.
  public var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

  /// The content as text; invalid UTF-8 is repaired.
  public var text: String {
    withExtendedLifetime(self) { String(decoding: buffer, as: UTF8.self) }
  }
}
