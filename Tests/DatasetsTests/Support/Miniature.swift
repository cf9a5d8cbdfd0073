import Foundation
import Storage
import TestSupport

/// The miniature of PASCAL VOC 2012 that Tests/Peers/write_voc_miniature.py wrote.
enum Miniature {
  static let path = URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files/voc"

  /// A copy that may be changed.
  static func copy() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      try FileManager.default.copyItem(atPath: path + "/" + name, toPath: folder.file(name))
    }
    return folder
  }

  static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { try AtomicFile.write($0, to: path, durable: false) }
  }
}
