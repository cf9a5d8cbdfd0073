import Foundation
import Pictures
import Storage
import TestSupport
import Testing

@Suite struct TerminalTests {
  private let image: Image8 = {
    var image = Image8(width: 24, height: 13, channels: 3)
    for y in 0..<13 {
      for x in 0..<24 {
        image[x, y, 0] = UInt8(x * 10)
        image[x, y, 1] = UInt8(y * 19)
        image[x, y, 2] = x > 12 ? 255 : 0
      }
    }
    return image
  }()

  @Test func kittyGetsThePictureInPieces() throws {
    // Noise doesn't compress, so that there is more than one piece.
    let noise = Image8(
      width: 64, height: 64, channels: 3, pixels: Generator.bits("noise", count: 64 * 64 * 3).map { UInt8($0 & 255) })
    let text = try TerminalGraphics.kitty.text(noise, columns: 9)
    let pieces = text.components(separatedBy: "\u{1B}\\").dropLast()
    #expect(pieces.count > 1)
    var data = ""
    for (index, piece) in pieces.enumerated() {
      let parts = piece.split(separator: ";", maxSplits: 1)
      #expect(parts[0].hasPrefix("\u{1B}_G") && parts[0].contains("m=\(index == pieces.count - 1 ? 0 : 1)"))
      #expect(parts[1].utf8.count <= 4096)
      data += parts[1]
    }
    #expect(try decoded(data) == noise)
  }

  @Test func iTermGetsThePictureAsAFile() throws {
    let text = try TerminalGraphics.iterm2.text(image, columns: 4)
    #expect(text.hasPrefix("\u{1B}]1337;File=inline=1;") && text.hasSuffix("\u{7}\n"))
    #expect(try decoded(String(text.dropLast(2).split(separator: ":")[1])) == image)
  }

  private func decoded(_ base64: String) throws -> Image8 {
    let folder = try TemporaryFolder()
    try #require(Data(base64Encoded: base64)).write(to: URL(fileURLWithPath: folder.file("a.png")))
    return try ImageFile.read(folder.file("a.png"))
  }

  @Test func sixelsGiveThePictureBackInFewerColours() throws {
    let text = try TerminalGraphics.sixel.text(image, columns: 4)
    #expect(text.hasPrefix("\u{1B}P") && text.hasSuffix("\u{1B}\\\n"))
    let shown = try Sixels(text)
    #expect((shown.width, shown.height) == (24, 13))
    // Six levels are 51 apart, and the dither pattern moves a value by no more than one of them.
    for y in 0..<13 {
      for x in 0..<24 {
        let colour = try #require(shown.pixels[y * 24 + x], "\(x),\(y) wasn't painted")
        for channel in 0..<3 { #expect(abs(colour[channel] - Int(image[x, y, channel])) <= 54) }
      }
    }
    // Over an area of one colour the dither pattern comes close to it.
    let grey = try Sixels(
      TerminalGraphics.sixel.text(Image8(width: 16, height: 16, channels: 3, filling: 77), columns: 3))
    let mean = grey.pixels.reduce(0.0) { $0 + Double($1?[0] ?? 0) } / 256
    #expect(abs(mean - 77) < 4)
  }

  @Test func halfBlocksShowTwoRowsALine() throws {
    let text = try TerminalGraphics.blocks.text(image, columns: 80)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 7)
    #expect(lines.allSatisfy { $0.filter { $0 == "▀" }.count == 24 && $0.hasSuffix("\u{1B}[0m") })
    #expect(lines[1].hasPrefix("\u{1B}[38;2;0;38;0m\u{1B}[48;2;0;57;0m▀"))
    #expect(lines[6].contains("\u{1B}[49m"))
    let narrow = try TerminalGraphics.blocks.text(image, columns: 13).split(separator: "\n")
    #expect(narrow.allSatisfy { $0.filter { $0 == "▀" }.count == 12 })
  }

  @Test func theEnvironmentTells() {
    func told(_ environment: [String: String]) -> TerminalGraphics?? { TerminalGraphics.told(by: environment) }
    #expect(told(["TERM": "xterm-kitty"]) == .some(.kitty))
    #expect(told(["TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"]) == .some(.iterm2))
    #expect(told(["TERM": "foot"]) == .some(.sixel))
    #expect(told(["TERM": "xterm-kitty", "TMUX": "/tmp/x"]) == .some(.blocks))
    #expect(told(["TERM": "dumb"]) == .some(nil))
    #expect(told(["TERM": "xterm-kitty", "TEL_GRAPHICS": "none"]) == .some(nil))
    #expect(told(["TERM": "dumb", "TEL_GRAPHICS": "sixel"]) == .some(.sixel))
    #expect(told(["TERM": "xterm-256color"]) == nil)
  }

  @Test func answersOfTerminalsAreUnderstood() {
    #expect(TerminalGraphics.understood("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62;c") == .kitty)
    #expect(TerminalGraphics.understood("\u{1B}[?62;4;22c") == .sixel)
    #expect(TerminalGraphics.understood("\u{1B}[?64;22;14c") == nil)
    #expect(TerminalGraphics.understood("\u{1B}_Gi=31;ENOTSUPPORTED\u{1B}\\\u{1B}[?1;2c") == nil)
    #expect(TerminalGraphics.understood("") == nil)
    #expect(TerminalGraphics.understood("\u{1B}[?4") == nil)
  }
}

/// A small reader of sixels, as the VT340's manual has them.
private struct Sixels {
  private(set) var width = 0
  private(set) var height = 0
  private(set) var pixels: [[Int]?] = []

  init(_ text: String) throws {
    let bytes = Array(text.utf8)
    var at = try #require(bytes.firstIndex(of: UInt8(ascii: "q"))) + 1
    func numbers() -> [Int] {
      let start = at
      while at < bytes.count, bytes[at] == 59 || (48...57).contains(bytes[at]) { at += 1 }
      return String(decoding: bytes[start..<at], as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
    }
    var (colours, colour, x, top): ([Int: [Int]], Int, Int, Int) = ([:], 0, 0, 0)
    while at < bytes.count, bytes[at] != 0x1B {
      let byte = bytes[at]
      at += 1
      var count = 1
      switch byte {
      case UInt8(ascii: "\""):
        let size = numbers()
        (width, height) = (size[2], size[3])
        pixels = Array(repeating: nil, count: width * height)
        continue
      case UInt8(ascii: "#"):
        let list = numbers()
        colour = list[0]
        if list.count == 5 { colours[colour] = list[2...].map { $0 * 255 / 100 } }
        continue
      case UInt8(ascii: "$"):
        x = 0
        continue
      case UInt8(ascii: "-"):
        (x, top) = (0, top + 6)
        continue
      case UInt8(ascii: "!"):
        count = numbers()[0]
        at += 1
      default: break
      }
      let bits = bytes[at - 1] - 63
      for _ in 0..<count {
        for bit in 0..<6 where bits >> UInt8(bit) & 1 == 1 {
          try #require(x < width && top + bit < height)
          pixels[(top + bit) * width + x] = colours[colour]!
        }
        x += 1
      }
    }
  }
}
