/// The Lua sources that were loaded, verbatim, by name; and where in them a key is written.
public struct LuaSources {
  /// Names and texts in the order of loading.
  public private(set) var all: [(name: String, text: String)] = []

  public init() {}

  /// Remembers a source; one of the same name is replaced.
  mutating func add(name: String, text: String) {
    all.removeAll { $0.name == name }
    all.append((name, text))
  }

  public func text(of name: String) -> String? { all.last { $0.name == name }?.text }

  /// The line on which a key of a table is written, which Lua itself doesn't keep.
  /// - Parameters:
  ///   - path: the key, or keys from the outside in; "[2]" is the second entry of a list.
  ///   - function: the function that the table was given to, as errors call it; its last part is looked for.
  ///   - site: where the call begins.
  /// - Returns: the key's line, or of as much of the path as is found; `site` if nothing is.
  public func site(ofKey path: [String], function: String, from site: SourceSite) -> SourceSite {
    guard let text = text(of: site.name) else { return site }
    let tokens = LuaLexer.tokens(of: text)
    guard let first = tokens.firstIndex(where: { $0.line >= site.line }) else { return site }
    let name = function.split(whereSeparator: { ".:".contains($0) }).last.map(String.init) ?? function
    var starts = tokens.indices[first...].filter {
      tokens[$0].kind == .name && tokens[$0].text == name && opensTable(tokens, $0 + 1) != nil
    }.compactMap { opensTable(tokens, $0 + 1) }
    // A call through another name: the first table from there on.
    starts += tokens[first...].indices.filter { tokens[$0].text == "{" && tokens[$0].kind == .symbol }
    for start in starts {
      if let line = line(of: path, tokens, table: start) { return SourceSite(name: site.name, line: line) }
    }
    return path.count > 1 ? self.site(ofKey: path.dropLast(), function: function, from: site) : site
  }

  /// The index of the last `{` that opens an argument right after a function's name: `f{`, `f({`, `f(x, {`.
  private func opensTable(_ tokens: [LuaToken], _ index: Int) -> Int? {
    guard index < tokens.count, tokens[index].kind == .symbol else { return nil }
    if tokens[index].text == "{" { return index }
    guard tokens[index].text == "(" else { return nil }
    var depth = 0
    var found: Int?
    for i in index..<tokens.count where tokens[i].kind == .symbol {
      switch tokens[i].text {
      case "(", "[": depth += 1
      case "{":
        if depth == 1 { found = i }
        depth += 1
      case ")", "}", "]":
        depth -= 1
        if depth == 0 { return found }
      default: continue
      }
    }
    return found
  }

  /// The line of a key in the table that opens at `table`.
  private func line(of path: [String], _ tokens: [LuaToken], table: Int) -> Int? {
    guard let key = path.first else { return nil }
    var depth = 0
    var position = 1
    for i in table..<tokens.count {
      let token = tokens[i]
      if depth == 1, starts(key, position: position, tokens, i) {
        if path.count == 1 { return token.line }
        guard let inner = tokens[i...].firstIndex(where: { $0.kind == .symbol && ["{", ","].contains($0.text) }),
          tokens[inner].text == "{"
        else { return nil }
        return line(of: Array(path.dropFirst()), tokens, table: inner)
      }
      guard token.kind == .symbol else { continue }
      switch token.text {
      case "{", "(", "[": depth += 1
      case "}", ")", "]":
        depth -= 1
        if depth == 0 { return nil }
      case ",", ";": if depth == 1 { position += 1 }
      default: continue
      }
    }
    return nil
  }

  /// Whether `key` begins at token `i`: `key =`, `["key"] =`, or for "[n]" the n-th entry.
  private func starts(_ key: String, position: Int, _ tokens: [LuaToken], _ i: Int) -> Bool {
    func symbol(_ index: Int, _ text: String) -> Bool {
      index < tokens.count && tokens[index].kind == .symbol && tokens[index].text == text
    }
    if key.hasPrefix("[") {
      return Int(key.dropFirst().dropLast()) == position
        && (symbol(i - 1, "{") || symbol(i - 1, ",") || symbol(i - 1, ";"))
    }
    if tokens[i].kind == .name && tokens[i].text == key { return symbol(i + 1, "=") }
    return symbol(i, "[") && i + 1 < tokens.count && tokens[i + 1].kind == .string && tokens[i + 1].text == key
      && symbol(i + 2, "]")
  }
}
