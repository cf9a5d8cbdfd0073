/// Guards the bytes of our files against damage: a trailer of 24 bytes behind the content, which HDF5 and others ignore.
///
/// HDF5 has no checksum of its own in its oldest format, and a damaged file can keep the library busy forever. A file
/// without a trailer comes from elsewhere, or was changed by another program since, and is taken as it is.
enum Checksum {
  static let trailerBytes = 24
  private static let magic = Array("telcheck".utf8)

  /// `magic`, the content's length and its hash, little-endian.
  static func trailer(for content: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = magic
    for value in [UInt64(content.count), hash(content)] {
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    return bytes
  }

  /// The part of a file that is content, and whether it is what was written; nil for a file without a trailer.
  static func verify(_ file: UnsafeRawBufferPointer) -> (contentCount: Int, isWhole: Bool)? {
    let count = file.count - trailerBytes
    guard count >= 0, file[count..<count + 8].elementsEqual(magic) else { return nil }
    let length = file.loadUnaligned(fromByteOffset: count + 8, as: UInt64.self).littleEndian
    let expected = file.loadUnaligned(fromByteOffset: count + 16, as: UInt64.self).littleEndian
    let content = UnsafeRawBufferPointer(rebasing: file[..<count])
    return (count, length == UInt64(count) && hash(content) == expected)
  }

  /// Four lanes of multiply and rotate over little-endian words, so that it runs at the speed of memory. Each step is
  /// one-to-one in the lane, so a change confined to one word always changes the result.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let (p1, p2): (UInt64, UInt64) = (0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F)
    @inline(__always) func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
      let mixed = lane &+ word &* p2
      return (mixed << 31 | mixed >> 33) &* p1
    }
    @inline(__always) func word(_ at: Int) -> UInt64 {
      bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
    }
    var (a, b, c, d) = (p1, p2, p1 &+ p2, p1 ^ p2)
    var position = 0
    while position + 32 <= bytes.count {
      a = step(a, word(position))
      b = step(b, word(position + 8))
      c = step(c, word(position + 16))
      d = step(d, word(position + 24))
      position += 32
    }
    var result = step(step(step(step(UInt64(bytes.count), a), b), c), d)
    while position < bytes.count {
      result = step(result, UInt64(bytes[position]))
      position += 1
    }
    return result
  }
}
