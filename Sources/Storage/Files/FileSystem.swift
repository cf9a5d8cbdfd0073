import Foundation
import Synchronization

/// The calls to the system by which files get into their place, one by one, so that tests can make each of them fail.
/// All of them report failure as the system does, by their result and `errno`.
package enum FileSystem {
  package enum Call: String, CaseIterable, Sendable {
    case open, truncate, write, readBack, flush, rename, link, remove, flushFolder
  }

  /// What a call does in place of its work.
  package enum Fault: Sendable, Equatable {
    /// Fails with this `errno`.
    case error(Int32)
    /// Of a write: takes no more than this many bytes.
    case short(Int)
    /// Of a write: says that all went well, and changes a bit.
    case flipped
  }

  /// Asked before every call; nil lets it do its work.
  package typealias Faults = @Sendable (Call) -> Fault?

  /// By the thread whose calls they are for.
  private static let allFaults = Mutex<[pthread_t: Faults]>([:])

  /// The faults of this thread.
  package static var faults: Faults? { allFaults.withLock { $0.isEmpty ? nil : $0[pthread_self()] } }

  /// Runs `body` with faults for the calls that this thread makes; nil for none.
  package static func with<R>(_ faults: Faults?, _ body: () throws -> R) rethrows -> R {
    let before = allFaults.withLock { all in
      defer { all[pthread_self()] = faults }
      return all[pthread_self()]
    }
    defer { allFaults.withLock { $0[pthread_self()] = before } }
    return try body()
  }

  private static func fails(_ call: Call) -> Bool {
    guard case .error(let code)? = faults?(call) else { return false }
    errno = code
    return true
  }

  /// Opens and locks a file, waiting for whoever has it. See `FileLock.open`.
  static func open(_ path: String) throws -> FileLock.Outcome {
    if fails(.open) { throw FileError.unwritable(path) }
    return try FileLock.open(path, waiting: true)
  }

  static func truncate(_ descriptor: Int32) -> Bool { !fails(.truncate) && ftruncate(descriptor, 0) == 0 }

  static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    switch faults?(.write) {
    case .error(let code)?:
      errno = code
      return -1
    case .short(let most)?: return Foundation.write(descriptor, bytes.baseAddress, min(most, bytes.count))
    case .flipped?:
      var copy = Array(bytes)
      copy[copy.count / 2] ^= 1
      return Foundation.write(descriptor, copy, copy.count)
    case nil: return Foundation.write(descriptor, bytes.baseAddress, bytes.count)
    }
  }

  static func readBack(_ descriptor: Int32, _ memory: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    fails(.readBack) ? -1 : pread(descriptor, memory.baseAddress, memory.count, off_t(offset))
  }

  static func flush(_ descriptor: Int32) -> Bool { !fails(.flush) && fsync(descriptor) == 0 }

  static func rename(_ path: String, to other: String) -> Bool {
    !fails(.rename) && Foundation.rename(path, other) == 0
  }

  static func link(_ path: String, as other: String) -> Bool { !fails(.link) && Foundation.link(path, other) == 0 }

  @discardableResult static func remove(_ path: String) -> Bool { !fails(.remove) && unlink(path) == 0 }

  /// Makes names in a folder durable. Some file systems can't do that; what the names stand for is safe all the same.
  @discardableResult static func flushFolder(_ folder: String) -> Bool {
    if fails(.flushFolder) { return false }
    let descriptor = Foundation.open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
  }
}
