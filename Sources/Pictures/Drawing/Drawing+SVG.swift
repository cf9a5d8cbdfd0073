import Foundation
import Storage

extension Drawing {
  /// The drawing as SVG that stands by itself: pictures are inside, nothing is loaded, nothing runs.
  /// - Throws: `ImageError` where a picture can't be encoded.
  public func svg() throws -> String {
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"\(Self.number(width))\""
      + " height=\"\(Self.number(height))\" viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" role=\"img\""
      + " font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\">\n"
    if !title.isEmpty { text += "<title>\(Markup.escaped(title))</title>\n" }
    if let background { text += "<rect width=\"100%\" height=\"100%\" fill=\"\(background.hex)\"/>\n" }
    for element in elements { text += try Self.svg(element) + "\n" }
    return text + "</svg>\n"
  }

  private static func svg(_ element: Element) throws -> String {
    switch element {
    case .line(let points, let stroke):
      return "<path d=\"\(path(points))\"\(attributes(stroke)) stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
    case .segments(let list, let stroke):
      let d = list.map { path([$0.0, $0.1]) }.joined()
      return "<path d=\"\(d)\"\(attributes(stroke)) stroke-linecap=\"round\"/>"
    case .rectangle(let x, let y, let width, let height, let colour, let opacity):
      return "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
        + " fill=\"\(colour.hex)\"" + (opacity < 1 ? " fill-opacity=\"\(number(opacity))\"" : "") + "/>"
    case .circle(let centre, let radius, let colour):
      return
        "<circle cx=\"\(number(centre.x))\" cy=\"\(number(centre.y))\" r=\"\(number(radius))\" fill=\"\(colour.hex)\"/>"
    case .text(let text, let at, let size, let anchor, let colour, let isBold, let turned):
      var attributes =
        "x=\"\(number(at.x))\" y=\"\(number(at.y))\" font-size=\"\(number(size))\" fill=\"\(colour.hex)\""
      switch anchor {
      case .start: break
      case .middle: attributes += " text-anchor=\"middle\""
      case .end: attributes += " text-anchor=\"end\""
      }
      if isBold { attributes += " font-weight=\"bold\"" }
      if turned { attributes += " transform=\"rotate(-90 \(number(at.x)) \(number(at.y)))\"" }
      return "<text \(attributes)>\(Markup.escaped(text))</text>"
    case .picture(let image, let x, let y, let width, let height):
      let data = Data(try ImageFile.png(image)).base64EncodedString()
      return "<image x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
        + " preserveAspectRatio=\"none\"" + (width > Double(image.width) ? " style=\"image-rendering:pixelated\"" : "")
        + " xlink:href=\"data:image/png;base64,\(data)\"/>"
    }
  }

  private static func path(_ points: [Point]) -> String {
    points.enumerated().map { ($0.offset == 0 ? "M" : "L") + number($0.element.x) + " " + number($0.element.y) }
      .joined()
  }

  private static func attributes(_ stroke: Stroke) -> String {
    var text = " fill=\"none\" stroke=\"\(stroke.colour.hex)\" stroke-width=\"\(number(stroke.width))\""
    if stroke.opacity < 1 { text += " stroke-opacity=\"\(number(stroke.opacity))\"" }
    if !stroke.dashes.isEmpty {
      text += " stroke-dasharray=\"\(stroke.dashes.map(number).joined(separator: " "))\""
    }
    return text
  }

  /// Hundredths of a unit, in the fewest digits.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let digits = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
    return (hundredths < 0 ? "-" : "") + "\(whole)\(digits)"
  }
}

/// Text inside of SVG and HTML.
public enum Markup {
  /// `text` so that it shows as it is, in elements and in quoted attributes: what means something to a browser is written as a
  /// reference, and what no XML may hold, or what turns the direction of text around, becomes U+FFFD.
  public static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where isForbidden(scalar): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: true
    default: scalar.value & 0xFFFE == 0xFFFE
    }
  }
}
