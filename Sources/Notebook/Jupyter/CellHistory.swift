import Foundation

/// The cells of this kernel, and what was typed at prompts before, for clients that ask.
final class CellHistory {
  private let history: LineHistory
  /// Cells from before this kernel began.
  private let earlier: [String]
  private var cells: [(number: Int, code: String)] = []
  /// By which clients tell this kernel's cells from earlier lines.
  private static let (earlierSession, ownSession) = (1, 2)

  private struct Entry {
    let session: Int
    let line: Int
    let code: String

    func json(withOutput: Bool) -> JSON {
      [.integer(session), .integer(line), withOutput ? [.string(code), .null] : .string(code)]
    }
  }

  init() {
    history = LineHistory(path: LineHistory.standardPath)
    earlier = history.entries
  }

  /// Takes note of a cell; it can be found at prompts, too.
  func add(_ code: String, number: Int) {
    if code.allSatisfy(\.isWhitespace) { return }
    cells.append((number, code))
    history.add(code)
  }

  /// The answer to a `history_request`.
  func reply(to content: JSON) -> JSON {
    let withOutput = content["output"]?.bool ?? false
    return [
      "status": "ok", "history": .array(entries(content).map { $0.json(withOutput: withOutput) }),
    ]
  }

  private var own: [Entry] { cells.map { Entry(session: Self.ownSession, line: $0.number, code: $0.code) } }

  private var all: [Entry] {
    earlier.enumerated().map { Entry(session: Self.earlierSession, line: $0.offset + 1, code: $0.element) } + own
  }

  private func entries(_ content: JSON) -> [Entry] {
    let count = max(0, content["n"]?.integer ?? .max)
    switch content["hist_access_type"]?.text {
    case "range":
      // 0 is the session under way, and -1 the one before it.
      let session = content["session"]?.integer ?? 0
      let entries = session == 0 || session == Self.ownSession ? own : all.filter { $0.session == Self.earlierSession }
      let (start, stop) = (content["start"]?.integer ?? 1, content["stop"]?.integer ?? .max)
      return entries.filter { $0.line >= start && $0.line < stop }
    case "search":
      let pattern = content["pattern"]?.text ?? "*"
      var found = all.filter { fnmatch(pattern, $0.code, 0) == 0 }
      if content["unique"]?.bool ?? false {
        var seen: Set<String> = []
        found = found.reversed().filter { seen.insert($0.code).inserted }.reversed()
      }
      return Array(found.suffix(count))
    default: return Array(all.suffix(count))
    }
  }
}
