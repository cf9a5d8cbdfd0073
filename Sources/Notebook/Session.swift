import Dispatch
import Scripting
import Tensors

/// The part of a prompt that a notebook shares: cells of Lua are run one after another, and remember each other.
///
/// At the prompt and in notebooks reading a global that was never set is an error, which suggests what may have been meant;
/// scripts and recipes stay plain Lua, where `if x then` may ask for it. `local` at the top of a cell lasts beyond it. The value
/// of a cell is `_` in the next one, and `_3` if it was the third.
///
/// What a cell prints goes where `state.output` says, as it is printed.
public final class Session {
  public let state: LuaState
  /// How many cells were run.
  public private(set) var count = 0
  /// Values of so many cells are kept; older ones are let go of, since tensors may be large.
  private static let mostRecalled = 100
  /// Columns that values should stay within.
  public var width = 80

  /// What became of a cell.
  public struct Outcome {
    /// The cell's number, from 1.
    public let number: Int
    /// The value to show, over as many lines as it takes; nil if there is none or a semicolon silenced it.
    public var value: String?
    /// What ended the cell: `Interrupted`, a `ScriptError`, or what a function of ours threw. `ErrorText` makes text of it.
    public var error: (any Error)?
    public var seconds = 0.0
    /// The most memory that tensors took meanwhile, in bytes.
    public var peakMemory = 0
  }

  /// What Lua's parser says of a text.
  public enum Completeness: Equatable {
    case complete
    /// More has to come; the next line should be indented by so many blanks.
    case incomplete(indentation: Int)
    case invalid
  }

  public init(_ state: LuaState) {
    self.state = state
    state.refuseUndefinedGlobals()
    registerWho()
  }

  /// What errors call a cell.
  static func name(_ number: Int) -> String { "input \(number)" }

  /// Runs a cell. Never throws: what goes wrong is in the outcome. A request to stop is over when it returns.
  public func run(_ text: String) -> Outcome {
    count += 1
    var outcome = Outcome(number: count)
    BufferPool.shared.resetPeak()
    let start = DispatchTime.now().uptimeNanoseconds
    do { outcome.value = try value(of: text, number: count, name: Self.name(count)).text } catch {
      outcome.error = error
    }
    outcome.seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    outcome.peakMemory = BufferPool.shared.usage.peak
    if Interruption.isPending { Interruption.clear() }
    return outcome
  }

  /// Runs a file, so that cells see its globals and outermost locals. What it returns is `_`.
  ///
  /// It may read globals that don't exist: files are plain Lua.
  public func run(file path: String) throws {
    let text = try state.source(ofFile: path)
    state.allowsUndefinedGlobals = true
    defer { state.allowsUndefinedGlobals = false }
    guard let cell = try Cell(text, name: path, in: state, keepsLocals: true) else {
      _ = try state.load(text, name: path)
      return
    }
    state.declaredGlobals.formUnion(cell.locals)
    if let value = try cell.run().first, !value.isNil { state.set("_", value) }
  }

  /// Runs a cell for a front end that tells errors in its own way.
  /// - Parameters:
  ///   - name: what errors call it; by default "input 3".
  ///   - isCounted: false for a cell that leaves no trace: no number, and its value isn't recalled.
  /// - Returns: the value to show, and whether it is help that was asked for.
  /// - Throws: what the cell throws; `ScriptError.syntax` for text that is no Lua or unfinished.
  public func evaluate(_ text: String, name: String? = nil, isCounted: Bool = true) throws -> (
    text: String?, isHelp: Bool
  ) {
    if isCounted { count += 1 }
    return try value(of: text, number: isCounted ? count : nil, name: name ?? Self.name(isCounted ? count : count + 1))
  }

  /// - Parameter number: under which the value is recalled.
  private func value(of text: String, number: Int?, name: String) throws -> (text: String?, isHelp: Bool) {
    if let topic = Self.question(text) {
      return (try inspect(topic, cursor: topic.utf8.count) ?? noHelp(topic), true)
    }
    state.remember(source: text, name: name)
    guard let cell = try Cell(text, name: name, in: state, keepsLocals: true) else {
      // For the error that says what is missing.
      _ = try state.load(text, name: name)
      return (nil, false)
    }
    // A local without a value is defined all the same.
    state.declaredGlobals.formUnion(cell.locals)
    let values = try cell.run()
    guard cell.showsValues, !values.isEmpty else { return (nil, false) }
    if let number, let first = values.first, !first.isNil {
      state.set("_", first)
      state.set("_\(number)", first)
      state.set("_\(number - Self.mostRecalled)", LuaValue.nil)
    }
    return (try ValueText(state, width: width).text(of: values), false)
  }

  /// Whether a text is a whole cell.
  public func completeness(of text: String) -> Completeness {
    if Self.question(text) != nil { return .complete }
    do {
      if try Cell(text, name: "input", in: state, keepsLocals: true) != nil { return .complete }
      return .incomplete(indentation: 2 * CellSource(text).openDepth)
    } catch { return .invalid }
  }

  /// The `x` of `?x` or `x?`.
  private static func question(_ text: String) -> String? {
    let trimmed = text.trimmingBlanks
    guard trimmed.hasPrefix("?") || trimmed.hasSuffix("?") else { return nil }
    let topic = trimmed.replacing("?", with: "").trimmingBlanks
    // A comment may end with a question mark, too.
    let isName = topic.allSatisfy { $0.isLetter || $0.isNumber || "_.:[]".contains($0) }
    return isName || trimmed.hasPrefix("?") && !topic.contains("\n") ? topic : nil
  }

  private func noHelp(_ topic: String) throws -> String {
    if topic.isEmpty { return state.help(named: "tel") ?? "" }
    throw state.noHelp(on: topic, site: nil)
  }
}

extension String {
  var trimmingBlanks: String {
    var rest = Substring(self)
    while rest.first?.isWhitespace ?? false { rest.removeFirst() }
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return String(rest)
  }
}
