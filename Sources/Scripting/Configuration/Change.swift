import Tensors

/// A change of a recipe from the command line: `--set loss[2].weight=0`.
public struct Change: Sendable {
  enum Step: Sendable, Equatable {
    case name(String)
    case index(Int)

    var text: String {
      switch self {
      case .name(let name): name
      case .index(let index): "[\(index)]"
      }
    }
    var key: LuaValue {
      switch self {
      case .name(let name): .string(name)
      case .index(let index): .integer(index)
      }
    }
  }

  /// As it was given.
  public let text: String
  let path: [Step]
  let value: String

  /// - Throws: `ChangeError.syntax`.
  public init(_ text: String) throws {
    self.text = text
    guard let equals = text.firstIndex(of: "="), let path = Self.parse(text[..<equals]) else {
      throw ChangeError.syntax(text)
    }
    self.path = path
    value = String(text[text.index(after: equals)...])
  }

  /// `a.b[2].c` as steps.
  private static func parse(_ path: Substring) -> [Step]? {
    var steps: [Step] = []
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let name = pieces.first, !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
        return nil
      }
      steps.append(.name(String(name)))
      for piece in pieces.dropFirst() {
        guard piece.hasSuffix("]"), let index = Int(piece.dropLast()), index > 0 else { return nil }
        steps.append(.index(index))
      }
    }
    return steps
  }

  /// Carries out the change.
  /// - Throws: `ChangeError` for keys that aren't there and values that don't fit.
  public func apply(to recipe: Configuration) throws {
    let value = LuaValue(literal: value, in: recipe.state)
    try apply(path[...], to: .configuration(recipe), value)
  }

  /// What a step leads into, with what is known of its keys.
  private enum Container {
    case configuration(Configuration)
    case table(LuaTable, FieldType)
  }

  private func apply(_ rest: ArraySlice<Step>, to container: Container, _ value: LuaValue) throws {
    guard let step = rest.first else { return }
    let known = try check(step, in: container, before: rest.startIndex)
    if rest.count == 1 {
      if !value.isNil, let problem = known.problem(with: value) { throw unfit(problem, value) }
      switch container {
      case .configuration(let configuration): configuration.table.set(step.key, value)
      case .table(let table, _): table.set(step.key, value)
      }
      return
    }
    let next: Container
    switch inner(step, of: container) {
    case .object(let object as Configuration): next = .configuration(object)
    case .table(let table): next = .table(table, known.inTables)
    case .nil where known.inTables.isRecord: next = .table(newTable(at: step, in: container), known.inTables)
    case let other:
      throw ChangeError.noInside(
        text, path: joined(through: rest.startIndex), found: other.isNil ? "not set" : other.shown)
    }
    try apply(rest.dropFirst(), to: next, value)
  }

  private func newTable(at step: Step, in container: Container) -> LuaTable {
    switch container {
    case .configuration(let configuration):
      let table = LuaTable(in: configuration.state)
      configuration.table.set(step.key, table)
      return table
    case .table(let owner, _):
      let table = LuaTable(in: owner.reference.state)
      owner.set(step.key, table)
      return table
    }
  }

  private func inner(_ step: Step, of container: Container) -> LuaValue {
    switch (container, step) {
    case (.configuration(let configuration), .name(let name)):
      let set = configuration.table[name]
      if !set.isNil { return set }
      // A default that is a table becomes the configuration's own, so that a part of it can be changed.
      let value = configuration[name]
      if case .table(let table) = value { configuration.table.set(name, table) }
      return value
    case (.configuration(let configuration), .index(let index)): return configuration.table[index]
    case (.table(let table, _), _): return table.value(step.key, as: LuaValue.self) ?? .nil
    }
  }

  /// The type that belongs to a step, after checking that there is such a key.
  private func check(_ step: Step, in container: Container, before position: Int) throws -> FieldType {
    func unknown(_ known: [String]) -> ChangeError {
      .unknownKey(text, owner: joined(before: position), key: step.text, known: known)
    }
    switch (container, step) {
    case (.configuration(let configuration), .name(let name)):
      guard let field = configuration.schema.field(name) else { throw unknown(configuration.schema.fields.map(\.name)) }
      return field.type
    case (.configuration(let configuration), .index(let index)):
      guard let entries = configuration.schema.entries else { throw unknown(configuration.schema.fields.map(\.name)) }
      try check(index, count: configuration.table.count, before: position)
      return entries
    case (.table(_, .record(let fields)), .name(let name)):
      guard let field = fields.first(where: { $0.name == name }) else { throw unknown(fields.map(\.name)) }
      return field.type
    case (.table(let table, .list(let element)), .index(let index)),
      (.table(let table, .entries(let element)), .index(let index)):
      try check(index, count: table.count, before: position)
      return element
    case (.table(let table, .entries(let element)), .name(let name)):
      guard !table[name].isNil else { throw unknown(table.names) }
      return element
    case (.table(let table, _), .index(let index)):
      try check(index, count: table.count, before: position)
      return .anything
    case (.table(let table, _), .name(let name)):
      guard !table[name].isNil else { throw unknown(table.names) }
      return .anything
    }
  }

  private func check(_ index: Int, count: Int, before position: Int) throws {
    if index > count { throw ChangeError.noEntry(text, owner: joined(before: position), index: index, count: count) }
  }

  private func unfit(_ problem: ConfigurationProblem, _ value: LuaValue) -> ChangeError {
    switch problem.wrong {
    case .value(let found, let expected):
      .value(text, path: joined(through: path.count - 1, and: problem.path), found: found, expected: expected)
    case .unknown(let key, let known):
      .unknownKey(text, owner: joined(through: path.count - 1, and: problem.path.dropLast()), key: key, known: known)
    }
  }

  private func joined(before position: Int) -> String { Configuration.joined(path[..<position].map(\.text)) }
  private func joined(through position: Int, and inner: some Sequence<String> = []) -> String {
    Configuration.joined(path[...position].map(\.text) + inner)
  }
}

