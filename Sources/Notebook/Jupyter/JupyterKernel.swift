import Foundation
import Scripting
import Synchronization
import Tensors

/// A kernel for Jupyter: runs cells for clients that speak its protocol over ZeroMQ.
///
/// Lua lives on the thread that calls `run`. Another one owns the sockets, so that interrupts, shutdowns and heartbeats don't wait
/// for the cell that runs.
public final class JupyterKernel {
  let session: Session
  let runner: CellRunner
  let outputs: KernelOutputs
  let outbox: Outbox
  let history = CellHistory()
  private let version: String
  private let inbox = Inbox()
  private let desk: ControlDesk
  /// Requests to run cells that came before this time are not run, since an earlier cell failed.
  private var failure = -Double.infinity

  /// Listens where a client wants it to.
  /// - Parameters:
  ///   - connectionFile: the file that the client wrote.
  ///   - version: of tel.
  ///   - describe: all there is to say about an error.
  /// - Throws: `ConnectionFileError`.
  public init(
    connectionFile: String, session: Session, version: String, describe: @escaping (any Error) -> String
  ) throws {
    let connection = try ConnectionFile(path: connectionFile)
    (self.session, self.version) = (session, version)
    outbox = Outbox(MessageHeaders())
    outputs = KernelOutputs(outbox)
    runner = CellRunner(session, outputs: outputs, describe: describe)
    desk = ControlDesk(sockets: try KernelSockets(connection, outbox), outbox: outbox, inbox: inbox, version: version)
  }

  /// Works until a client asks for the end, or nobody is there any more.
  public func run() {
    RunningCell.takeSignals()
    outbox.publish("status", parent: [:], ["execution_state": "starting"])
    desk.open()
    while let request = inbox.next() {
      let parent = request.message.header
      outputs.begin(parent)
      outbox.publish("status", parent: parent, ["execution_state": "busy"])
      answer(request)
      outbox.publish("status", parent: parent, ["execution_state": "idle"])
    }
    desk.close()
  }

  private func answer(_ request: Request) {
    let content = request.content
    switch request.message.type {
    case "execute_request": execute(request)
    case "kernel_info_request": outbox.reply("kernel_info_reply", to: request, KernelDescription.info(version: version))
    case "complete_request": outbox.reply("complete_reply", to: request, completion(content))
    case "inspect_request": outbox.reply("inspect_reply", to: request, inspection(content))
    case "is_complete_request": outbox.reply("is_complete_reply", to: request, completeness(content))
    case "history_request": outbox.reply("history_reply", to: request, history.reply(to: content))
    case "comm_info_request": outbox.reply("comm_info_reply", to: request, ["status": "ok", "comms": [:]])
    case "comm_open":
      // Nobody here has a use for it; the client is told so by closing it.
      let id = content["comm_id"] ?? ""
      outbox.publish("comm_close", parent: request.message.header, ["comm_id": id, "data": [:]])
    case "shutdown_request": desk.shutDown(request)
    default: break
    }
  }

  private func execute(_ request: Request) {
    if request.arrival <= failure {
      return outbox.reply(
        "execute_reply", to: request, ["status": "aborted", "execution_count": .integer(session.count + 1)])
    }
    let content = request.content
    let code = content["code"]?.text ?? ""
    let isSilent = content["silent"]?.bool ?? false
    let isCounted = !isSilent && (content["store_history"]?.bool ?? true)
    let number = session.count + 1
    outputs.begin(request.message.header, isSilent: isSilent, number: number)
    if !isSilent {
      outbox.publish(
        "execute_input", parent: request.message.header, ["code": .string(code), "execution_count": .integer(number)])
    }
    RunningCell.begin()
    defer { RunningCell.end() }
    var reply: JSON
    do throws(CellError) {
      if isCounted { history.add(code, number: number) }
      try run(code, isCounted: isCounted)
      reply = ["status": "ok", "execution_count": .integer(number), "payload": []]
      reply["user_expressions"] = values(of: content["user_expressions"])
    } catch {
      reply = error.json
      reply["status"] = "error"
      reply["execution_count"] = .integer(number)
      reply["payload"] = []
      reply["user_expressions"] = [:]
      if content["stop_on_error"]?.bool ?? true {
        inbox.waitForQuiet()
        failure = MessageDate.now
      }
    }
    outbox.reply("execute_reply", to: request, reply)
  }

  private func run(_ code: String, isCounted: Bool) throws(CellError) {
    if code.allSatisfy(\.isWhitespace) { return }
    runner.beginCell()
    try runner.run(code, isCounted: isCounted)
  }

  private func values(of expressions: JSON?) -> JSON {
    .object(
      (expressions?.members ?? []).map { member in
        do throws(CellError) {
          let bundle = MimeBundle.plain(try runner.value(of: member.value.text ?? ""))
          return JSON.Member(member.key, ["status": "ok", "data": bundle.json, "metadata": [:]])
        } catch {
          var answer = error.json
          answer["status"] = "error"
          return JSON.Member(member.key, answer)
        }
      })
  }
}
