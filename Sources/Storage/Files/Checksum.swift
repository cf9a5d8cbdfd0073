/// A hash of 64 bits that runs at the speed of memory. It is a guard against accidents, not against malice.
enum Checksum {
  /// Four lanes of multiply and rotate over little-endian words. Each step is one-to-one in the lane, so a change confined to
  /// one word always changes the result.
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

  /// The hash of the hashes of some ranges, or of the only one.
  static func hash(_ bytes: UnsafeRawBufferPointer, _ ranges: [Range<Int>]) -> UInt64 {
    let hashes = ranges.map { hash(UnsafeRawBufferPointer(rebasing: bytes[$0])) }
    return hashes.count == 1 ? hashes[0] : hashes.flatMap(\.littleEndianBytes).withUnsafeBytes { hash($0) }
  }
}

extension UInt64 {
  var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
