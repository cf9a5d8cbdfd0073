import Autograd
import Scripting

extension Session {
  /// `who()`: the globals that the user made.
  func registerWho() {
    let known = Set(state.globals.names + ["who"])
    state.register("who", help: "(): lists the globals that were made here, with what they are and their memory") {
      call in
      let names = call.state.globals.names.filter { !known.contains($0) && !$0.isResultName }
      try call.state.printLine(Self.table(names, in: call.state))
      return nil
    }
  }

  private static func table(_ names: [String], in state: LuaState) -> String {
    if names.isEmpty { return "no globals were made" }
    let values = ValueText(state)
    let rows = names.map { name in
      let value = state.globals[name]
      return (name, value.byteCount.map(byteText) ?? "", values.brief(value))
    }
    let nameWidth = rows.map(\.0.count).max() ?? 0
    let byteWidth = rows.map(\.1.count).max() ?? 0
    return rows.map { name, bytes, what in
      "\(name)\(String(repeating: " ", count: nameWidth - name.count))  "
        + "\(String(repeating: " ", count: byteWidth - bytes.count))\(bytes)  \(what)"
    }.joined(separator: "\n")
  }

  /// "12.3 MB".
  static func byteText(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["B", "kB", "MB"] {
      if value < 1000 { return unit == "B" ? "\(count) B" : "\((value * 10).rounded() / 10) \(unit)" }
      value /= 1000
    }
    return "\((value * 10).rounded() / 10) GB"
  }
}

extension String {
  /// `_` and `_12`.
  fileprivate var isResultName: Bool { hasPrefix("_") && dropFirst().allSatisfy(\.isNumber) }
}
