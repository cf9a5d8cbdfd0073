import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// HDF5 files as an attacker might make them (`Tests/Peers/write_hostile_h5.py`): typed errors, at once, in little memory.
@Suite(.serialized) struct HostileHDF5Tests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was refused"
    } catch let error as HDF5Error {
      return "\(error)"
    } catch {
      return "an error of another kind: \(error)"
    }
  }

  @Test(arguments: [
    ("soft", "a link to another name"), ("soft_ring", "a link to another name"),
    ("outside", "a link into another file"),
    ("external", "stored in other files"), ("virtual", "stored in other files"), ("huge", "claims the shape"),
    ("huge_contiguous", "claims the shape"), ("beyond_integers", "claims the shape"), ("tiny_chunks", "chunks"),
    ("other_filter", "packed by filter 32000"), ("numbers_of_any_length", "variable length"),
    ("references", "reference"), ("opaque", "opaque"), ("odd_float", "an unusual making"),
    ("bomb", "doesn't unpack to its 1000 bytes"), ("short_chunk", "doesn't unpack to its 1000 bytes"),
    ("cut_chunk", "doesn't unpack to its 1000 bytes"), ("wrong_checksum", "checksum differs"),
  ])
  func badObjectsAreRefusedAndTheOthersRead(name: String, reason: String) throws {
    let path = Files.path("hostile/objects.h5")
    let file = try HDF5File(reading: path)
    let before = Memory.resident
    let text = refusal { _ = try file.read(name) }
    #expect(text.contains(reason) && text.contains(path) && text.contains(name), "\(text)")
    #expect(Memory.resident - before < 64 << 20)
    #expect(try file.read("good").array(of: Float.self) == [0, 1, 2, 3])
  }

  @Test func textThatOnlyTheLibraryCouldUnpackIsRefused() throws {
    let file = try HDF5File(reading: Files.path("hostile/objects.h5"))
    #expect(refusal { _ = try file.readStrings("packed_text") }.contains("packed text"))
    // Attributes of other types are left out.
    #expect(try file.attributes("/").isEmpty)
    #expect(try file.datasets().contains("good") && !file.datasets().contains("soft"))
  }

  @Test func ringsAndManyPathsComeToAnEnd() throws {
    let file = try HDF5File(reading: Files.path("hostile/ring.h5"))
    #expect(try file.datasets() == ["a/value", "double/" + String(repeating: "left/", count: 25) + "value"])
    #expect(try file.read("a/back/top/a/value").array(of: Int32.self) == [0, 1, 2])
  }

  @Test(arguments: [("deep.h5", "too deep"), ("long_name.h5", "too long")])
  func limitsAreNamed(name: String, reason: String) {
    let path = Files.path("hostile/" + name)
    let text = refusal { _ = try HDF5File(reading: path) }
    #expect(text.contains(reason) && text.contains(path), "\(text)")
    #expect(refusal { _ = try HDF5File(updating: path) }.contains(reason))
  }

  @Test func aRightChecksumIsNoReasonForTrust() throws {
    let inner = try FileBytes(path: Files.path("hostile/deep.h5"))
    let path = folder.file("forged.h5")
    let content = inner.array
    try Data(content + Forged.trailer(content)).write(to: URL(fileURLWithPath: path))
    #expect(refusal { _ = try HDF5File(reading: path) }.contains("too deep"))
  }

  /// Bytes of a file of h5py, some of them changed at random. What is read of it then may be anything but a crash or a hang: values,
  /// or an error that says so. TEL_MUTATIONS in the environment says how many files are tried.
  @Test func changedBytesAreErrorsOrValues() throws {
    let count = ProcessInfo.processInfo.environment["TEL_MUTATIONS"].flatMap(Int.init) ?? 300
    let originals = try ["h5py_chunks_earliest.h5", "h5py.h5", "h5py_chunks_v110.h5", "hostile/ring.h5"].map {
      try FileBytes(path: Files.path($0)).array
    }
    let path = folder.file("changed.h5")
    var (opened, read, refused) = (0, 0, 0)
    for number in 0..<count {
      var random = RandomStream(seed: 5, purpose: "mutation", index: number)
      var bytes = originals[number % originals.count]
      // Half of them near the start, where most of the structure is.
      for _ in 0..<random.integer(in: 1...4) {
        let reach = random.integer(in: 0...1) == 0 ? min(bytes.count, 4096) : bytes.count
        let at = random.integer(in: 0...reach - 1)
        bytes[at] =
          switch random.integer(in: 0...2) {
          case 0: bytes[at] ^ 1 << UInt8(random.integer(in: 0...7))
          case 1: UInt8(random.integer(in: 0...255))
          default: random.integer(in: 0...1) == 0 ? 0 : 255
          }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let start = ContinuousClock.now
      do {
        let file = try HDF5File(reading: path)
        opened += 1
        try Self.readAll(file)
        read += 1
      } catch is HDF5Error {
        refused += 1
      }
      let time = ContinuousClock.now - start
      #expect(time < .seconds(30), "mutation \(number)")
    }
    print("\(count) changed files: \(opened) opened, \(read) of them read whole, \(refused) errors")
    #expect(opened > count / 20 && read > 0 && refused > count / 5)
  }

  /// Everything that reads, at every object; an object that can't be read doesn't keep from the others.
  private static func readAll(_ file: HDF5File) throws {
    var first: (any Error)?
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch let error as HDF5Error { first = first ?? error }
    }
    try attempt { _ = try file.attributes("/") }
    for name in try file.datasets() {
      try attempt { _ = try file.attributes(name) }
      try attempt {
        switch try file.info(name) {
        case .array: _ = try file.read(name)
        case .text: _ = try file.readStrings(name)
        default: break
        }
      }
    }
    if let first { throw first }
  }
}

/// The checksum of a whole file as anybody can write it, from its description.
private enum Forged {
  static func trailer(_ content: [UInt8]) -> [UInt8] {
    let (p1, p2): (UInt64, UInt64) = (0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F)
    func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
      let mixed = lane &+ word &* p2
      return (mixed << 31 | mixed >> 33) &* p1
    }
    var lanes = [p1, p2, p1 &+ p2, p1 ^ p2]
    var position = 0
    while position + 32 <= content.count {
      for lane in 0..<4 {
        let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(content[position + 8 * lane + $1]) << UInt64(8 * $1) }
        lanes[lane] = step(lanes[lane], word)
      }
      position += 32
    }
    var hash = lanes.reduce(UInt64(content.count), step)
    for byte in content[position...] { hash = step(hash, UInt64(byte)) }
    return Array("telcheck".utf8)
      + [UInt64(content.count), hash].flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }
}
