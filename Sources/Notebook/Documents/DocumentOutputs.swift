import Synchronization

/// Collects what a cell shows in Jupyter's terms; what replaces something takes its place.
final class DocumentOutputs: CellOutputs {
  private struct State {
    var outputs: [JSON] = []
    /// Where in `outputs` something is that may be replaced.
    var places: [String: Int] = [:]
    var number = 0
    var position = 0
  }
  private let state = Mutex(State())
  private let tell: @Sendable (_ position: Int, _ line: String) -> Void

  /// - Parameter tell: gets the line that a training redraws.
  init(tell: @escaping @Sendable (_ position: Int, _ line: String) -> Void) { self.tell = tell }

  /// Another cell begins.
  /// - Parameters:
  ///   - number: by which the session counts it.
  ///   - position: its place among the cells of code, from 1.
  func begin(number: Int, position: Int) { state.withLock { $0 = State(number: number, position: position) } }

  /// What the cell has shown.
  var shown: [JSON] { state.withLock { $0.outputs } }

  func show(_ output: CellOutput, replaces: Bool) {
    if case .display(let bundle) = output, bundle.id != nil, bundle.data.count == 1, let line = bundle["text/plain"] {
      tell(state.withLock { $0.position }, line)
    }
    state.withLock { state in
      let json = output.document(number: state.number)
      if case .text(let text) = output, let last = state.outputs.last, last["output_type"] == "stream" {
        state.outputs[state.outputs.count - 1]["text"] = .string((last["text"]?.text ?? "") + text)
      } else if case .display(let bundle) = output, let id = bundle.id {
        if replaces, let place = state.places[id] {
          state.outputs[place] = json
        } else {
          state.places[id] = state.outputs.count
          state.outputs.append(json)
        }
      } else {
        state.outputs.append(json)
      }
    }
  }
}

extension CellOutput {
  /// As a notebook of nbformat 4 keeps it, texts still whole.
  fileprivate func document(number: Int) -> JSON {
    switch self {
    case .text(let text): ["output_type": "stream", "name": "stdout", "text": .string(text)]
    case .display(let bundle): ["output_type": "display_data", "data": bundle.json, "metadata": [:]]
    case .values(let text):
      [
        "output_type": "execute_result", "execution_count": .integer(number), "data": MimeBundle.plain(text).json,
        "metadata": [:],
      ]
    case .error(let error):
      .object([JSON.Member("output_type", "error")] + (error.json.members ?? []))
    }
  }
}
