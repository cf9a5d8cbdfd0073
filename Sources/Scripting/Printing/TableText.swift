import Autograd

/// A table with what is in it: nested to a depth, long lists shortened, and tables within themselves named.
struct TableText {
  private static let deepest = 4
  /// More entries than this are not shown.
  private static let mostEntries = 60
  private let values: ValueText

  init(_ values: ValueText) { self.values = values }

  func text(of table: LuaTable) throws -> String { try text(of: .table(table), indent: 0, path: []) }

  /// - Parameter path: the tables that the value is within, outermost first.
  private func text(of value: LuaValue, indent: Int, path: [UnsafeRawPointer?]) throws -> String {
    guard case .table(let table) = value else { return values.brief(value) }
    if case .some(let metatable) = table.metatable, !metatable["__tostring"].isNil {
      return try values.tostring(value)
    }
    let identity = table.identity
    if let level = path.firstIndex(of: identity) {
      let up = path.count - 1 - level
      return up == 0 ? "{itself}" : "{the table \(up) up}"
    }
    let keys = table.orderedKeys
    if keys.isEmpty { return "{}" }
    if path.count >= Self.deepest { return "{…}" }
    let entries = try keys.prefix(Self.mostEntries).map { key in
      let shown = try text(
        of: table.value(key, as: LuaValue.self) ?? .nil, indent: indent + 2, path: path + [identity])
      switch key {
      case .integer(let index) where (1...max(1, table.count)).contains(index): return shown
      case .string(let name) where name.isLuaName: return "\(name) = \(shown)"
      default: return "[\(ValueText.literal(key))] = \(shown)"
      }
    }
    let left = keys.count - entries.count
    let rest = left > 0 ? ["… \(left) more"] : []
    let line = "{" + (entries + rest).joined(separator: ", ") + "}"
    if !line.contains("\n"), line.count + indent <= values.width { return line }
    return "{\n" + lines(entries, isList: table.count > 0, indent: indent + 2)
      + rest.map { String(repeating: " ", count: indent + 2) + $0 + "\n" }.joined()
      + String(repeating: " ", count: indent) + "}"
  }

  /// One entry a line; short entries of a list share lines.
  private func lines(_ entries: [String], isList: Bool, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    for entry in entries {
      if isList, let last = lines.last, !last.contains("\n"), !entry.contains("\n"),
        !entry.contains(" = "), last.count + entry.count + 2 <= values.width
      {
        lines[lines.count - 1] = last + " " + entry + ","
      } else {
        lines.append(margin + entry + ",")
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension String {
  /// Whether it can be written as a key without brackets.
  var isLuaName: Bool {
    guard let first = utf8.first, first.isNameByte, !(48...57).contains(first) else { return false }
    return utf8.allSatisfy(\.isNameByte)
  }
}

extension UInt8 {
  fileprivate var isNameByte: Bool {
    self == UInt8(ascii: "_") || (48...57).contains(self) || (97...122).contains(self | 0x20)
  }
}
