import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Files that are cut off, overwritten or something else: typed errors that name the file, and no crash.
@Suite struct DamagedHDF5Tests {
  let folder: TemporaryFolder
  let files = URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files"

  init() throws { folder = try TemporaryFolder() }

  private func whole() throws -> [UInt8] {
    let path = folder.file("whole.h5")
    let file = try HDF5File(creating: path)
    try file.write("/state/weight", Tensor((0..<500).map { Float($0) }, shape: [20, 25]))
    try file.write("/state/packed", Tensor([UInt8](repeating: 3, count: 5000), shape: [5000]), compressed: true)
    try file.write("/text", "some text")
    try file.setAttribute("format", of: "/", "tel-checkpoint")
    try file.write(to: path)
    return try FileBytes(path: path).array
  }

  /// Reads whatever there is.
  private func readAll(_ path: String) throws {
    let file = try HDF5File(reading: path)
    _ = try file.attributes("/")
    for name in try file.datasets() {
      switch try file.info(name) {
      case .array: _ = try file.read(name)
      case .text: _ = try file.readStrings(name)
      default: break
      }
    }
  }

  /// The part of a file that is HDF5, before the checksums.
  private func content(_ file: [UInt8]) -> ArraySlice<UInt8> {
    file[..<file[(file.count - 24)...].prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }]
  }

  private func put(_ bytes: some Sequence<UInt8>) throws -> String {
    let path = folder.file("damaged.h5")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func everyTruncationIsAnErrorThatNamesTheFile() throws {
    let whole = try whole()
    try readAll(try put(whole))
    for count in stride(from: 0, to: content(whole).count, by: 41) {
      let path = try put(whole[..<count])
      #expect("\(count) of \(whole.count) bytes") { try readAll(path) } throws: {
        $0 is HDF5Error && "\($0)".contains(path)
      }
    }
  }

  @Test func everyDamagedByteIsNoticed() throws {
    let whole = try whole()
    for index in stride(from: 0, to: whole.count - 8, by: 59) {
      var bytes = whole
      bytes[index] ^= 1 << UInt8(index % 8)
      let path = try put(bytes)
      #expect("byte \(index)") { try readAll(path) } throws: { "\($0)".contains("checksum") && "\($0)".contains(path) }
    }
  }

  @Test func damageIsNamedByItsDataset() throws {
    let whole = try whole()
    // 3 and 4 as floats, one after the other.
    let pattern: [UInt8] = [0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40]
    let start = try #require((0..<whole.count - 8).first { Array(whole[$0..<$0 + 8]) == pattern })
    var bytes = whole
    bytes[start] ^= 1
    let path = try put(bytes)
    let file = try HDF5File(reading: path)
    #expect(throws: HDF5Error.damaged(file: path, part: "/state/weight")) { try file.read("/state/weight") }
    // What is whole can be read.
    #expect(try file.read("/state/packed").array(of: UInt8.self).allSatisfy { $0 == 3 })
    #expect(try file.readString("/text") == "some text")
    #expect(try file.damagedParts() == ["/state/weight"])
    #expect(throws: HDF5Error.damaged(file: path, part: "/state/weight")) { try file.verify() }
    #expect(throws: HDF5Error.damaged(file: path, part: "/state/weight")) { try HDF5File(updating: path) }
    #expect(throws: HDF5Error.damaged(file: path, part: "/state/weight")) { try file.write(to: folder.file("copy.h5")) }
  }

  @Test func filesOfOtherProgramsNeedNoChecksum() throws {
    let whole = try whole()
    #expect(try HDF5File(reading: put(whole)).isSealed)
    try readAll(try put(content(whole)))
    let path = try put(content(whole) + [1, 2, 3])
    try readAll(path)
    #expect(try !HDF5File(reading: path).isSealed)
  }

  /// Files had one checksum for all of their bytes before they had one for each dataset.
  @Test func theOneChecksumOfOlderFilesIsVerified() throws {
    let old = try FileBytes(path: files + "/single_checksum.h5").array
    let file = try HDF5File(reading: put(old))
    #expect(try file.read("/numbers").array(of: Float.self) == [0, 1, 2, 3, 4, 5] && file.isSealed)
    #expect(try file.readString("/text") == "some text")
    for index in stride(from: 0, to: old.count - 24, by: 97) {
      var bytes = old
      bytes[index] ^= 0x10
      let path = try put(bytes)
      #expect("byte \(index)") { try HDF5File(reading: path) } throws: { "\($0)".contains("checksum") }
    }
  }

  @Test func otherFilesAreRefused() throws {
    let text = try put(Array("no HDF5 at all, but long enough to look".utf8))
    #expect { try HDF5File(reading: text) } throws: { "\($0)".contains("no HDF5 file") && "\($0)".contains(text) }
    #expect { try HDF5File(updating: text) } throws: { "\($0)".contains("no HDF5 file") }
    let empty = try put([])
    #expect { try HDF5File(reading: empty) } throws: { "\($0)".contains("empty") }
    #expect { try HDF5File(reading: folder.file("none.h5")) } throws: { "\($0)".contains("no such file") }
    #expect { try HDF5File(reading: folder.path) } throws: { "\($0)".contains("folder") }
  }

  @Test func absurdShapesAreRefusedBeforeMemoryIsTaken() throws {
    var bytes = try whole()
    // The extent of /state/weight, 20 x 25 as two little-endian 64-bit numbers.
    let extent = [20, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0].map { UInt8($0) }
    var patched = 0
    for start in 0..<bytes.count - 16 where Array(bytes[start..<start + 16]) == extent {
      bytes[start + 4] = 1
      patched += 1
    }
    #expect(patched > 0)
    let path = try put(content(bytes))
    let file = try HDF5File(reading: path)
    #expect { try file.read("/state/weight") } throws: {
      "\($0)".contains("/state/weight") && "\($0)".contains("claims the shape") && "\($0)".contains(path)
    }
    #expect(try file.readString("/text") == "some text")
  }
}
