import Foundation
import Scripting

extension Session {
  /// What may stand at the cursor.
  public struct Completion: Equatable, Sendable {
    /// The bytes of the text that a candidate takes the place of.
    public var range: Range<Int>
    /// Whole replacements, sorted; those that end with a slash may go on.
    public var candidates: [String]

    /// What all candidates begin with.
    public var commonPrefix: String {
      guard let first = candidates.first else { return "" }
      return candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1, options: .literal) }
    }
  }

  /// Proposes names of globals, fields and methods, keys of constructors, strings that a key may be, paths in files and of
  /// files. Nothing of a script is run for it.
  /// - Parameter cursor: in bytes of the text as UTF-8.
  public func complete(_ text: String, cursor: Int) -> Completion {
    let before = String(decoding: Array(text.utf8).prefix(max(0, cursor)), as: UTF8.self)
    let source = CellSource(before)
    let end = before.utf8.count
    if source.endsInComment { return Completion(range: end..<end, candidates: []) }
    if let last = source.tokens.last, last.kind == .string, !last.isClosed {
      return StringCompletion(session: self, source: source, string: last).completion
    }
    return nameCompletion(source, end: end)
  }

  private func nameCompletion(_ source: CellSource, end: Int) -> Completion {
    var tokens = source.tokens
    var prefix = ""
    if let last = tokens.last, last.kind == .name, last.range.upperBound == end {
      prefix = last.text
      tokens.removeLast()
    }
    func completion(_ names: some Sequence<String>, keywords: Set<String> = []) -> Completion {
      let known = names.filter { $0.isName && (!prefix.isEmpty || !$0.hasPrefix("_")) }
      let fitting = keywords.union(known).filter { $0.hasPrefix(prefix) }
      return Completion(range: end - prefix.utf8.count..<end, candidates: fitting.sorted())
    }
    if let last = tokens.last, last.kind == .symbol, last.text == "." || last.text == ":",
      !(tokens.count > 1 && tokens[tokens.count - 2].text == ".")
    {
      tokens.removeLast()
      guard let owner = owner(endingAt: tokens.count - 1, of: tokens) else { return completion([]) }
      let names = state.memberNames(of: owner)
      return completion(last.text == "." ? names : names.filter { state.member($0, of: owner).isCallable })
    }
    let keys = keys(at: CellSource(source.text, tokens: tokens))
    if !keys.isEmpty, tokens.last.map({ $0.kind == .symbol && ["{", ",", ";"].contains($0.text) }) ?? false {
      return completion(keys)
    }
    return completion(state.globals.names, keywords: prefix.isEmpty ? [] : Set(LuaKeywords.all))
  }

  /// What is written before a point or colon: a chain of names, or a string.
  private func owner(endingAt end: Int, of tokens: [LuaToken]) -> LuaValue? {
    if let chain = NameChain(endingAt: end, of: tokens) { return chain.value(in: state) }
    guard end >= 0 else { return nil }
    if tokens[end].kind == .string { return .string("") }
    if end >= 2, tokens[end].text == ")", tokens[end - 1].kind == .string, tokens[end - 2].text == "(" {
      return .string("")
    }
    return nil
  }

  /// The keys that the table may have that is open at the end of `source`, without those that are there already.
  private func keys(at source: CellSource) -> [String] {
    for call in EnclosingCall.all(around: source) where call.isInTable {
      let known = keys(of: call)
      if !known.isEmpty {
        let written = source.keysOfInnermostTable
        return known.filter { !written.contains($0) }
      }
    }
    return []
  }

  private func keys(of call: EnclosingCall) -> [String] {
    guard let schema = schema(of: call) else {
      return call.path.isEmpty ? state.optionNames(of: call.function.value(in: state)) : []
    }
    if call.path.isEmpty { return schema.fields.map(\.name) }
    return types(schema, call.path).flatMap { $0.keys.map(\.name) }
  }

  /// The constructor that is called.
  func schema(of call: EnclosingCall) -> ConfigurationSchema? {
    guard case .function(let function) = call.function.value(in: state) else { return nil }
    return state.name(of: function).flatMap { state.schemas[$0] }
  }

  /// What the value at a path of a constructor's table may be.
  func types(_ schema: ConfigurationSchema, _ path: [String]) -> [FieldType] {
    guard let first = path.first else { return [] }
    var types = schema.field(first).map { [$0.type] } ?? (first == "[]" ? [schema.entries].compactMap(\.self) : [])
    for key in path.dropFirst() { types = types.flatMap { $0.inside(key) } }
    return types
  }
}

extension CellSource {
  /// The same text with other tokens, say without the last.
  init(_ text: String, tokens: [LuaToken]) {
    let end = tokens.last?.range.upperBound ?? 0
    self.init(String(decoding: Array(text.utf8).prefix(end), as: UTF8.self))
  }

  /// The names before an equals sign in the table that is open at the end.
  fileprivate var keysOfInnermostTable: Set<String> {
    var keys: Set<String> = []
    var depth = 0
    for i in tokens.indices.reversed() where tokens[i].kind == .symbol {
      switch tokens[i].text {
      case ")", "}", "]": depth += 1
      case "(", "{", "[":
        if depth == 0 { return keys }
        depth -= 1
      case "=" where depth == 0 && i > 0 && tokens[i - 1].kind == .name: keys.insert(tokens[i - 1].text)
      default: continue
      }
    }
    return keys
  }
}

extension LuaValue {
  fileprivate var isCallable: Bool {
    switch self {
    case .function: true
    case .object(let object): object is Configuration
    default: false
    }
  }
}

extension String {
  /// Whether it can stand behind a point.
  fileprivate var isName: Bool {
    !LuaKeywords.all.contains(self) && !isEmpty
      && utf8.allSatisfy { $0 == 95 || (48...57).contains($0) || (97...122).contains($0 | 0x20) }
      && !(48...57).contains(utf8.first!)
  }
}
