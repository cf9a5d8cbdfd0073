import Foundation
import Notebook
import Testing

/// A client of the built kernel, which speaks to it as Jupyter's do.
final class KernelClient {
  let folder: URL
  let process = Process()
  private let context = ZeroMQContext()
  private let shell: ZeroMQSocket
  private let control: ZeroMQSocket
  private let iopub: ZeroMQSocket
  private let heartbeat: ZeroMQSocket
  var codec: MessageCodec
  private let headers = MessageHeaders(user: "tester")
  /// What came and nobody asked for yet.
  private var published: [JupyterMessage] = []
  private var replies: [JupyterMessage] = []
  private static let key = "a secret of this test"

  struct Silence: Error { let waitingFor: String }

  /// Starts a kernel and waits until it is heard.
  /// - Parameter shell: runs the kernel as a job of a shell, whose process identifiers go to files.
  init(options: [String] = [], startedByShell: Bool = false) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("tel-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let socketName = folder.path + "/s"
    try folder.write(
      "connection.json",
      """
      {"transport": "ipc", "ip": "\(socketName)", "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4,
       "hb_port": 5, "key": "\(Self.key)", "signature_scheme": "hmac-sha256"}
      """)
    codec = MessageCodec(key: Array(Self.key.utf8))
    let tel = try Command.executable().path
    if startedByShell {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "\"$0\" kernel connection.json & echo $! > pid; wait", tel]
    } else {
      process.executableURL = URL(fileURLWithPath: tel)
      process.arguments = ["kernel"] + options + ["connection.json"]
    }
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["XDG_STATE_HOME": folder.path + "/state"]) { $1 }
    process.environment?["JPY_PARENT_PID"] = nil
    process.standardError = FileHandle.nullDevice
    try process.run()
    let context = context
    func connected(_ kind: ZeroMQSocket.Kind, _ port: Int) throws -> ZeroMQSocket {
      let socket = ZeroMQSocket(kind, in: context)
      try socket.connect("ipc://\(socketName)-\(port)")
      return socket
    }
    (shell, control) = (try connected(.dealer, 1), try connected(.dealer, 4))
    (iopub, heartbeat) = (try connected(.subscriber, 2), try connected(.request, 5))
    // The kernel says when it knows who listens.
    _ = try message("iopub_welcome") { $0.type == "iopub_welcome" }
  }

  deinit {
    if process.isRunning { process.terminate() }
    try? FileManager.default.removeItem(at: folder)
  }

  enum Channel { case shell, control }

  /// Sends a request and returns its identifier.
  @discardableResult func ask(_ type: String, _ content: JSON = [:], _ channel: Channel = .shell) throws -> String {
    let message = JupyterMessage(header: headers.header(type), content: content)
    try (channel == .shell ? shell : control).send(codec.encoded(message))
    return message.header["msg_id"]!.text!
  }

  /// Sends parts as they are.
  func send(_ parts: [[UInt8]]) throws { try shell.send(parts) }

  @discardableResult func execute(_ code: String, _ more: JSON = [:]) throws -> String {
    var content: JSON = ["code": .string(code)]
    for member in more.members ?? [] { content[member.key] = member.value }
    return try ask("execute_request", content)
  }

  /// The answer to a request.
  func reply(to id: String, within seconds: Double = 10) throws -> JupyterMessage {
    try wait("the answer to \(id)", within: seconds) {
      guard let index = replies.firstIndex(where: { $0.parent["msg_id"]?.text == id }) else { return nil }
      return replies.remove(at: index)
    }
  }

  /// The first published message that fits, whatever came before it.
  func message(_ what: String, within seconds: Double = 10, _ fits: (JupyterMessage) -> Bool) throws -> JupyterMessage {
    try wait(what, within: seconds) {
      guard let index = published.firstIndex(where: fits) else { return nil }
      return published.remove(at: index)
    }
  }

  /// All that was published about a request, from busy to idle.
  func outputs(of id: String, within seconds: Double = 10) throws -> [JupyterMessage] {
    try wait("the end of \(id)", within: seconds) {
      let own = published.filter { $0.parent["msg_id"]?.text == id }
      guard own.last?.content["execution_state"]?.text == "idle" else { return nil }
      published.removeAll { $0.parent["msg_id"]?.text == id }
      return own
    }
  }

  /// Whether the kernel answers heartbeats.
  func isAlive(within seconds: Double = 1) throws -> Bool {
    try heartbeat.send([[1, 2]])
    ZeroMQSocket.wait([heartbeat], milliseconds: Int(seconds * 1000))
    return heartbeat.receive() == [[1, 2]]
  }

  /// Waits for the end of the process.
  func hasEnded(within seconds: Double) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.02) }
    return !process.isRunning
  }

  private func wait<R>(_ what: String, within seconds: Double, _ find: () -> R?) throws -> R {
    let end = Date().addingTimeInterval(seconds)
    while true {
      while let parts = iopub.receive() { published.append(try codec.decoded(parts)) }
      for socket in [shell, control] {
        while let parts = socket.receive() { replies.append(try codec.decoded(parts)) }
      }
      if let found = find() { return found }
      let left = end.timeIntervalSinceNow
      if left <= 0 { throw Silence(waitingFor: what) }
      ZeroMQSocket.wait([iopub, shell, control], milliseconds: max(1, Int(left * 1000)))
    }
  }
}

extension [JupyterMessage] {
  /// Messages of one type.
  func of(_ type: String) -> [JupyterMessage] { filter { $0.type == type } }

  /// What was printed.
  var printed: String { of("stream").compactMap { $0.content["text"]?.text }.joined() }
}
