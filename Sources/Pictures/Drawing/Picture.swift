import Foundation
import Storage

/// Something to look at: pixels, or a drawing of lines and letters.
public enum Picture: Sendable {
  case pixels(Image8)
  case drawing(Drawing)

  /// As pixels; a drawing has 2 of them to a unit.
  public var image: Image8 {
    switch self {
    case .pixels(let image): image
    case .drawing(let drawing): drawing.rendered()
    }
  }

  /// The bytes of a PNG file.
  /// - Throws: `ImageError`.
  public func png() throws -> [UInt8] { try ImageFile.png(image) }

  /// As SVG that stands by itself. Pixels are a picture inside.
  /// - Throws: `ImageError`.
  public func svg() throws -> String {
    switch self {
    case .drawing(let drawing): return try drawing.svg()
    case .pixels(let image):
      var drawing = Drawing(width: Double(image.width), height: Double(image.height), background: nil)
      drawing.add(.picture(image, x: 0, y: 0, width: drawing.width, height: drawing.height))
      return try drawing.svg()
    }
  }

  /// The kind of file that suits it best: "svg" for lines and letters, "png" where there are pictures among them.
  public var usualEnding: String {
    guard case .drawing(let drawing) = self else { return "png" }
    let hasPictures = drawing.elements.contains { if case .picture = $0 { true } else { false } }
    return hasPictures ? "png" : "svg"
  }

  /// Writes a PNG or SVG file, whole or not at all, as the name's ending says.
  /// - Throws: `PictureError.ending` for other names; `FileError`, `ImageError`.
  public func write(to path: String) throws {
    switch path.fileExtension.lowercased() {
    case "png": try ImageFile.writePNG(image, to: path)
    case "svg": try AtomicFile.write(svg(), to: path)
    default: throw PictureError.ending(path: path)
    }
  }
}
