import Scripting
import Tensors

/// A conversation with Lua, cell by cell, for whatever front end: a prompt, a Jupyter kernel, a notebook's file.
///
/// What a cell prints goes to `state.output` and what it shows to `state.display` while it runs; the text of its values is its
/// result. Names that are `local` at a cell's top level stay, reading a name that nothing was assigned to is an error, and the
/// values of earlier cells are `_` and `_1`, `_2`, ….
public final class Session {
  public let state: LuaState
  /// The number of the next cell, from 1.
  public private(set) var number = 1
  /// Names that were there before the first cell.
  private var givenNames: Set<String> = []
  private let completer: Completer

  /// Values of so many cells are kept; older ones are let go of, since tensors may be large.
  public static let mostRecalled = 100

  /// What a cell came to.
  public struct Result {
    /// What its values look like; nil where there are none, or it ends with a semicolon.
    public var text: String?
    public var values: [LuaValue]
    /// Whether the cell asked for help: `text` is for reading and no value.
    public var isHelp = false
  }

  public enum Completeness: Equatable, Sendable {
    case complete
    case incomplete
    /// It never becomes Lua, whatever follows.
    case invalid
  }

  /// Makes the state ready for cells.
  public init(_ state: LuaState) {
    self.state = state
    completer = Completer(state)
    state.registerWho { [unowned self] in userNames }
    givenNames = Set(state.globals.names)
    state.makeGlobalsStrict()
  }

  /// Whether Lua's own parser wants more to follow.
  public func completeness(of text: String) -> Completeness {
    if Self.helpName(text) != nil { return .complete }
    do {
      return try LuaCell(text, name: "input", in: state) == nil ? .incomplete : .complete
    } catch { return .invalid }
  }

  /// Runs a cell.
  /// - Parameters:
  ///   - name: what errors call it; by default "input 3".
  ///   - isCounted: false for a cell that leaves no trace: no number, and its values aren't recalled.
  ///   - width: columns that the text of values may take.
  /// - Throws: what it throws, `ScriptError.syntax` for text that is no Lua or unfinished.
  public func run(_ text: String, name: String? = nil, isCounted: Bool = true, width: Int = 80) throws -> Result {
    let own = number
    if isCounted { number += 1 }
    if let asked = Self.helpName(text) {
      return Result(text: try help(for: asked), values: [], isHelp: true)
    }
    let name = name ?? "input \(own)"
    guard let cell = try LuaCell(text, name: name, in: state) else {
      _ = try state.load(text, name: name)
      return Result(text: nil, values: [])
    }
    let values = try cell.run()
    if isCounted { recall(values, of: own) }
    guard !cell.isSilent, !values.isEmpty else { return Result(text: nil, values: values) }
    let writer = ValueText(state, width: width)
    let texts = values.map(writer.text(of:))
    let isShort = texts.allSatisfy { !$0.contains("\n") } && texts.reduce(0) { $0 + $1.count + 2 } < width
    return Result(text: texts.joined(separator: isShort ? "  " : "\n"), values: values)
  }

  /// What may stand at a place.
  /// - Parameter cursor: in Unicode scalars.
  public func complete(_ text: String, at cursor: Int) -> Completion { completer.completion(of: text, at: cursor) }

  /// The first value of a cell as `_` and under its number.
  private func recall(_ values: [LuaValue], of cell: Int) {
    guard let value = values.first, !value.isNil else { return }
    state.globals.set("_", value)
    state.globals.set("_\(cell)", value)
    state.globals.set("_\(cell - Self.mostRecalled)", LuaValue.nil)
  }

  /// Names that cells made, sorted.
  private var userNames: [String] {
    state.globals.names.filter { name in
      !givenNames.contains(name) && !(name.hasPrefix("_") && name.dropFirst().allSatisfy(\.isNumber))
    }
  }

  /// What `?name`, or `name?`, asks about.
  private static func helpName(_ text: String) -> String? {
    var text = text[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    while text.first?.isWhitespace == true { text.removeFirst() }
    if text.hasPrefix("?") {
      text = text.drop { $0 == "?" || $0.isWhitespace }
    } else {
      guard text.hasSuffix("?") else { return nil }
      while text.last == "?" || text.last?.isWhitespace == true { text.removeLast() }
    }
    return text.allSatisfy { $0.isLetter || $0.isNumber || "._:".contains($0) } ? String(text) : nil
  }
}

extension Session {
  /// Help about what stands at a place: the name around it, or else the function whose arguments are being written there.
  /// - Parameter cursor: in Unicode scalars.
  public func inspect(_ text: String, at cursor: Int) -> String? {
    let scalars = Array(text.unicodeScalars)
    func isPart(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isAlphabetic || (48...57).contains(scalar.value) || "_.:".unicodeScalars.contains(scalar)
    }
    var end = min(max(0, cursor), scalars.count)
    while end < scalars.count, isPart(scalars[end]), scalars[end] != ".", scalars[end] != ":" { end += 1 }
    var depth = 0
    while end > 0 {
      var start = end
      while start > 0, isPart(scalars[start - 1]) { start -= 1 }
      if start < end {
        let name = String(String.UnicodeScalarView(scalars[start..<end])).trimmingPrefix { ".:".contains($0) }
        if let help = try? help(for: String(name)) { return help }
      }
      // On to the bracket that is open here, and the function before it.
      end = min(start, end)
      while end > 0 {
        end -= 1
        if ")}]".unicodeScalars.contains(scalars[end]) { depth += 1 }
        if "({[".unicodeScalars.contains(scalars[end]) {
          if depth == 0 { break }
          depth -= 1
        }
      }
      while end > 0, scalars[end - 1] == " " || scalars[end - 1] == "(" { end -= 1 }
    }
    return nil
  }

  /// What is known of a name.
  /// - Throws: `ScriptError.noMember` with the nearest name, where nothing is.
  func help(for name: String) throws -> String {
    if let text = state.documentation[name] ?? state.documentation["tel." + name] { return name + text }
    throw ScriptError.noMember(of: "help", key: name, known: state.documentation.keys.sorted(), site: nil)
  }
}
