import Autograd
import CLuaHost

/// Values as a prompt shows them: strings in quotes, tables with what is in them, cut off where they are deep or long.
public struct ValueText {
  /// Columns of the screen.
  public var width: Int
  /// How many tables lie in each other before the rest is left out.
  static let deepest = 5
  /// How many entries of a table are shown.
  static let mostEntries = 40
  /// How many characters of a string are shown.
  static let longestString = 2000

  private let state: LuaState

  public init(_ state: LuaState, width: Int = 80) { (self.state, self.width) = (state, width) }

  public func text(of value: LuaValue) -> String { text(value, indent: 0, inside: []) }

  private func text(_ value: LuaValue, indent: Int, inside: [UnsafeRawPointer]) -> String {
    switch value {
    case .string(let text): return Self.quoted(text)
    case .bytes(let bytes): return "a string of \(bytes.count) bytes that are no UTF-8"
    case .table(let table): return self.text(table, indent, inside)
    case .object(let object as Configuration): return text(object, indent, inside)
    case .function(let function):
      return function.definition.map { "function at \($0.text)" }
        ?? "function"
    case .object(let tensor as Variable) where indent > 0: return TensorText.short(tensor)
    default: return state.text(value).replacing("\n", with: "\n" + String(repeating: " ", count: indent))
    }
  }

  private func text(_ configuration: Configuration, _ indent: Int, _ inside: [UnsafeRawPointer]) -> String {
    let shown = configuration.schema.name + text(configuration.table, indent, inside)
    guard indent == 0, configuration.isInUse, [.model, .layer].contains(configuration.schema.kind),
      let module = try? configuration.module()
    else { return shown }
    return shown + "\n" + ModuleOutline(module).text
  }

  private func text(_ table: LuaTable, _ indent: Int, _ inside: [UnsafeRawPointer]) -> String {
    if let text = state.ownText(of: table) { return text }
    let identity = state.identity(of: table)
    if inside.contains(identity) { return "{… itself}" }
    let keys = table.orderedKeys
    if keys.isEmpty { return "{}" }
    if inside.count >= Self.deepest { return "{… \(keys.count) entries}" }
    let count = table.count
    var entries: [String] = []
    for key in keys.prefix(Self.mostEntries) {
      let value = table.value(key, as: LuaValue.self) ?? .nil
      let shown = text(value, indent: indent + 2, inside: inside + [identity])
      switch key {
      case .integer(let index) where (1...max(1, count)).contains(index): entries.append(shown)
      case .string(let name) where Self.isName(name): entries.append("\(name) = \(shown)")
      default: entries.append("[\(text(key, indent: indent + 2, inside: inside + [identity]))] = \(shown)")
      }
    }
    if keys.count > entries.count { entries.append("… \(keys.count - entries.count) more") }
    let line = "{" + entries.joined(separator: ", ") + "}"
    if indent + line.count <= width, !line.contains("\n") { return line }
    let margin = String(repeating: " ", count: indent + 2)
    return "{\n" + filled(entries, margin) + "\n" + String(repeating: " ", count: indent) + "}"
  }

  /// One entry a line; short ones without names fill the lines, so that a list of numbers is no column.
  private func filled(_ entries: [String], _ margin: String) -> String {
    var lines: [String] = []
    for entry in entries {
      if let last = lines.last, !last.contains(" = "), !entry.contains(" = "), !last.contains("\n"),
        !entry.contains("\n"),
        last.count + entry.count + 2 <= width
      {
        lines[lines.count - 1] = last + " " + entry + ","
      } else {
        lines.append(margin + entry + ",")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// As it could be written in Lua, on one line.
  static func quoted(_ text: String) -> String {
    var shown = "\""
    for character in text.unicodeScalars.prefix(longestString) {
      switch character {
      case "\n": shown += "\\n"
      case "\t": shown += "\\t"
      case "\r": shown += "\\r"
      case "\"": shown += "\\\""
      case "\\": shown += "\\\\"
      case _ where character.value < 32 || character.value == 127: shown += "\\\(character.value)"
      default: shown.unicodeScalars.append(character)
      }
    }
    let rest = text.unicodeScalars.count - longestString
    return shown + (rest > 0 ? "\"… \(rest) characters more" : "\"")
  }

  private static func isName(_ text: String) -> Bool {
    let tokens = LuaLexer.tokens(of: text)
    return tokens.count == 1 && tokens[0].kind == .name && !tokens[0].isKeyword && tokens[0].text == text
  }
}

extension LuaState {
  /// What `tostring` makes of a value; "?" where that fails.
  func text(_ value: LuaValue) -> String {
    restoringStack {
      value.push(to: self)
      return (try? text(of: top)) ?? "?"
    }
  }

  /// What the `__tostring` of a table says, if it has one.
  fileprivate func ownText(of table: LuaTable) -> String? {
    restoringStack {
      table.push(to: self)
      guard luaL_getmetafield(thread, -1, "__tostring") != LUA_TNIL else { return nil }
      pop()
      return try? text(of: top)
    }
  }

  /// Two references to one table have the same.
  fileprivate func identity(of table: LuaTable) -> UnsafeRawPointer {
    restoringStack {
      table.push(to: self)
      return lua_topointer(thread, -1)!
    }
  }
}
