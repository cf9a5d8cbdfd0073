import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct MATTests {
  private static let miniature =
    URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files/voc/SBD/cls"

  private static func read(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> Image8 {
    let path = folder.file("a.mat")
    try bytes.withUnsafeBytes { try AtomicFile.write($0, to: path, durable: false) }
    return try MATFile.bytes(at: path, variable: "GTcls", field: "Segmentation")
  }

  private static let matrix = MATBuilder.matrix("", rows: 2, columns: 3, [1, 2, 3, 4, 5, 255])
  /// Two cells as SBD has them: which pixels of a map of 2x3 are on a boundary.
  private static let boundaries = MATBuilder.array(
    5, "", [2, 3],
    MATBuilder.element(5, [1, 0, 1].flatMap { MATBuilder.number($0, 4) })
      + MATBuilder.element(5, [0, 1, 1, 3].flatMap { MATBuilder.number($0, 4) }) + MATBuilder.element(2, [1, 1, 1]))
  private static func variable(_ matrix: [UInt8] = matrix) -> [UInt8] {
    let cells = MATBuilder.array(1, "", [2, 1], boundaries + boundaries)
    return MATBuilder.structure("GTcls", [("Boundaries", cells), ("Segmentation", matrix)])
  }

  @Test func filesOfSciPyAreRead() throws {
    let map = try MATFile.bytes(at: Self.miniature + "/2007_200001.mat", variable: "GTcls", field: "Segmentation")
    #expect(map.width == 30 && map.height == 40 && map.channels == 1)
    // As SciPy and NumPy have it: the sum, and a sum that depends on the order.
    #expect(map.pixels.reduce(0) { $0 + Int($1) } == 3860)
    #expect(map.pixels.enumerated().reduce(0) { $0 + $1.offset * Int($1.element) } % 65521 == 46660)
  }

  @Test func columnsBecomeRowsInWhateverWayItIsStored() throws {
    let folder = try TemporaryFolder()
    let expected = Image8(width: 3, height: 2, channels: 1, pixels: [1, 3, 5, 2, 4, 255])
    let other = MATBuilder.matrix("other", rows: 1, columns: 1, [7])
    for file in [
      [Self.variable()], [other, Self.variable()], [MATBuilder.compressed(Self.variable())],
      [MATBuilder.compressed(other), MATBuilder.compressed(Self.variable()), other],
    ] {
      #expect(try Self.read(MATBuilder.file(file), folder) == expected)
    }
    // A matrix of doubles whose values are stored as bytes, and one whose values are doubles.
    let doubles = [1.0, 2, 3, 4, 5, 255].flatMap { MATBuilder.number(Int($0.bitPattern), 8) }
    for content in [MATBuilder.element(2, [1, 2, 3, 4, 5, 255]), MATBuilder.element(9, doubles)] {
      let matrix = MATBuilder.array(6, "", [2, 3], content)
      #expect(try Self.read(MATBuilder.file([Self.variable(matrix)]), folder) == expected)
    }
  }

  @Test func othersAreRefusedByNameAndCause() throws {
    let folder = try TemporaryFolder()
    func expect(_ text: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(sourceLocation: sourceLocation) { try Self.read(bytes, folder) } throws: {
        $0 is MATError && "\($0)".contains("a.mat") && "\($0)".contains(text)
      }
    }
    func field(_ matrix: [UInt8]) -> [UInt8] { MATBuilder.file([Self.variable(matrix)]) }
    expect("ends within its header", Array("MATLAB".utf8))
    expect("none of a MAT file", [UInt8](repeating: 7, count: 4000))
    expect("7.3", MATBuilder.file([], version: 0x0200))
    expect("version is unknown", MATBuilder.file([], version: 0x0300))
    expect("big-endian", MATBuilder.file([], order: "MI"))
    expect("GTcls of the MAT file isn't there", MATBuilder.file([]))
    expect(
      "GTcls of the MAT file is no structure", MATBuilder.file([MATBuilder.matrix("GTcls", rows: 1, columns: 1, [1])]))
    expect(
      "Segmentation of the MAT file isn't there", MATBuilder.file([MATBuilder.structure("GTcls", [("x", Self.matrix)])])
    )
    expect("no matrix of real numbers", field(MATBuilder.element(14, [])))
    expect(
      "no matrix of real numbers",
      field(MATBuilder.array(9, "", [1, 2, 3], MATBuilder.element(2, [1, 2, 3, 4, 5, 6]))))
    expect("no matrix of real numbers", field(MATBuilder.array(1, "", [1, 1], Self.matrix)))
    expect("absurd dimensions, 0x0", field(MATBuilder.matrix("", rows: 0, columns: 0, [])))
    expect("values other than whole numbers", field(MATBuilder.array(8, "", [1, 1], MATBuilder.element(1, [255]))))
    let third = MATBuilder.element(7, MATBuilder.number(Int(Float(0.3).bitPattern), 4))
    expect("values other than whole numbers", field(MATBuilder.array(7, "", [1, 1], third)))
    // What sizes announce isn't there.
    expect(
      "16777216 numbers announced", field(MATBuilder.array(9, "", [4096, 4096], MATBuilder.element(2, [1, 2, 3]))))
    expect("absurd dimensions", field(MATBuilder.array(9, "", [-1, 1], MATBuilder.element(2, [1]))))
    expect("arrays announced", field(MATBuilder.array(1, "", [1 << 30, 1], Self.matrix)))
    expect(
      "arrays announced", MATBuilder.file([MATBuilder.structure("GTcls", [("a", [])], dimensions: [1 << 20, 1 << 10])]))
    expect("bytes are left", Array(MATBuilder.file([Self.variable()]).dropLast(16)))
    expect("byte 128", MATBuilder.file([MATBuilder.compressed(Array(Self.variable().dropLast(8)))]))
    let bomb: [UInt8] = MATBuilder.number(14, 4) + MATBuilder.number(1 << 30, 4) + [0, 0, 0, 0, 0, 0, 0, 0]
    expect("announces 1.1 GB", MATBuilder.file([MATBuilder.compressed(bomb)]))
    // Little in the file, but much for the library: empty arrays, names of fields.
    let cells = MATBuilder.element(14, [])
    let many = MATBuilder.array(1, "", [10_001, 1], Array(repeatElement(cells, count: 10_001).joined()))
    expect("more than 10000 arrays", MATBuilder.file([many]))
    let names =
      MATBuilder.small(5, MATBuilder.number(1, 4)) + MATBuilder.element(1, [UInt8](repeating: 0, count: 20_000))
    expect("more than 10000 arrays", MATBuilder.file([MATBuilder.array(2, "GTcls", [0, 0], names)]))
    expect("more than 4.2 MB", [UInt8](repeating: 0, count: 5 << 20))
    var nested = Self.matrix
    for _ in 0..<40 { nested = MATBuilder.array(1, "", [1, 1], nested) }
    expect("nested more than 8 deep", MATBuilder.file([nested]))
    #expect(throws: FileError.missing(path: "/nowhere.mat")) {
      try MATFile.bytes(at: "/nowhere.mat", variable: "GTcls", field: "Segmentation")
    }
  }

  @Test func filesAreReadOnSeveralThreadsAtOnce() throws {
    let maps = Mutex<[Image8]>([])
    DispatchQueue.concurrentPerform(iterations: 400) { _ in
      let path = Self.miniature + "/2007_200001.mat"
      if let map = try? MATFile.bytes(at: path, variable: "GTcls", field: "Segmentation") {
        maps.withLock { $0.append(map) }
      }
    }
    let all = maps.withLock { $0 }
    #expect(all.count == 400 && all.allSatisfy { $0 == all[0] })
  }

  /// Every byte changed in several ways, and every length: what comes out is a map or a typed error.
  @Test func damagedFilesNeverDoHarm() throws {
    let folder = try TemporaryFolder()
    let packed = Array(try Data(contentsOf: URL(fileURLWithPath: Self.miniature + "/2007_300001.mat")))
    var (maps, errors) = (0, 0)
    func tryReading(_ bytes: [UInt8]) {
      do {
        let map = try Self.read(bytes, folder)
        #expect(map.pixels.count == map.width * map.height)
        maps += 1
      } catch {
        #expect(error is MATError)
        errors += 1
      }
    }
    let before = Memory.resident
    for whole in [
      MATBuilder.file([Self.variable()]), MATBuilder.file([MATBuilder.compressed(Self.variable())]), packed,
    ] {
      for position in 100..<whole.count {
        tryReading(Array(whole.prefix(position)))
        for change: UInt8 in [0x01, 0x04, 0x10, 0x80, 0xff] {
          var bytes = whole
          bytes[position] ^= change
          tryReading(bytes)
        }
      }
    }
    // Changes within what is then packed rightly.
    let inner = Self.variable()
    for position in inner.indices {
      for change: UInt8 in [0x01, 0x02, 0x08, 0x40, 0xff] {
        var bytes = inner
        bytes[position] ^= change
        tryReading(MATBuilder.file([MATBuilder.compressed(bytes)]))
      }
    }
    #expect(maps > 100 && errors > 1000)
    #expect(Memory.resident - before < 64 << 20)
  }
}
