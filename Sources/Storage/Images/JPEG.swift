import CTurboJPEG
import Foundation

/// JPEG through TurboJPEG.
enum JPEG {
  /// Owns one decompressor.
  private final class Decoder {
    let handle: tjhandle

    init(_ file: String) throws {
      guard let handle = tjInitDecompress() else {
        throw ImageError.damaged(file: file, reason: "no memory for the decoder")
      }
      self.handle = handle
    }

    deinit { tjDestroy(handle) }

    /// What went wrong, in the library's words.
    var reason: String { String(cString: tjGetErrorStr2(handle)) }
  }

  private static func header(_ decoder: Decoder, _ file: FileBytes) throws -> (width: Int, height: Int, space: TJCS) {
    var (width, height, subsampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let bytes = file.bytes.assumingMemoryBound(to: UInt8.self)
    guard
      tjDecompressHeader3(decoder.handle, bytes, UInt(file.count), &width, &height, &subsampling, &space) == 0
    else { throw ImageError.damaged(file: file.path, reason: decoder.reason) }
    // A whole block of a flat image takes a few bits.
    try ImageFile.checkSize(file.path, width: Int(width), height: Int(height), mostPixels: file.count * 4096)
    return (Int(width), Int(height), TJCS(UInt32(space)))
  }

  static func size(_ file: FileBytes) throws -> (width: Int, height: Int) {
    let header = try header(try Decoder(file.path), file)
    return (header.width, header.height)
  }

  /// Grey (1 channel) or RGB (3); an orientation that a camera noted is not applied.
  static func decode(_ file: FileBytes) throws -> Image8 {
    let decoder = try Decoder(file.path)
    let (width, height, space) = try header(decoder, file)
    if space == TJCS_CMYK || space == TJCS_YCCK {
      throw ImageError.unsupported(
        file: file.path, what: "a JPEG with four inks (CMYK)", advice: "convert it to an RGB image")
    }
    let channels = space == TJCS_GRAY ? 1 : 3
    let format = space == TJCS_GRAY ? TJPF_GRAY : TJPF_RGB
    var failure: String?
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, initialized in
      let bytes = file.bytes.assumingMemoryBound(to: UInt8.self)
      let status = tjDecompress2(
        decoder.handle, bytes, UInt(file.count), buffer.baseAddress, Int32(width), 0, Int32(height), format.rawValue,
        TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
      // Harmless oddities are warnings, but so are missing rows.
      if status != 0 {
        let reason = decoder.reason
        let isWarning = tjGetErrorCode(decoder.handle) == TJERR_WARNING.rawValue.signed
        if !isWarning || reason.lowercased().contains("premature end") { failure = reason }
      }
      initialized = width * height * channels
    }
    if let failure { throw ImageError.damaged(file: file.path, reason: failure) }
    return Image8(width: width, height: height, channels: channels, pixels: pixels)
  }
}

extension UInt32 {
  /// The library's functions take its enumerations as signed numbers.
  fileprivate var signed: Int32 { Int32(bitPattern: self) }
}
