import Pictures

extension NotebookDocument {
  /// A page that stands by itself: no scripts, nothing from elsewhere; text, code, and what it came to.
  func page(title: String, version: String) -> String {
    var body = ""
    for cell in cells { body += cell.html(showsMissing: wasRun) }
    let heading = firstHeading ?? title
    if firstHeading == nil { body = "<h1>\(Markup.escaped(title))</h1>\n" + body }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="tel \(Markup.escaped(version))">
      <title>\(Markup.escaped(heading))</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      \(body)</main>
      </body>
      </html>

      """
  }

  /// The first heading in its text.
  private var firstHeading: String? {
    cells.lazy.filter { $0.kind == .markdown }.flatMap { $0.source.split(separator: "\n") }
      .first { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
  }

  private static let style = """
    :root { color-scheme: light; }
    body { margin: 0; background: #fff; color: #222; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    main { max-width: 860px; margin: 0 auto; padding: 16px; }
    h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
    h2 { margin-top: 2em; }
    pre, code { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    pre { margin: 0.5em 0; padding: 8px 12px; overflow-x: auto; white-space: pre; }
    code { background: #f2f2f2; padding: 1px 3px; border-radius: 3px; }
    .code { background: #f6f7f9; border: 1px solid #e2e4e8; border-radius: 4px; }
    .output { border-left: 3px solid #d5d9df; }
    .error { background: #fdecea; border-left: 3px solid #c62828; white-space: pre-wrap; }
    .missing { color: #777; font-style: italic; }
    figure { margin: 0.5em 0; }
    figure svg, figure img { max-width: 100%; height: auto; }
    figure img { image-rendering: pixelated; }
    .c { color: #6a737d; } .s { color: #0a6640; } .n { color: #8a3ffc; } .k { color: #0b57d0; font-weight: 600; }
    @media print { pre { white-space: pre-wrap; } .code, .output, figure { break-inside: avoid; } }
    """
}

extension NotebookCell {
  /// - Parameter showsMissing: say of code without outputs whether it was run.
  fileprivate func html(showsMissing: Bool) -> String {
    switch kind {
    case .markdown: return Markdown.html(source)
    case .raw: return "<pre>\(Markup.escaped(source))</pre>\n"
    case .code: break
    }
    var html = ""
    var code = Substring(source)
    if let title, !title.isEmpty {
      html += "<h2>\(Markup.escaped(title))</h2>\n"
      code = code.drop { $0 != "\n" }.dropFirst()
    }
    if !code.allSatisfy(\.isWhitespace) { html += "<pre class=\"code\">\(Self.coloured(String(code)))</pre>\n" }
    for output in outputs { html += Self.html(of: output) }
    if showsMissing, !wasRun, !code.allSatisfy(\.isWhitespace) { html += "<p class=\"missing\">not run</p>\n" }
    return html
  }

  private static func coloured(_ code: String) -> String {
    LuaSpans(code).pieces.map { kind, text in
      let name: String? =
        switch kind {
        case .plain: nil
        case .comment: "c"
        case .string: "s"
        case .number: "n"
        case .keyword: "k"
        }
      return name.map { "<span class=\"\($0)\">\(Markup.escaped(text))</span>" } ?? Markup.escaped(text)
    }
    .joined()
  }

  private static func html(of output: JSON) -> String {
    switch output["output_type"]?.text {
    case "stream": return "<pre class=\"output\">\(Markup.escaped(output["text"]?.joinedText ?? ""))</pre>\n"
    case "error":
      let lines = (output["traceback"]?.elements ?? []).compactMap(\.text)
      return "<pre class=\"error\">\(Markup.escaped(lines.joined(separator: "\n")))</pre>\n"
    default:
      let data = output["data"] ?? [:]
      let words = Markup.escaped(data["text/plain"]?.joinedText ?? "")
      // Only our own drawings get here, since a page shows what was just run.
      if let svg = data["image/svg+xml"]?.joinedText { return "<figure title=\"\(words)\">\(svg)</figure>\n" }
      if let png = data["image/png"]?.joinedText {
        return "<figure><img alt=\"\(words)\" src=\"data:image/png;base64,\(png)\"></figure>\n"
      }
      return "<pre class=\"output\">\(words)</pre>\n"
    }
  }
}
