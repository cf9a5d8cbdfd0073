import Storage

/// DEC's sixel graphics: six rows at a time, one pass for each colour.
enum Sixel {
  /// Six steps each of red, green and blue, spread by ordered dithering.
  private static let steps = 6
  private static let bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

  static func text(_ image: Image8) -> String {
    let indices = colours(of: image.rgb)
    var text = "\u{1B}P0;1q\"1;1;\(image.width);\(image.height)"
    for index in Set(indices).sorted() {
      let parts = [index / (steps * steps), index / steps % steps, index % steps].map { "\($0 * 100 / (steps - 1))" }
      text += "#\(index);2;" + parts.joined(separator: ";")
    }
    for top in stride(from: 0, to: image.height, by: 6) {
      let rows = top..<min(image.height, top + 6)
      let used = Set(indices[rows.lowerBound * image.width..<rows.upperBound * image.width]).sorted()
      for (pass, index) in used.enumerated() {
        text += (pass > 0 ? "$" : "") + "#\(index)"
        text += line(of: index, indices, width: image.width, rows)
      }
      text += "-"
    }
    return text + "\u{1B}\\\n"
  }

  /// The palette index of each pixel.
  private static func colours(of image: Image8) -> [Int] {
    (0..<image.width * image.height).map { place in
      let threshold = Double(bayer[place / image.width % 4 * 4 + place % image.width % 4]) / 16 + 1.0 / 32
      return (0..<3).reduce(0) { index, channel in
        let level = Double(image.pixels[3 * place + channel]) / 255 * Double(steps - 1)
        return index * steps + min(steps - 1, Int(level + threshold))
      }
    }
  }

  /// One pass: a character for every column, runs of equal ones as !COUNT.
  private static func line(of index: Int, _ indices: [Int], width: Int, _ rows: Range<Int>) -> String {
    var (text, last, count) = ("", UInt8(0), 0)
    func flush() {
      let character = String(UnicodeScalar(last))
      text += count > 3 ? "!\(count)\(character)" : String(repeating: character, count: count)
    }
    for x in 0..<width {
      var bits: UInt8 = 0
      for (bit, y) in rows.enumerated() where indices[y * width + x] == index { bits |= 1 << UInt8(bit) }
      if bits + 63 != last {
        flush()
        (last, count) = (bits + 63, 0)
      }
      count += 1
    }
    // Nothing needs to be said of empty columns at the end.
    if last != 63 { flush() }
    return text
  }
}
