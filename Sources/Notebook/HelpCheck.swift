import Scripting

/// Runs the examples of the help, each in a session of its own.
public enum HelpCheck {
  /// - Parameter makeState: makes a state that knows everything.
  /// - Returns: a line or more for each example that shows something else than it says.
  public static func problems(_ makeState: () throws -> LuaState) throws -> [String] {
    let names = try makeState().documentation.keys.sorted()
    return try names.flatMap { name in
      try problems(of: name, in: Session(try makeState()))
    }
  }

  private static func problems(of name: String, in session: Session) throws -> [String] {
    guard let topic = session.state.topic(named: name) else { return [] }
    var printed: [UInt8] = []
    session.state.output = LuaOutput { printed += $0 }
    var problems: [String] = []
    for cell in topic.example.cells {
      printed = []
      let outcome = session.run(cell.text)
      var lines = String(decoding: printed, as: UTF8.self)
      lines += outcome.value ?? ""
      if let error = outcome.error { lines += ErrorText.text(of: error) }
      while lines.last == "\n" { lines.removeLast() }
      if lines != cell.shown {
        problems.append("\(name): \(cell.text)\nshows\n\(lines)\ninstead of\n\(cell.shown)")
      }
    }
    return problems
  }
}
