import Synchronization

/// Sends what cells show to everybody who listens, as belonging to the request that runs.
final class KernelOutputs: CellOutputs {
  private struct State {
    var parent: JSON = [:]
    var isSilent = false
    var number = 0
  }
  private let state = Mutex(State())
  private let outbox: Outbox

  init(_ outbox: Outbox) { self.outbox = outbox }

  /// From now on outputs belong to this request.
  /// - Parameter isSilent: nobody is to see them.
  func begin(_ parent: JSON, isSilent: Bool = false, number: Int = 0) {
    state.withLock { $0 = State(parent: parent, isSilent: isSilent, number: number) }
  }

  func show(_ output: CellOutput, replaces: Bool) {
    let state = state.withLock { $0 }
    if state.isSilent { return }
    switch output {
    case .text(let text): outbox.print(text, parent: state.parent)
    case .display(let bundle):
      outbox.publish(replaces ? "update_display_data" : "display_data", parent: state.parent, bundle.message)
    case .values(let text):
      var content = MimeBundle.plain(text).message
      content["execution_count"] = .integer(state.number)
      content["transient"] = nil
      outbox.publish("execute_result", parent: state.parent, content)
    case .error(let error): outbox.publish("error", parent: state.parent, error.json)
    }
  }
}

extension MimeBundle {
  /// As `display_data` has it.
  fileprivate var message: JSON {
    [
      "data": json, "metadata": [:], "transient": id.map { ["display_id": .string($0)] } ?? [:],
    ]
  }

  var json: JSON { .object(data.map { JSON.Member($0.type, .string($0.content)) }) }
}

extension CellError {
  var json: JSON {
    ["ename": .string(name), "evalue": .string(message), "traceback": .array(lines.map { .string($0) })]
  }
}