extension FieldType {
  /// What a table in this place is: the one among several types that is a table.
  fileprivate var inTables: FieldType {
    guard case .either(let types) = self else { return self }
    let tables = types.filter {
      switch $0 {
      case .record, .list, .entries, .table: true
      default: false
      }
    }
    return tables.count == 1 ? tables[0] : .anything
  }

  fileprivate var isRecord: Bool { if case .record = self { true } else { false } }
}

/// What is wrong with a `--set`.
public enum ChangeError: ExplainedError, Equatable {
  case syntax(String)
  case unknownKey(String, owner: String, key: String, known: [String])
  case noEntry(String, owner: String, index: Int, count: Int)
  case noInside(String, path: String, found: String)
  case value(String, path: String, found: String, expected: String)

  public var explanation: Explanation {
    switch self {
    case .syntax(let text):
      Explanation(
        "this is no change of a value", place: "--set \(text)", expected: "--set name=value, as in loss[2].weight=0")
    case .unknownKey(let text, let owner, let key, let known):
      Explanation(
        "\(owner.isEmpty ? "the recipe" : owner) has no \(key)", place: "--set \(text)",
        expected: "one of " + known.joined(separator: ", "),
        advice: nearestName(to: key, in: known).map { "did you mean \($0)?" })
    case .noEntry(let text, let owner, let index, let count):
      Explanation(
        "\(owner) has no entry \(index)", place: "--set \(text)", expected: count == 0 ? "no index" : "1 to \(count)")
    case .noInside(let text, let path, let found):
      Explanation("\(path) is \(found), which has no parts", place: "--set \(text)")
    case .value(let text, let path, let found, let expected):
      Explanation("\(path) would be \(found)", place: "--set \(text)", expected: expected)
    }
  }
}
