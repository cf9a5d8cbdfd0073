import Foundation

/// The bytes of a file as they were when it was opened: read into memory when small, mapped when large.
///
/// Files of this house are replaced by renaming, so a mapping keeps the old content. (A large file that another program
/// shortens in place while it is mapped ends the process, as with every mapped file.)
public final class FileBytes: @unchecked Sendable {
  public let path: String
  /// Not to be written to.
  let bytes: UnsafeMutableRawPointer
  public let count: Int
  private let isMapped: Bool

  /// From this size files are mapped: reading the weights of a checkpoint then doesn't cost memory for its momentum.
  static let mapped = 32 << 20

  /// - Parameter limit: reads no more than this many bytes from the start.
  /// - Throws: `FileError`.
  public convenience init(path: String, atMost limit: Int = .max) throws {
    try self.init(path: path, atMost: limit, mappingFrom: Self.mapped)
  }

  /// - Parameter mapped: from this size, at least 1, the file is mapped.
  init(path: String, atMost limit: Int = .max, mappingFrom mapped: Int) throws {
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
    let size = min(Int(status.st_size), limit)
    self.path = path
    if size >= mapped {
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

  /// The size of a file; nil if there is none.
  public static func count(of path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
  }

  /// Bytes that are in memory already; `name` stands for the path in errors.
  public init(_ content: [UInt8], name: String) {
    (path, count, isMapped) = (name, content.count, false)
    bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, content.count), alignment: 64)
    content.withUnsafeBytes { if let base = $0.baseAddress { bytes.copyMemory(from: base, byteCount: content.count) } }
  }

  deinit {
    if isMapped { munmap(bytes, count) } else { bytes.deallocate() }
  }

  /// The bytes; only while the object lives.
  var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

  /// Calls `body` with the bytes.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    defer { extendLifetime(self) }
    return try body(buffer)
  }

  /// Lets the system take back the memory behind a part of a mapped file, which is read again when it is needed again.
  /// Without it, memory for weights would be counted twice while they are copied out of the file.
  func letGo(of range: Range<Int>) {
    guard isMapped, !range.isEmpty else { return }
    // Looking at a byte brings in the pages around it as well, which are of no more use than it is.
    let around = 1 << 16
    let page = Int(getpagesize())
    let start = max(0, range.lowerBound - around) / page * page
    madvise(bytes + start, min(count, range.upperBound + around) - start, MADV_DONTNEED)
  }

  /// A copy of the bytes.
  public var array: [UInt8] { withBytes { Array($0) } }

  /// The content as text; invalid UTF-8 is repaired.
  public var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
