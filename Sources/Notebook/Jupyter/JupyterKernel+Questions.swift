import Scripting

extension JupyterKernel {
  /// What may stand where the cursor is; places are counted in Unicode scalars.
  func completion(_ content: JSON) -> JSON {
    let code = content["code"]?.text ?? ""
    let completion = session.complete(code, cursor: cursor(content, in: code))
    // Jupyter counts Unicode scalars.
    func place(_ bytes: Int) -> JSON {
      .integer(String(decoding: Array(code.utf8).prefix(bytes), as: UTF8.self).unicodeScalars.count)
    }
    return [
      "status": "ok", "matches": .array(completion.candidates.map { .string($0) }),
      "cursor_start": place(completion.range.lowerBound), "cursor_end": place(completion.range.upperBound),
      "metadata": [:],
    ]
  }

  /// Help about what stands where the cursor is.
  func inspection(_ content: JSON) -> JSON {
    let code = content["code"]?.text ?? ""
    let help = try? session.inspect(code, cursor: cursor(content, in: code))
    return [
      "status": "ok", "found": .bool(help != nil), "data": help.map { MimeBundle.plain($0).json } ?? [:],
      "metadata": [:],
    ]
  }

  /// Where the cursor is, in bytes of the text as UTF-8.
  private func cursor(_ content: JSON, in code: String) -> Int {
    guard let scalars = content["cursor_pos"]?.integer, scalars >= 0 else { return code.utf8.count }
    return String(String.UnicodeScalarView(code.unicodeScalars.prefix(scalars))).utf8.count
  }

  func completeness(_ content: JSON) -> JSON {
    switch session.completeness(of: content["code"]?.text ?? "") {
    case .complete: ["status": "complete"]
    case .incomplete(let indentation):
      ["status": "incomplete", "indent": .string(String(repeating: " ", count: indentation))]
    case .invalid: ["status": "invalid"]
    }
  }
}
