import Foundation

/// PNG and JPEG files. The first bytes decide what a file is, not its name.
public enum ImageFile {
  /// Images with more pixels are refused before memory is taken.
  public static let largestPixelCount = 1 << 28

  /// A picture: grey (1 channel) or RGB (3). Palettes become colours, alpha is dropped.
  /// - Throws: `FileError`, `ImageError`.
  public static func read(_ path: String) throws -> Image8 {
    let bytes = try FileBytes(path: path)
    switch try format(bytes) {
    case .png: return try PNG.decode(bytes, labels: false)
    case .jpeg: return try JPEG.decode(bytes)
    }
  }

  /// A map of class ids, 1 channel: palette indices, or grey values as they stand in the file.
  /// - Throws: `FileError`, `ImageError` (also for colours, and for JPEG, which doesn't keep values exactly).
  public static func readLabels(_ path: String) throws -> Image8 {
    let bytes = try FileBytes(path: path)
    switch try format(bytes) {
    case .png: return try PNG.decode(bytes, labels: true)
    case .jpeg:
      throw ImageError.unsupported(
        file: path, what: "a JPEG file as class ids", advice: "store labels as PNG; JPEG changes values")
    }
  }

  /// Width and height from the header alone.
  /// - Throws: as reading does, for what the header shows.
  public static func size(_ path: String) throws -> (width: Int, height: Int) {
    let start = try FileBytes(path: path, atMost: PNG.headerBytes)
    switch try format(start) {
    case .png:
      let header = try PNG.header(start)
      return (header.width, header.height)
    case .jpeg:
      return try JPEG.size(try FileBytes(path: path))
    }
  }

  /// Writes a grey or RGB picture as PNG, whole or not at all. Pictures can be made again, so this doesn't wait for the disk.
  public static func writePNG(_ image: Image8, to path: String) throws {
    try PNG.encode(image, palette: [], name: path) { try AtomicFile.write($0, to: path, durable: false) }
  }

  /// Writes class ids (1 channel) as PNG with a palette; ids beyond the palette are black.
  public static func writePNG(labels: Image8, palette: [RGB], to path: String) throws {
    try PNG.encode(labels, palette: palette, name: path) { try AtomicFile.write($0, to: path, durable: false) }
  }

  /// A grey or RGB picture as the bytes of a PNG file.
  public static func png(_ image: Image8) throws -> [UInt8] {
    try PNG.encode(image, palette: [], name: "image") { Array($0) }
  }

  private enum Format { case png, jpeg }

  private static func format(_ file: FileBytes) throws -> Format {
    let start = Array(file.buffer.prefix(8))
    if start == PNG.signature { return .png }
    if start.starts(with: [0xff, 0xd8, 0xff]) { return .jpeg }
    let known: [(String, [UInt8])] = [
      ("it is an HDF5 file", [0x89, 0x48, 0x44, 0x46]), ("it is a GIF", Array("GIF8".utf8)),
      ("it is a BMP", Array("BM".utf8)), ("it is a TIFF", [0x49, 0x49, 0x2a]),
      ("it is a TIFF", [0x4d, 0x4d, 0x00, 0x2a]),
      ("it is a WebP or other RIFF file", Array("RIFF".utf8)), ("it is a web page", Array("<!".utf8)),
      ("it is a web page", Array("<html".utf8)), ("it is a zip archive", [0x50, 0x4b, 0x03, 0x04]),
      ("it is a placeholder of Git LFS", Array("version ".utf8)),
    ]
    if start.isEmpty { throw ImageError.notAnImage(file: file.path, found: "it is empty") }
    if PNG.signature.starts(with: start) {
      throw ImageError.damaged(file: file.path, reason: "the file ends within its first bytes")
    }
    let found = known.first { start.starts(with: $0.1) }?.0 ?? "its first bytes are unknown"
    throw ImageError.notAnImage(file: file.path, found: found)
  }

  /// Refuses sizes that can't be meant.
  /// - Parameter mostPixels: what a file of these bytes can hold at the best compression.
  static func checkSize(_ file: String, width: Int, height: Int, mostPixels: Int) throws {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    if width <= 0 || height <= 0 {
      throw ImageError.absurdSize(file: file, width: width, height: height, reason: "nothing to see")
    }
    if overflow || pixels > largestPixelCount {
      throw ImageError.absurdSize(
        file: file, width: width, height: height, reason: "more than \(largestPixelCount) pixels")
    }
    if pixels > mostPixels {
      throw ImageError.absurdSize(
        file: file, width: width, height: height, reason: "more than the file's bytes can hold")
    }
  }
}
