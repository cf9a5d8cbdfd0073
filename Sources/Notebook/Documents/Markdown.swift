import Pictures

/// Turns text with Markdown's commonest marks into HTML: headings, paragraphs, lists, quotes, rules, fenced code; in lines code,
/// bold, italics, links. Everything else shows as it is; no HTML of the text gets through.
package struct Markdown {
  private var html = ""
  private var paragraph: [String] = []
  /// The list that is open: "ul" or "ol".
  private var list: String?

  /// The HTML of some text.
  package static func html(_ text: String) -> String {
    var markdown = Markdown()
    markdown.read(text)
    return markdown.html
  }

  private mutating func read(_ text: String) {
    var fence: String?
    var code: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let content = line.drop { $0 == " " }
      if let open = fence {
        if content.hasPrefix(open) {
          html += "<pre>\(Markup.escaped(code.joined(separator: "\n")))</pre>\n"
          (fence, code) = (nil, [])
        } else {
          code.append(line)
        }
      } else if content.hasPrefix("```") || content.hasPrefix("~~~") {
        endBlock()
        fence = String(content.prefix(3))
      } else {
        read(line: line, content)
      }
    }
    endBlock()
    if fence != nil { html += "<pre>\(Markup.escaped(code.joined(separator: "\n")))</pre>\n" }
  }

  private mutating func read(line: Substring, _ content: Substring) {
    let level = content.prefix { $0 == "#" }.count
    if content.isEmpty {
      endBlock()
    } else if (1...6).contains(level), content.dropFirst(level).first == " " {
      endBlock()
      html += "<h\(level)>\(Self.inline(content.dropFirst(level + 1)))</h\(level)>\n"
    } else if content.count >= 3, content.allSatisfy({ $0 == "-" }) || content.allSatisfy({ $0 == "*" }) {
      endBlock()
      html += "<hr>\n"
    } else if let (kind, item) = Self.item(content) {
      endParagraph()
      if list != kind {
        endBlock()
        html += "<\(kind)>\n"
        list = kind
      }
      paragraph = [String(item)]
    } else if content.hasPrefix(">") {
      endBlock()
      html += "<blockquote>\(Self.inline(content.dropFirst().drop { $0 == " " }))</blockquote>\n"
    } else {
      // A line that is not set in ends the list.
      if list != nil, paragraph.isEmpty { endBlock() }
      paragraph.append(String(content))
    }
  }

  /// What stands behind the mark of a list's item.
  private static func item(_ content: Substring) -> (kind: String, text: Substring)? {
    for mark in ["- ", "* ", "+ "] where content.hasPrefix(mark) { return ("ul", content.dropFirst(2)) }
    let digits = content.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, content.dropFirst(digits.count).hasPrefix(". ") else { return nil }
    return ("ol", content.dropFirst(digits.count + 2))
  }

  private mutating func endParagraph() {
    guard !paragraph.isEmpty else { return }
    let tag = list == nil ? "p" : "li"
    html += "<\(tag)>\(Self.inline(Substring(paragraph.joined(separator: "\n"))))</\(tag)>\n"
    paragraph = []
  }

  private mutating func endBlock() {
    endParagraph()
    if let list { html += "</\(list)>\n" }
    list = nil
  }

  /// Marks within a line.
  static func inline(_ text: Substring) -> String {
    var html = ""
    var rest = text
    while let first = rest.first {
      if first == "`", let end = rest.dropFirst().firstIndex(of: "`") {
        html += "<code>\(Markup.escaped(String(rest[rest.index(after: rest.startIndex)..<end])))</code>"
        rest = rest[rest.index(after: end)...]
      } else if let (tag, inner, after) = emphasis(rest) {
        html += "<\(tag)>\(inline(inner))</\(tag)>"
        rest = after
      } else if first == "[", let (label, target, after) = link(rest) {
        html += "<a href=\"\(Markup.escaped(target))\">\(inline(label))</a>"
        rest = after
      } else if first == "\\", let escaped = rest.dropFirst().first, escaped.isPunctuation || escaped.isSymbol {
        html += Markup.escaped(String(escaped))
        rest = rest.dropFirst(2)
      } else {
        html += Markup.escaped(String(first))
        rest = rest.dropFirst()
      }
    }
    return html
  }

  private static func emphasis(_ text: Substring) -> (tag: String, inner: Substring, after: Substring)? {
    for (mark, tag) in [("**", "strong"), ("*", "em")] where text.hasPrefix(mark) {
      let inner = text.dropFirst(mark.count)
      guard let first = inner.first, !first.isWhitespace, let end = inner.firstRange(of: mark),
        end.lowerBound > inner.startIndex
      else { continue }
      return (tag, inner[..<end.lowerBound], inner[end.upperBound...])
    }
    return nil
  }

  /// A link to a page; other addresses could run something.
  private static func link(_ text: Substring) -> (label: Substring, target: String, after: Substring)? {
    guard let close = text.firstRange(of: "]("), let end = text[close.upperBound...].firstIndex(of: ")") else {
      return nil
    }
    let target = String(text[close.upperBound..<end])
    guard ["https://", "http://", "mailto:", "#"].contains(where: { target.hasPrefix($0) }) else { return nil }
    return (text[text.index(after: text.startIndex)..<close.lowerBound], target, text[text.index(after: end)...])
  }
}
