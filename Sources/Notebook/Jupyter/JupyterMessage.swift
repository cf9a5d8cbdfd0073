import Foundation

/// A message of Jupyter's protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html
package struct JupyterMessage: Sendable {
  /// Who it comes from or goes to, on a socket that several use; what it is about, on the one that all listen to.
  package var identities: [[UInt8]] = []
  package var header: JSON
  /// The header of the request that it belongs to.
  package var parent: JSON = [:]
  package var metadata: JSON = [:]
  package var content: JSON
  package var buffers: [[UInt8]] = []

  package var type: String { header["msg_type"]?.text ?? "" }

  package init(header: JSON, parent: JSON = [:], content: JSON = [:], identities: [[UInt8]] = []) {
    (self.header, self.parent, self.content, self.identities) = (header, parent, content, identities)
  }
}

/// A message that isn't accepted, and why.
package enum MessageError: Error, Equatable {
  case malformed(String)
  case wrongSignature
  /// Its signature was seen before: somebody sends a copy.
  case repeated
}

/// Turns messages into the parts that travel and back, and signs them: identities, a delimiter, the signature, header, parent's
/// header, metadata, content, buffers.
package struct MessageCodec {
  private let key: [UInt8]
  /// The signatures of messages that came, the oldest first, to tell copies.
  private var seen: Set<[UInt8]> = []
  private var order: [[UInt8]] = []
  private static let delimiter = Array("<IDS|MSG>".utf8)
  private static let mostSeen = 65_536

  /// - Parameter key: messages are signed with it, unless it is empty.
  package init(key: [UInt8]) { self.key = key }

  /// The signature in hexadecimal digits; empty without a key.
  package func signature(of parts: some Sequence<[UInt8]>) -> [UInt8] {
    guard !key.isEmpty else { return [] }
    var code = HMAC(key: key)
    for part in parts { code.update(part) }
    let digits = Array("0123456789abcdef".utf8)
    return code.finish().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  package func encoded(_ message: JupyterMessage) -> [[UInt8]] {
    let parts = [message.header, message.parent, message.metadata, message.content].map { Array($0.compact.utf8) }
    return message.identities + [Self.delimiter, signature(of: parts)] + parts + message.buffers
  }

  /// - Throws: `MessageError`.
  package mutating func decoded(_ parts: [[UInt8]]) throws -> JupyterMessage {
    guard let delimiter = parts.firstIndex(of: Self.delimiter) else { throw MessageError.malformed("no delimiter") }
    guard parts.count >= delimiter + 6 else { throw MessageError.malformed("parts are missing") }
    let signed = parts[delimiter + 2..<delimiter + 6]
    let given = parts[delimiter + 1]
    if !key.isEmpty {
      guard HMAC.areEqual(signature(of: signed), given) else { throw MessageError.wrongSignature }
      guard seen.insert(given).inserted else { throw MessageError.repeated }
      order.append(given)
      if order.count > Self.mostSeen {
        // Half of them at once, since taking the first of an array moves all others.
        for old in order.prefix(Self.mostSeen / 2) { seen.remove(old) }
        order.removeFirst(Self.mostSeen / 2)
      }
    }
    let values: [JSON]
    do {
      values = try signed.map { try JSON($0) }
    } catch { throw MessageError.malformed("a part is no JSON") }
    guard values.allSatisfy({ $0.members != nil }) else { throw MessageError.malformed("a part is no object") }
    guard values[0]["msg_type"]?.text != nil, values[0]["msg_id"]?.text != nil else {
      throw MessageError.malformed("the header has no msg_type or msg_id")
    }
    var message = JupyterMessage(header: values[0], parent: values[1], content: values[3])
    message.identities = Array(parts[..<delimiter])
    message.metadata = values[2]
    message.buffers = Array(parts[(delimiter + 6)...])
    return message
  }
}
