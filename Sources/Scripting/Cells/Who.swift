import Autograd
import Storage

extension LuaState {
  /// `who()`: a table of the names that the user made. `names` tells which those are.
  public func registerWho(names: @escaping () -> [String]) {
    register("who", help: "(): lists the variables made so far, what they are and what memory they hold") { call in
      let state = call.state
      let rows = names().map { name in (name, state.kindAndSize(of: state.globals[name])) }
      if rows.isEmpty { try state.printLine("no variables yet") }
      let nameWidth = rows.map(\.0.count).max() ?? 0
      let kindWidth = rows.map(\.1.kind.count).max() ?? 0
      for (name, (kind, bytes)) in rows {
        let line = name.padded(to: nameWidth) + "  " + kind.padded(to: kindWidth)
        try state.printLine(bytes > 0 ? line + "  " + ByteText.of(bytes) : line)
      }
      return nil
    }
  }

  /// What a value is in a few words, and the bytes that it holds outside of Lua.
  private func kindAndSize(of value: LuaValue) -> (kind: String, bytes: Int) {
    switch value {
    case .object(let tensor as Variable): ("tensor " + TensorText.short(tensor), tensor.luaByteCount)
    case .object(let object as Configuration): (object.schema.name, object.bytesInUse)
    case .object(let object): (type(of: object).luaClass.name, object.luaByteCount)
    case .table(let table): ("table of \(table.keys.count)", 0)
    case .function(let function): ("function" + (function.definition.map { " at \($0.text)" } ?? ""), 0)
    case .string(let text): ("string of \(text.utf8.count) bytes", 0)
    case .integer, .number, .boolean: (ValueText(self).text(of: value), 0)
    default: (self.text(value), 0)
    }
  }
}

extension Configuration {
  /// Bytes of the parameters and buffers of a network that was made.
  fileprivate var bytesInUse: Int {
    guard isInUse, [.model, .layer].contains(schema.kind), let module = try? module() else { return 0 }
    return module.state().reduce(0) { $0 + $1.tensor.count * $1.tensor.type.byteCount }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
