import CPNG
import Foundation

/// PNG through libpng.
enum PNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  /// Signature, and the IHDR chunk with its checksum.
  static let headerBytes = 33

  /// The IHDR chunk.
  struct Header {
    var width: Int
    var height: Int
    var bitDepth: Int
    /// 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
    var colorType: Int

    /// Bits per pixel in the file, before compression.
    var bitsPerPixel: Int {
      switch colorType {
      case 2: bitDepth * 3
      case 4: bitDepth * 2
      case 6: bitDepth * 4
      default: bitDepth
      }
    }
  }

  /// Reads and judges the header, before memory is taken for anything else.
  static func header(_ file: FileBytes) throws -> Header {
    guard file.count >= headerBytes, file.buffer[12..<16].elementsEqual("IHDR".utf8) else {
      throw ImageError.damaged(file: file.path, reason: "the file ends within its header")
    }
    let big = { (at: Int) in Int(UInt32(bigEndian: file.buffer.loadUnaligned(fromByteOffset: at, as: UInt32.self))) }
    let header = Header(
      width: big(16), height: big(20), bitDepth: Int(file.buffer[24]), colorType: Int(file.buffer[25]))
    try ImageFile.checkSize(file.path, width: header.width, height: header.height, mostPixels: .max)
    if header.bitDepth > 8 {
      throw ImageError.unsupported(
        file: file.path, what: "a PNG of \(header.bitDepth) bits per channel",
        advice: "convert it to 8 bits per channel")
    }
    return header
  }

  static func decode(_ file: FileBytes, labels: Bool) throws -> Image8 {
    let header = try header(file)
    if labels && (header.colorType == 2 || header.colorType == 6) {
      throw ImageError.unsupported(
        file: file.path, what: "a colour image as class ids",
        advice: "store class ids as grey values or palette indices; pictures of labels in colour are for viewing")
    }
    // Deflate packs a byte into 1/1032 at best.
    let mostPixels = file.count * 1100 * 8 / max(1, header.bitsPerPixel) + 64
    try ImageFile.checkSize(file.path, width: header.width, height: header.height, mostPixels: mostPixels)
    let channels = labels || header.colorType == 0 || header.colorType == 4 ? 1 : 3
    let count = header.width * header.height * channels
    var message = tel_png_message()
    var status: Int32 = -1
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      status = tel_png_decode(
        file.bytes, file.count, labels ? tel_png_labels : tel_png_image, buffer.baseAddress, header.width * channels,
        UInt32(header.height), &message)
      initialized = status == 0 ? count : 0
    }
    guard status == 0 else { throw ImageError.damaged(file: file.path, reason: text(message)) }
    return Image8(width: header.width, height: header.height, channels: channels, pixels: pixels)
  }

  /// Encodes and passes the file's bytes to `body`.
  static func encode<R>(
    _ image: Image8, palette: [RGB], name: String, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    var entries = palette.prefix(256).flatMap { [$0.red, $0.green, $0.blue] }
    if !palette.isEmpty {
      precondition(image.channels == 1, "a palette needs class ids")
      let needed = 3 * (Int(image.pixels.max() ?? 0) + 1)
      if needed > entries.count { entries += [UInt8](repeating: 0, count: needed - entries.count) }
    }
    var message = tel_png_message()
    var count = 0
    guard
      let bytes = tel_png_encode(
        image.pixels, UInt32(image.width), UInt32(image.height), Int32(image.channels), entries,
        Int32(entries.count / 3), &count, &message)
    else { throw ImageError.notWritten(file: name, reason: text(message)) }
    defer { free(bytes) }
    return try body(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  private static func text(_ message: tel_png_message) -> String {
    withUnsafeBytes(of: message.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
