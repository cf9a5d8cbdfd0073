import CZlib

/// Unpacking of deflated bytes through zlib, into memory whose size is known before it is taken.
enum Inflate {
  enum Wrapping: Int32 {
    /// Nothing around the deflated bytes, as in zip archives.
    case bare = -15
    /// A header, and a checksum at the end, as in PNG and MAT files.
    case zlib = 15
  }

  /// Whether `packed` bytes can unpack to `size`: deflate makes 1032 of one at best.
  static func isPossible(_ size: Int, from packed: Int) -> Bool { size / 1032 <= packed }

  /// All of the bytes that `packed` unpacks to; nil if these aren't exactly `count`, or are damaged.
  static func unpack(_ packed: UnsafeRawBufferPointer, to count: Int, _ wrapping: Wrapping) -> [UInt8]? {
    // A byte more than announced shows that there is more.
    let (bytes, isWhole) = start(of: packed, atMost: count + 1, wrapping)
    return isWhole && bytes.count == count ? bytes : nil
  }

  /// The first bytes that `packed` unpacks to, fewer than `limit` if it is damaged or that was all.
  static func start(of packed: UnsafeRawBufferPointer, atMost limit: Int, _ wrapping: Wrapping) -> (
    bytes: [UInt8], isWhole: Bool
  ) {
    guard packed.count <= UInt32.max, limit <= UInt32.max else { return ([], false) }
    var stream = z_stream()
    guard tel_inflate_init(&stream, wrapping.rawValue) == Z_OK else { return ([], false) }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(packed.count)
    var status = Z_OK
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(limit)
      status = inflate(&stream, Z_FINISH)
      count = limit - Int(stream.avail_out)
    }
    return (bytes, status == Z_STREAM_END)
  }
}
