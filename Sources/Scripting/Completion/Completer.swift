import Foundation

/// Finds what may stand at a place in Lua source by looking at what there is, without running anything.
public struct Completer {
  private let state: LuaState

  public init(_ state: LuaState) { self.state = state }

  /// - Parameter cursor: where, in Unicode scalars from the start of `text`.
  public func completion(of text: String, at cursor: Int) -> Completion {
    let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, cursor))))
    let length = before.unicodeScalars.count
    func completion(_ prefix: String, _ candidates: some Sequence<String>) -> Completion {
      let fitting = Set(candidates.filter { $0.hasPrefix(prefix) })
      return Completion(range: length - prefix.unicodeScalars.count..<length, candidates: fitting.sorted())
    }
    switch CompletionContext(before) {
    case .name(let prefix):
      return completion(prefix, state.globals.names + (prefix.isEmpty ? [] : LuaLexer.keywords.sorted()))
    case .member(let path, let prefix, let isMethod):
      return completion(prefix, value(at: path).map { members(of: $0, isMethod: isMethod) } ?? [])
    case .key(let function, let prefix):
      let keys = state.schemas[function.joined(separator: ".")]?.fields.map(\.name) ?? []
      return keys.isEmpty ? completion(prefix, state.globals.names) : completion(prefix, keys.map { $0 + " = " })
    case .string(let prefix, let call):
      if let names = names(for: call, prefix) { return completion(prefix, names) }
      return completion(prefix, files(prefix))
    }
  }

  /// What names joined by points lead to, found without metamethods.
  func value(at path: [String]) -> LuaValue? {
    guard let first = path.first else { return nil }
    var value = state.globals[first]
    for name in path.dropFirst() {
      switch value {
      case .table(let table): value = table[name]
      case .object(let object as Configuration) where object.schema.field(name) != nil: value = object[name]
      default: return nil
      }
    }
    return value.isNil ? nil : value
  }

  private func members(of value: LuaValue, isMethod: Bool) -> [String] {
    switch value {
    case .table(let table):
      return table.names.filter { name in
        guard isMethod else { return true }
        if case .function = table[name] { return true }
        return false
      }
    case .string: return state.globals.value("string", as: LuaTable.self)?.names ?? []
    case .object(let object as Configuration):
      return object.schema.methods.keys.sorted() + (isMethod ? [] : object.schema.fields.map(\.name))
    case .object(let object): return state.methods(of: type(of: object).luaClass)
    default: return []
    }
  }

  /// Names that belong into the string of a call: objects of an open file, what there is help about; nil for other calls.
  private func names(for call: [String], _ prefix: String) -> [String]? {
    if call.last == "help" { return state.documentation.keys.sorted() }
    guard call.count >= 2, ["read", "keys", "attributes", "write"].contains(call[call.count - 1]),
      case .object(let file as LuaHDF5File)? = value(at: Array(call.dropLast()))
    else { return nil }
    return file.names(below: prefix)
  }

  /// Files and, with a slash behind them, folders that go on from `prefix`.
  private func files(_ prefix: String) -> [String] {
    let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
    let shown = prefix.dropFirst(folder.count)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.filter { $0.hasPrefix(shown) && ($0.first != "." || shown.first == ".") }.map { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: folder + name, isDirectory: &isFolder)
      return folder + name + (isFolder.boolValue ? "/" : "")
    }
  }
}

extension LuaHDF5File {
  /// Paths that go on from `prefix`, groups with a slash behind them; of a closed file none.
  func names(below prefix: String) -> [String] {
    let group = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
    guard let names = try? whenOpen({ try $0.keys(group.isEmpty ? "/" : group) }) else { return [] }
    return names.map { name in
      let path = group + name
      if case .group? = try? whenOpen({ try $0.info(path) }) { return path + "/" }
      return path
    }
  }
}
