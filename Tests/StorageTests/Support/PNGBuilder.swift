/// Makes PNG files byte by byte, so that reading is checked against the format and not against the library that reads.
struct PNGBuilder {
  var width: Int
  var height: Int
  var bitDepth = 8
  /// 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
  var colorType = 0
  var interlaced = false
  var palette: [UInt8] = []
  /// Samples in row-major order, channels interleaved, each of `bitDepth` bits.
  var samples: [Int]

  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType]! }

  func bytes() -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    file += chunk(
      "IHDR", big(width) + big(height) + [UInt8(bitDepth), UInt8(colorType), 0, 0, interlaced ? 1 : 0])
    if !palette.isEmpty { file += chunk("PLTE", palette) }
    file += chunk("IDAT", stored(interlaced ? adam7() : rows(0, 0, 1, 1)))
    return file + chunk("IEND", [])
  }

  /// The filtered rows (filter "none") of every `dx`-th column and `dy`-th row from (x, y).
  private func rows(_ x: Int, _ y: Int, _ dx: Int, _ dy: Int) -> [UInt8] {
    var result: [UInt8] = []
    for row in stride(from: y, to: height, by: dy) where x < width {
      result.append(0)
      var (byte, filled) = (0, 0)
      for column in stride(from: x, to: width, by: dx) {
        for channel in 0..<channels {
          let sample = samples[(row * width + column) * channels + channel]
          if bitDepth == 16 {
            result += [UInt8(sample >> 8), UInt8(sample & 255)]
          } else {
            byte = byte << bitDepth | sample
            filled += bitDepth
            if filled == 8 {
              result.append(UInt8(byte))
              (byte, filled) = (0, 0)
            }
          }
        }
      }
      if filled > 0 { result.append(UInt8(byte << (8 - filled))) }
    }
    return result
  }

  private func adam7() -> [UInt8] {
    let passes = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]
    return passes.flatMap { rows($0.0, $0.1, $0.2, $0.3) }
  }

  /// A zlib stream of stored blocks.
  private func stored(_ data: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let count = min(65535, data.count - start)
      let last: UInt8 = start + count == data.count ? 1 : 0
      result += [last, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8 & 255)]
      result += data[start..<start + count]
      start += count
    } while start < data.count
    var (a, b) = (1, 0)
    for byte in data {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    return result + big(b << 16 | a)
  }

  private func big(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

  private func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var crc: UInt32 = 0xffff_ffff
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xedb8_8320 ^ crc >> 1 : crc >> 1 }
    }
    return big(data.count) + body + big(Int(~crc))
  }
}
