import Foundation
import Scripting
import Tensors

/// A notebook that didn't run to its end.
public struct DocumentRunError: ExplainedError, Equatable {
  /// Its number from 1, among how many cells of code.
  public let cell: Int
  public let count: Int
  /// All there is to say about the error.
  public let text: String
  public let wasInterrupted: Bool

  public var explanation: Explanation { Explanation("cell \(cell) of \(count) failed\n\(text)") }
}

extension NotebookDocument {
  /// Runs the cells of code in order and keeps what they show. An error ends it; later cells stay without outputs.
  /// - Parameters:
  ///   - session: a fresh one.
  ///   - name: what errors call a Lua file, whose lines they then name.
  ///   - describe: all there is to say about an error.
  ///   - progress: told which cell of how many runs, and how far a training in it is.
  /// - Throws: `DocumentRunError`.
  public mutating func run(
    in session: Session, name: String, describe: @escaping (any Error) -> String,
    progress: @escaping @Sendable (_ number: Int, _ count: Int, _ status: String) -> Void
  ) throws {
    let code = cells.indices.filter { cells[$0].kind == .code }
    let count = code.count
    let outputs = DocumentOutputs { progress($0, count, $1) }
    let runner = CellRunner(session, outputs: outputs, describe: describe)
    wasRun = true
    for i in cells.indices { (cells[i].outputs, cells[i].executionCount, cells[i].wasRun) = ([], nil, false) }
    for (n, i) in code.enumerated() where !cells[i].isBlank {
      progress(n + 1, count, "")
      let own = session.count + 1
      outputs.begin(number: own, position: n + 1)
      runner.beginCell()
      defer {
        cells[i].outputs = outputs.shown.map(\.withLines)
        (cells[i].executionCount, cells[i].wasRun) = (own, true)
      }
      // Lines before it are blank, so that errors name those of the file.
      let text = String(repeating: "\n", count: cells[i].line ?? 0) + cells[i].source
      do throws(CellError) {
        try runner.run(text, name: cells[i].line == nil ? "cell \(n + 1)" : name)
      } catch {
        throw DocumentRunError(
          cell: n + 1, count: count, text: error.lines.joined(separator: "\n"),
          wasInterrupted: error.name == CellError.interrupted)
      }
    }
  }
}

extension NotebookCell {
  /// Whether there is nothing in it to run.
  fileprivate var isBlank: Bool {
    LuaSpans(source).pieces.allSatisfy { $0.kind == .comment || $0.text.allSatisfy(\.isWhitespace) }
  }
}

extension JSON {
  /// An output with its texts as lists of lines; what is in base 64 stays whole.
  fileprivate var withLines: JSON {
    var output = self
    if let text = output["text"]?.text { output["text"] = .lines(text) }
    guard var data = output["data"] else { return output }
    for member in data.members ?? [] where !member.key.hasPrefix("image/") || member.key == "image/svg+xml" {
      if let text = member.value.text { data[member.key] = .lines(text) }
    }
    output["data"] = data
    return output
  }
}
