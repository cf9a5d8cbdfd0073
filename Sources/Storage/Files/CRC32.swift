/// The checksum that zip files hold for every entry: CRC-32 with the reflected polynomial 0xEDB88320.
///
/// Sixteen bytes a step by sixteen tables ("slicing"): about 2 GB/s, a sixth of a second for the weights of HRNet-W48.
struct CRC32 {
  private var state: UInt32 = 0xffff_ffff

  /// The checksum of what was added so far.
  var value: UInt32 { ~state }

  /// `tables[256 * k + b]` is what the byte `b` does to the checksum `k` bytes later.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 1 ? 0xedb8_8320 ^ remainder >> 1 : remainder >> 1 }
      tables[byte] = remainder
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 255)]
    }
    return tables
  }()

  /// Adds bytes that follow those added before.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    Self.tables.withUnsafeBufferPointer { tables in
      @inline(__always) func word(_ offset: Int, _ mixed: UInt32, _ table: Int) -> UInt32 {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian ^ mixed
        return tables[256 * (table + 3) + Int(word & 255)] ^ tables[256 * (table + 2) + Int(word >> 8 & 255)]
          ^ tables[256 * (table + 1) + Int(word >> 16 & 255)] ^ tables[256 * table + Int(word >> 24)]
      }
      var position = 0
      while bytes.count - position >= 16 {
        state =
          word(position, state, 12) ^ word(position + 4, 0, 8) ^ word(position + 8, 0, 4) ^ word(position + 12, 0, 0)
        position += 16
      }
      while position < bytes.count {
        state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[position])) & 255)]
        position += 1
      }
    }
  }
}
