import Foundation
import Storage
import TestSupport
import Testing

/// Zip archives, right and wrong, as PyTorch files are made of them.
@Suite struct ZipTests {
  private let pickle = PickleBuilder().op("}").text("w").tensor("0", count: 2, shape: [2], strides: [1]).op("s").end
  private let storage: [UInt8] = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]

  private func archive() -> ZipBuilder { ZipBuilder(pickle: pickle, storages: ["0": storage]) }

  private func values(_ builder: ZipBuilder) throws -> [Double] {
    try PyTorchFile(builder.bytes(), name: "x").weights()[0].load().array(of: Double.self)
  }

  @Test func allWaysToWriteThemAreRead() throws {
    for isWide in [false, true] {
      for comment in [[], Array("PK\u{5}\u{6} and more".utf8), [UInt8](repeating: 0, count: 0xffff)] {
        for wideEntries in [false, true] {
          var builder = archive()
          builder.isWide = isWide
          builder.comment = comment
          for index in builder.entries.indices { builder.entries[index].isWide = wideEntries }
          #expect(try values(builder) == [1, 2])
        }
      }
    }
    // Files older than the entry for the byte order.
    #expect(try values(ZipBuilder(pickle: pickle, storages: ["0": storage], byteOrder: nil)) == [1, 2])
  }

  private func expect(
    _ text: String, _ change: (inout ZipBuilder) -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var builder = archive()
    change(&builder)
    #expect(sourceLocation: sourceLocation) { try values(builder) } throws: { $0 is ZipError && "\($0)".contains(text) }
  }

  @Test func othersAreRefused() {
    expect("archive/data.pkl of the zip archive is compressed") { $0.entries[0].method = 8 }
    expect("archive/data/0 of the zip archive is encrypted") { $0.entries[2].flags = 1 }
    expect("archive/data/0 of the zip archive is damaged") { $0.entries[2].checksum = 1 }
    expect("archive/data.pkl of the zip archive is damaged") { $0.entries[0].checksum = 1 }
    expect("archive/byteorder of the zip archive is damaged") { $0.entries[1].checksum = 1 }
    expect("two entries are named archive/data/0") { $0.entries.append($0.entries[2]) }
    expect("has no entry archive/data/0") { $0.entries.removeLast() }
    expect("2 announced") { $0.announced = 2 }
    expect("4 announced") { $0.announced = 4 }
    var narrow = archive()
    narrow.isWide = false
    narrow.comment = [1, 2, 3]
    #expect { try PyTorchFile(narrow.bytes().dropLast(), name: "x") } throws: { "\($0)".contains("cut off") }
  }

  @Test func archivesOfOtherThingsAreNoPyTorchFiles() {
    for name in ["archive/data.txt", "other/data.pkl.txt", "data.pkl"] {
      var builder = archive()
      builder.entries[0].name = name
      #expect(throws: PyTorchError.notPyTorch(file: "x")) { try PyTorchFile(builder.bytes(), name: "x") }
    }
    #expect(throws: PyTorchError.notPyTorch(file: "x")) { try PyTorchFile(ZipBuilder().bytes().suffix(22), name: "x") }
  }

  /// `ab` 4,000 times, deflated by zlib.
  private static let packed: [UInt8] = [
    237, 194, 1, 9, 0, 0, 0, 2, 160, 173, 245, 127, 68, 67, 18, 77, 3, 0, 0, 0, 0, 0, 0, 0, 247, 6,
  ]

  private func deflated(_ change: (inout ZipBuilder.Entry) -> Void = { _ in }) throws -> ZipArchive {
    let content = Array(String(repeating: "ab", count: 4000).utf8)
    var entry = ZipBuilder.Entry(name: "a.xml", content: content, packed: Self.packed)
    change(&entry)
    let stored = ZipBuilder.Entry(name: "b.xml", content: [1, 2, 3])
    return try ZipArchive(FileBytes(ZipBuilder([entry, stored]).bytes(), name: "x"), allowsDeflated: true)
  }

  @Test func deflatedEntriesAreUnpackedAndChecked() throws {
    let archive = try deflated()
    #expect(archive.names == ["a.xml", "b.xml"] && archive.path == "x")
    #expect(try archive.content("a.xml", atMost: 8000) == Array(String(repeating: "ab", count: 4000).utf8))
    #expect(try archive.content("b.xml", atMost: 3) == [1, 2, 3])
    #expect(throws: ZipError.noEntry(file: "x", entry: "c.xml")) { try archive.content("c.xml", atMost: 3) }
    #expect(throws: ZipError.tooLarge(file: "x", entry: "a.xml", size: 8000, limit: 7999)) {
      try archive.content("a.xml", atMost: 7999)
    }
    let damaged = ZipError.damaged(file: "x", entry: "a.xml")
    func expectDamaged(_ change: (inout ZipBuilder.Entry) -> Void) {
      #expect(throws: damaged) { try deflated(change).content("a.xml", atMost: 1 << 20).count }
    }
    expectDamaged { $0.checksum = 1 }
    expectDamaged { $0.size = 7999 }
    expectDamaged { $0.size = 8001 }
    expectDamaged { $0.content.removeLast() }
    // The last byte is filled up with bits that mean nothing.
    for position in Self.packed.indices.dropLast() { expectDamaged { $0.content[position] ^= 0x10 } }
  }

  @Test func bombsAreRefusedBeforeMemoryIsTaken() throws {
    let before = Memory.resident
    #expect {
      try deflated {
        $0.size = 1 << 40
        $0.isWide = true
      }
    } throws: { "\($0)".contains("contradicts itself") }
    #expect { try deflated { $0.size = 1100 * Self.packed.count } } throws: { "\($0)".contains("contradicts itself") }
    // What one may believe of its size is too much for whoever asks.
    let archive = try deflated {
      $0.content += [UInt8](repeating: 0, count: 1 << 20)
      $0.size = 1 << 30
    }
    #expect { try archive.content("a.xml", atMost: 1 << 22) } throws: { "\($0)".contains("1.1 GB") }
    #expect(Memory.resident - before < 64 << 20)
  }

  @Test func otherCompressionsAreNamedAsSuch() {
    #expect { try deflated { $0.method = 12 } } throws: { "\($0)".contains("ordinary zip archive") }
    #expect { try deflated { $0.flags = 1 } } throws: { "\($0)".contains("is encrypted") }
  }

  @Test func entriesMayNotShareBytes() throws {
    var builder = archive()
    builder.isWide = false
    builder.entries.append(ZipBuilder.Entry(name: "archive/data/1", content: storage))
    var bytes = builder.bytes()
    // The directory's last record gets the offset of the one before.
    let records = bytes.indices.filter { bytes[$0...].starts(with: [0x50, 0x4b, 1, 2]) }
    let (from, to) = (records[2] + 42, records[3] + 42)
    bytes.replaceSubrange(to..<to + 4, with: bytes[from..<from + 4])
    #expect { try PyTorchFile(bytes, name: "x") } throws: { $0 is ZipError && "\($0)".contains("overlap") }
  }

  @Test func checksumsAgreeForEveryLength() throws {
    for count in 0..<70 {
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      let pickle = PickleBuilder().storage("0", count: count, "ByteStorage").end
      guard
        case .tensor(let tensor) = try PyTorchFile(
          ZipBuilder(pickle: pickle, storages: ["0": content]).bytes(), name: "x"
        ).root
      else { continue }
      #expect(try tensor.load().array(of: UInt8.self) == content)
    }
  }

  @Test func largeFilesAreReadInStretches() throws {
    let folder = try TemporaryFolder()
    let count = 9 << 20
    var content = [UInt8](repeating: 0, count: 4 * count)
    content.withUnsafeMutableBytes { bytes in
      for i in 0..<count { bytes.storeBytes(of: Float(i % 1_000_003), toByteOffset: 4 * i, as: Float.self) }
    }
    let pickle = PickleBuilder().op("}").text("w").tensor(
      "0", count: count, shape: [3, count / 3], strides: [count / 3, 1]
    )
    .op("s").text("half").tensor("1", count: 2 * count, shape: [2 * count], strides: [1], "HalfStorage").op("s").end
    let path = folder.file("large.pth")
    try AtomicFile.write(ZipBuilder(pickle: pickle, storages: ["0": content, "1": content]).bytes(), to: path)
    let weights = try WeightFile(path: path).tensors
    let values = try weights[0].load().array(of: Float.self)
    #expect(values.indices.allSatisfy { values[$0] == Float($0 % 1_000_003) })
    let halves = try weights[1].load().array(of: Float.self)
    #expect(
      content.withUnsafeBytes { bytes in
        halves.indices.allSatisfy {
          let half = Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)))
          return halves[$0] == half || halves[$0].isNaN && half.isNaN
        }
      })
  }
}
