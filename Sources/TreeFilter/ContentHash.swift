/// A 128-bit hash of memory (MurmurHash3, x64 variant, seed 0): fast and even, not meant against adversaries.
package struct ContentHash: Hashable, Sendable {
  package let low: UInt64
  package let high: UInt64

  package init(_ bytes: UnsafeRawBufferPointer) {
    var (h1, h2): (UInt64, UInt64) = (0, 0)
    let blocks = bytes.count / 16
    for block in 0..<blocks {
      let k1 = bytes.loadUnaligned(fromByteOffset: block &* 16, as: UInt64.self)
      let k2 = bytes.loadUnaligned(fromByteOffset: block &* 16 &+ 8, as: UInt64.self)
      h1 ^= ContentHash.first(UInt64(littleEndian: k1))
      h1 = (ContentHash.rotated(h1, 27) &+ h2) &* 5 &+ 0x52dc_e729
      h2 ^= ContentHash.second(UInt64(littleEndian: k2))
      h2 = (ContentHash.rotated(h2, 31) &+ h1) &* 5 &+ 0x3849_5ab5
    }
    var (k1, k2): (UInt64, UInt64) = (0, 0)
    for i in stride(from: bytes.count - 1, through: blocks * 16, by: -1) {
      if i % 16 >= 8 { k2 = k2 << 8 | UInt64(bytes[i]) } else { k1 = k1 << 8 | UInt64(bytes[i]) }
    }
    h2 ^= ContentHash.second(k2)
    h1 ^= ContentHash.first(k1)
    h1 ^= UInt64(bytes.count)
    h2 ^= UInt64(bytes.count)
    h1 &+= h2
    h2 &+= h1
    h1 = ContentHash.finished(h1)
    h2 = ContentHash.finished(h2)
    h1 &+= h2
    h2 &+= h1
    (low, high) = (h1, h2)
  }

  @inline(__always) private static func rotated(_ x: UInt64, _ bits: UInt64) -> UInt64 {
    x &<< bits | x &>> (64 &- bits)
  }
  @inline(__always) private static func first(_ k: UInt64) -> UInt64 {
    rotated(k &* 0x87c3_7b91_1142_53d5, 31) &* 0x4cf5_ad43_2745_937f
  }
  @inline(__always) private static func second(_ k: UInt64) -> UInt64 {
    rotated(k &* 0x4cf5_ad43_2745_937f, 33) &* 0x87c3_7b91_1142_53d5
  }
  @inline(__always) private static func finished(_ k: UInt64) -> UInt64 {
    var k = (k ^ k >> 33) &* 0xff51_afd7_ed55_8ccd
    k = (k ^ k >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return k ^ k >> 33
  }
}
