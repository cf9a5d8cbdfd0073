import Foundation
import Pictures
import Scripting
import Synchronization
import Tensors
import Training

/// Runs cells for a front end that shows outputs as they come: a Jupyter client, or a page that is being written.
///
/// What cells print and show, the line that tells how far a training is, and its curves go to `outputs`.
package final class CellRunner {
  package let session: Session
  private let outputs: any CellOutputs
  private let describe: (any Error) -> String
  private var curves = LiveCurves()
  /// What is shown under the ids of this cell: their names for the front end.
  private var shown: [String: String] = [:]

  /// - Parameter describe: all there is to say about an error.
  package init(_ session: Session, outputs: any CellOutputs, describe: @escaping (any Error) -> String) {
    (self.session, self.outputs, self.describe) = (session, outputs, describe)
    let state = session.state
    state.output = LuaOutput { bytes in outputs.show(.text(String(decoding: bytes, as: UTF8.self)), replaces: false) }
    state.display = LuaDisplay { [unowned self] exhibit, _ in try show(exhibit) }
    state.console = ProgressDisplay(outputs).console
    state.onTraining = { [unowned self] trainer, isOver in
      if let chart = try curves.chart(of: trainer, isOver: isOver) { show(chart) }
    }
  }

  /// Runs a cell and shows its values or its error.
  /// - Parameter isCounted: false for a cell that leaves no trace in the session.
  /// - Throws: `CellError`, which was shown.
  package func run(_ text: String, name: String? = nil, isCounted: Bool = true) throws(CellError) {
    do {
      let result = try session.evaluate(text, name: name, isCounted: isCounted)
      guard let text = result.text else { return }
      outputs.show(result.isHelp ? .display(.plain(text)) : .values(text), replaces: false)
    } catch {
      let error = cellError(error)
      outputs.show(.error(error), replaces: false)
      throw error
    }
  }

  /// The text of an expression's values, with nothing shown or counted.
  /// - Throws: `CellError`.
  package func value(of expression: String) throws(CellError) -> String {
    do {
      return try session.evaluate(expression, isCounted: false).text ?? "nil"
    } catch { throw cellError(error) }
  }

  private func cellError(_ error: any Error) -> CellError {
    let lines = describe(error).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let name =
      switch error {
      case is Interrupted: CellError.interrupted
      case ScriptError.syntax: "SyntaxError"
      default: "Error"
      }
    return CellError(name: name, message: lines.first ?? "", lines: lines)
  }

  private func show(_ exhibit: Exhibit) throws {
    var data: [(type: String, content: String)] = [("text/plain", exhibit.title)]
    data.insert(try exhibit.picture.inNotebook(), at: 0)
    show(MimeBundle(data, id: exhibit.id))
  }

  private func show(_ bundle: MimeBundle) {
    var bundle = bundle
    guard let id = bundle.id else { return outputs.show(.display(bundle), replaces: false) }
    let earlier = shown[id]
    bundle.id = earlier ?? UUID().uuidString.lowercased()
    shown[id] = bundle.id
    outputs.show(.display(bundle), replaces: earlier != nil)
  }

  /// Forgets what is shown under ids: another cell begins, whose pictures stand below it.
  package func beginCell() {
    shown = [:]
    curves = LiveCurves()
  }
}

/// The last line of a training, which is redrawn in place.
private final class ProgressDisplay: Sendable {
  private let outputs: any CellOutputs
  /// Where the line stands, if there is one.
  private let id = Mutex<String?>(nil)

  init(_ outputs: any CellOutputs) { self.outputs = outputs }

  /// A console whose last line is this.
  var console: Console {
    Console(line: { self.outputs.show(.text($0 + "\n"), replaces: false) }, status: { self.show($0) })
  }

  private func show(_ line: String) {
    // The last one stays.
    if line.isEmpty { return id.withLock { $0 = nil } }
    let (own, isNew) = id.withLock { id -> (String, Bool) in
      if let id { return (id, false) }
      let fresh = UUID().uuidString.lowercased()
      id = fresh
      return (fresh, true)
    }
    outputs.show(.display(.plain(line, id: own)), replaces: !isNew)
  }
}

extension Picture {
  /// Drawings larger than this as text are sent as pixels.
  private static let largestSVG = 200_000
  /// Pictures narrower than this are enlarged by whole factors, so that their pixels can be seen.
  private static let smallestWidth = 256

  /// Its MIME type and content, in base 64 where that is no text.
  fileprivate func inNotebook() throws -> (type: String, content: String) {
    if case .drawing = self {
      let text = try svg()
      if text.utf8.count <= Self.largestSVG { return ("image/svg+xml", text) }
    }
    let image = self.image
    let factor = max(1, Self.smallestWidth / max(1, image.width))
    let png = try Picture.pixels(factor > 1 ? image.enlarged(factor) : image).png()
    return ("image/png", Data(png).base64EncodedString())
  }
}
