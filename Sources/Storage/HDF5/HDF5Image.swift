import Foundation
import Synchronization

/// A finished file in memory, which can be written while other files are being read and made.
public final class HDF5Image: Sendable {
  /// Owns the memory; nobody else changes it.
  private let file: HDF5File
  /// The size of the file, without its checksums.
  public let byteCount: Int
  /// The checksums, made at the first writing.
  private let seal = Mutex<[UInt8]?>(nil)

  init(_ file: HDF5File, byteCount: Int) { (self.file, self.byteCount) = (file, byteCount) }

  /// Puts the file in the place of `path`, which holds the old content or the new and never a part.
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    let content = try HDF5Library.locked { try file.content() }
    let end = try seal.withLock { seal in
      if let seal { return seal }
      // The library is needed only for where the datasets lie.
      let made = Seal(content, try HDF5Library.locked { try file.parts(of: content.count) }).bytes
      seal = made
      return made
    }
    try end.withUnsafeBytes { try AtomicFile.write([content, $0], to: path) }
    extendLifetime(file)
  }
}
