import Foundation

/// The sockets of a kernel. They belong to one thread, which waits for requests, hands them on, and sends what is in the outbox.
///
/// It answers heartbeats by itself, so that a kernel at work is known to be alive.
final class KernelSockets: @unchecked Sendable {
  private let context = ZeroMQContext()
  private let shell: ZeroMQSocket
  private let control: ZeroMQSocket
  private let stdin: ZeroMQSocket
  private let iopub: ZeroMQSocket
  private let heartbeat: ZeroMQSocket
  private var codec: MessageCodec
  private let outbox: Outbox
  private var dropped = 0
  private static let mostTold = 20

  /// Binds all sockets.
  /// - Throws: `ConnectionFileError.taken`.
  init(_ connection: ConnectionFile, _ outbox: Outbox) throws {
    let context = context
    func bound(_ kind: ZeroMQSocket.Kind, _ channel: ConnectionFile.Channel) throws -> ZeroMQSocket {
      let socket = ZeroMQSocket(kind, in: context)
      let address = connection.address(of: channel)
      do {
        try socket.bind(address)
      } catch let error as ZeroMQError { throw ConnectionFileError.taken(address: address, why: error.message) }
      return socket
    }
    shell = try bound(.router, .shell)
    control = try bound(.router, .control)
    stdin = try bound(.router, .stdin)
    iopub = try bound(.publisher, .iopub)
    heartbeat = try bound(.reply, .heartbeat)
    codec = MessageCodec(key: connection.key)
    self.outbox = outbox
  }

  /// Waits for something to do and does it.
  /// - Parameters:
  ///   - milliseconds: the longest wait.
  ///   - receive: gets what came, unless it was refused.
  func turn(milliseconds: Int, receive: (Request) -> Void) {
    let wait = send(all: false)
    ZeroMQSocket.wait(
      [shell, control, stdin, iopub, heartbeat], orFor: outbox.descriptor,
      milliseconds: min(milliseconds, wait ?? milliseconds))
    while let parts = heartbeat.receive() { try? heartbeat.send(parts) }
    while let parts = control.receive() { accept(parts, .control, receive) }
    while let parts = shell.receive() { accept(parts, .shell, receive) }
    // Nothing was asked, so there are no answers.
    while stdin.receive() != nil {}
    while let parts = iopub.receive() { welcome(parts) }
    _ = send(all: false)
  }

  /// Sends what is left.
  func flush() { _ = send(all: true) }

  private func send(all: Bool) -> Int? {
    let (messages, milliseconds) = outbox.take(all: all)
    for (channel, message) in messages {
      let socket =
        switch channel {
        case .shell: shell
        case .control: control
        case .iopub: iopub
        }
      // A client that is gone gets nothing.
      try? socket.send(codec.encoded(message))
    }
    return milliseconds
  }

  private func accept(_ parts: [[UInt8]], _ channel: Request.Channel, _ receive: (Request) -> Void) {
    do {
      let message = try codec.decoded(parts)
      receive(Request(channel: channel, message: message, arrival: MessageDate.now))
    } catch {
      dropped += 1
      guard dropped <= Self.mostTold else { return }
      let reason =
        switch error as? MessageError {
        case .malformed(let what): what
        case .wrongSignature: "its signature is wrong"
        case .repeated: "it was sent before"
        case nil: "\(error)"
        }
      FileHandle.standardError.write(Data("tel kernel: ignored a message: \(reason)\n".utf8))
    }
  }

  /// Tells whoever begins to listen that they do (JEP 65).
  private func welcome(_ parts: [[UInt8]]) {
    guard let subscription = parts.first, subscription.first == 1 else { return }
    let topic = Array(subscription.dropFirst())
    outbox.publish(
      "iopub_welcome", parent: [:], ["subscription": .string(String(decoding: topic, as: UTF8.self))], topic: topic)
  }
}
