import Foundation
import Pictures
import Storage

/// A page that stands by itself: no scripts, nothing from elsewhere, everything that comes from files escaped.
struct HTMLPage {
  let title: String
  private(set) var body = ""
  /// Charts of this width can be read on a phone, which shrinks them least; wider screens magnify them.
  static let chartWidth = 400.0

  init(title: String) { self.title = title }

  mutating func heading(_ text: String, level: Int = 2) {
    body += "<h\(level)>\(Markup.escaped(text))</h\(level)>\n"
  }

  mutating func paragraph(_ text: String, kind: String = "") {
    body += "<p\(kind.isEmpty ? "" : " class=\"\(kind)\"")>\(Markup.escaped(text))</p>\n"
  }

  mutating func list(_ items: [String], kind: String = "") {
    let entries = items.map { "<li>\(Markup.escaped($0))</li>" }.joined()
    body += "<ul\(kind.isEmpty ? "" : " class=\"\(kind)\"")>\(entries)</ul>\n"
  }

  /// Text as it was written.
  mutating func code(_ text: String) { body += "<pre>\(Markup.escaped(text))</pre>\n" }

  /// Text as it was written, behind a line that opens it (and open in print).
  mutating func code(_ text: String, under summary: String) {
    body += "<details><summary>\(Markup.escaped(summary))</summary><pre>\(Markup.escaped(text))</pre></details>\n"
  }

  /// Names with values.
  mutating func facts(_ facts: [(String, String)]) {
    let rows = facts.map { "<tr><th scope=\"row\">\(Markup.escaped($0.0))</th><td>\(Markup.escaped($0.1))</td></tr>" }
    body += "<div class=\"wide\"><table class=\"facts\">\(rows.joined(separator: "\n"))</table></div>\n"
  }

  /// A cell of a table.
  enum Cell {
    case text(String)
    case number(String)
    /// A share, 0…1, as a bar.
    case bar(Double)

    fileprivate var html: String {
      switch self {
      case .text(let text): return "<td>\(Markup.escaped(text))</td>"
      case .number(let text): return "<td class=\"number\">\(Markup.escaped(text))</td>"
      case .bar(let share):
        let width = share.isFinite ? String(format: "%.1f", 100 * max(0, min(1, share))) : "0"
        return "<td class=\"track\"><div class=\"bar\" style=\"width:\(width)%\"></div></td>"
      }
    }
  }

  mutating func table(_ header: [String], _ rows: [[Cell]]) {
    let head = header.map { "<th scope=\"col\">\(Markup.escaped($0))</th>" }.joined()
    let lines = rows.map { "<tr>" + $0.map(\.html).joined() + "</tr>" }.joined(separator: "\n")
    body += "<div class=\"wide\"><table><thead><tr>\(head)</tr></thead><tbody>\n\(lines)\n</tbody></table></div>\n"
  }

  /// - Throws: `ImageError`.
  mutating func drawing(_ drawing: Drawing) throws { body += "<figure class=\"chart\">\(try drawing.svg())</figure>\n" }

  /// Pictures side by side where there is room.
  /// - Throws: `ImageError`.
  mutating func pictures(_ pictures: [(image: Image8, caption: String)]) throws {
    body += "<div class=\"pictures\">\n"
    for picture in pictures {
      let data = Data(try ImageFile.png(picture.image)).base64EncodedString()
      let caption = Markup.escaped(picture.caption)
      body +=
        "<figure><img alt=\"\(caption)\" src=\"data:image/png;base64,\(data)\"><figcaption>\(caption)</figcaption></figure>\n"
    }
    body += "</div>\n"
  }

  /// Names of classes in their colours.
  mutating func legend(_ entries: [(name: String, colour: RGB)]) {
    let items = entries.map {
      "<span class=\"class\"><i style=\"background:\($0.colour.hex)\"></i>\(Markup.escaped($0.name))</span>"
    }
    body += "<p class=\"legend\">\(items.joined(separator: " "))</p>\n"
  }

  /// The whole page.
  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="generator" content="tel \(Version.text)">
    <title>\(Markup.escaped(title))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <main>
    <h1>\(Markup.escaped(title))</h1>
    \(body)</main>
    </body>
    </html>

    """
  }

  private static let style = """
    :root { color-scheme: light; }
    body { margin: 0; background: #fff; color: #222; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    main { max-width: 860px; margin: 0 auto; padding: 16px; }
    h1 { font-size: 1.6em; line-height: 1.2; overflow-wrap: anywhere; }
    h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ddd; }
    p, li { overflow-wrap: anywhere; }
    td { overflow-wrap: break-word; }
    .score { font-size: 1.3em; }
    .remark { color: #555; font-size: .9em; }
    .warning { background: #fff3e0; border-left: 4px solid #d55e00; padding: 8px 8px 8px 28px; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; }
    th, td { text-align: left; vertical-align: top; padding: 3px 12px 3px 0; }
    thead th { border-bottom: 1px solid #888; }
    tbody tr, .facts tr { border-bottom: 1px solid #eee; }
    .facts th { font-weight: normal; color: #555; white-space: nowrap; }
    .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
    .track { min-width: 70px; width: 40%; }
    .bar { background: #0072b2; height: .8em; margin-top: .35em; min-width: 1px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    pre { background: #f6f6f6; padding: 10px; overflow-x: auto; font-size: 13px; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; }
    summary { cursor: pointer; padding: 4px 0; }
    figure { margin: 0; }
    .chart svg { width: 100%; height: auto; max-width: 600px; }
    .pictures { display: flex; flex-wrap: wrap; gap: 12px; margin: 8px 0; }
    .pictures figure { flex: 1 1 250px; max-width: 100%; }
    .pictures img { width: 100%; height: auto; display: block; }
    figcaption { font-size: .9em; color: #555; }
    .legend i { display: inline-block; width: .9em; height: .9em; border: 1px solid #666; margin-right: .3em; vertical-align: -.1em; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    .class { white-space: nowrap; margin-right: .8em; display: inline-block; }
    @media print { main { max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
    """
}
