import CWriteback
import Foundation

/// A file on its way to its place: locked, filled from the start.
struct UnfinishedFile {
  let name: String
  /// What errors call it: the place that it is for.
  private let path: String
  private let descriptor: Int32
  private let startsFlushing: Bool
  private var count = 0

  /// The disk is set to work on every so many bytes while the next ones are copied.
  private static let stretch = 8 << 20

  /// - Parameter startsFlushing: has the disk begin before the end.
  /// - Throws: `FileError`.
  init(_ name: String, for path: String, startsFlushing: Bool) throws {
    (self.name, self.path, self.startsFlushing) = (name, path, startsFlushing)
    do {
      guard case .held(let descriptor) = try FileSystem.open(name) else {
        throw FileError.unwritable(path: path, reason: "another process is writing it")
      }
      self.descriptor = descriptor
    } catch FileError.unwritable(_, let reason) {
      throw FileError.unwritable(path: path, reason: reason)
    }
    if !FileSystem.truncate(descriptor) {
      let error = FileError.unwritable(path)
      FileSystem.remove(name)
      Foundation.close(descriptor)
      throw error
    }
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = FileSystem.write(descriptor, UnsafeRawBufferPointer(rebasing: rest.prefix(Self.stretch)))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError.unwritable(path) }
      if startsFlushing { tel_begin_writeback(descriptor, Int64(count), Int64(written)) }
      count += written
      rest = rest.dropFirst(written)
    }
  }

  /// Reads all that was written and compares it, bit for bit, with what should have been.
  /// - Throws: `FileError`.
  func compare(with pieces: [UnsafeRawBufferPointer]) throws {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: min(Self.stretch, max(1, count)), alignment: 64)
    defer { memory.deallocate() }
    var offset = 0
    for piece in pieces {
      var rest = piece[...]
      while !rest.isEmpty {
        let wanted = UnsafeMutableRawBufferPointer(rebasing: memory.prefix(rest.count))
        let got = FileSystem.readBack(descriptor, wanted, at: offset)
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw FileError.unwritable(path) }
        guard got > 0, memcmp(wanted.baseAddress!, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, got) == 0 else {
          throw FileError.unwritable(path: path, reason: "what was written reads back as something else")
        }
        offset += got
        rest = rest.dropFirst(got)
      }
    }
  }

  func flush() -> Bool { FileSystem.flush(descriptor) }

  func close() { Foundation.close(descriptor) }
}
