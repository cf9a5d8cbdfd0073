import Foundation
import Storage

/// How a terminal is told to draw a picture among its text.
public enum TerminalGraphics: String, Sendable, CaseIterable {
  /// kitty's graphics protocol (kitty, Ghostty, WezTerm, Konsole).
  case kitty
  /// iTerm2's inline images.
  case iterm2
  /// DEC's sixels (foot, mlterm, xterm -ti vt340, Windows Terminal).
  case sixel
  /// Two pixels to a character, ▀ in 24-bit colours: any terminal.
  case blocks

  /// The text that draws a picture, with a line end.
  /// - Parameters:
  ///   - columns: characters to a line.
  ///   - cell: pixels of a character, width and height, where the terminal tells.
  /// - Throws: `ImageError`.
  public func text(_ image: Image8, columns: Int, cell: (width: Int, height: Int) = (8, 16)) throws -> String {
    if self == .blocks { return Self.halfBlocks(image, columns: columns) }
    // Room for a picture is what the lines have; small ones are magnified by whole factors so that pixels can be seen.
    let room = max(1, (columns - 1) * cell.width)
    let most = max(1, min(room / image.width, 384 / max(1, image.height)))
    let shown = image.width > room ? image.shrunk(toWidth: room) : image.magnified(by: min(8, most))
    switch self {
    case .kitty: return try Self.kitty(shown)
    case .iterm2: return try Self.iterm2(shown)
    case .sixel, .blocks: return Sixel.text(shown)
    }
  }

  private static let escape = "\u{1B}"

  /// PNG in pieces of 4096 characters; q=2 keeps the terminal from answering.
  private static func kitty(_ image: Image8) throws -> String {
    let data = Array(Data(try ImageFile.png(image)).base64EncodedString().utf8)
    var text = ""
    for start in stride(from: 0, to: data.count, by: 4096) {
      let end = min(data.count, start + 4096)
      let keys = (start == 0 ? "a=T,f=100,q=2," : "") + "m=\(end < data.count ? 1 : 0)"
      text += "\(escape)_G\(keys);\(String(decoding: data[start..<end], as: UTF8.self))\(escape)\\"
    }
    return text + "\n"
  }

  private static func iterm2(_ image: Image8) throws -> String {
    let bytes = try ImageFile.png(image)
    return "\(escape)]1337;File=inline=1;size=\(bytes.count);width=\(image.width)px;height=\(image.height)px;"
      + "preserveAspectRatio=1:\(Data(bytes).base64EncodedString())\u{7}\n"
  }

  /// The upper half of a character is its foreground, the lower its background.
  private static func halfBlocks(_ image: Image8, columns: Int) -> String {
    let width = min(columns - 1, image.width, 160)
    let shown = image.rgb.shrunk(toWidth: max(1, width))
    let colour = { (x: Int, y: Int) in "\(shown[x, y, 0]);\(shown[x, y, 1]);\(shown[x, y, 2])" }
    var text = ""
    for y in stride(from: 0, to: shown.height, by: 2) {
      var last = ""
      for x in 0..<shown.width {
        let below = y + 1 < shown.height ? "\(escape)[48;2;\(colour(x, y + 1))m" : "\(escape)[49m"
        let look = "\(escape)[38;2;\(colour(x, y))m" + below
        text += (look == last ? "" : look) + "▀"
        last = look
      }
      text += "\(escape)[0m\n"
    }
    return text
  }
}
