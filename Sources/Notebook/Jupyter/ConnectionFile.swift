import Foundation
import Tensors

/// Where a Jupyter client wants its kernel to listen.
package struct ConnectionFile: Equatable, Sendable {
  package enum Channel: String, CaseIterable, Sendable {
    case shell, iopub, stdin, control
    case heartbeat = "hb"
  }

  package let transport: String
  package let ip: String
  package let ports: [Channel: Int]
  /// Messages are signed with it; an empty one means that they are not.
  package let key: [UInt8]

  /// Reads the file that a client wrote.
  /// - Throws: `ConnectionFileError`.
  package init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConnectionFileError.unreadable(path: path)
    }
    let json: JSON
    do {
      json = try JSON([UInt8](data))
    } catch { throw ConnectionFileError.malformed(path: path, what: "it is no JSON") }
    try self.init(json, path: path)
  }

  package init(_ json: JSON, path: String) throws {
    func wrong(_ what: String) -> ConnectionFileError { .malformed(path: path, what: what) }
    transport = json["transport"]?.text ?? "tcp"
    guard ["tcp", "ipc"].contains(transport) else { throw wrong("its transport is \(transport), not tcp or ipc") }
    guard let ip = json["ip"]?.text, !ip.isEmpty else { throw wrong("it has no ip") }
    self.ip = ip
    key = Array((json["key"]?.text ?? "").utf8)
    let scheme = json["signature_scheme"]?.text ?? "hmac-sha256"
    guard scheme == "hmac-sha256" else { throw wrong("its signature_scheme is \(scheme), not hmac-sha256") }
    var ports: [Channel: Int] = [:]
    for channel in Channel.allCases {
      guard let port = json["\(channel.rawValue)_port"]?.integer, (1...65535).contains(port) else {
        throw wrong("it has no \(channel.rawValue)_port from 1 to 65535")
      }
      ports[channel] = port
    }
    self.ports = ports
  }

  /// As ZeroMQ wants it.
  package func address(of channel: Channel) -> String {
    "\(transport)://\(ip)\(transport == "tcp" ? ":" : "-")\(ports[channel]!)"
  }
}

/// A kernel that can't be started as it was asked for.
package enum ConnectionFileError: ExplainedError, Equatable {
  case unreadable(path: String)
  case malformed(path: String, what: String)
  case taken(address: String, why: String)

  package var explanation: Explanation {
    switch self {
    case .unreadable(let path):
      Explanation(
        "the connection file can't be read", place: path, expected: "the file that a Jupyter client writes",
        advice: "tel kernel install makes tel known to Jupyter, which then starts it by itself")
    case .malformed(let path, let what):
      Explanation("this is no connection file: \(what)", place: path, expected: "the file that a Jupyter client writes")
    case .taken(let address, let why):
      Explanation("the kernel can't listen: \(why)", place: address, advice: "start it again, with other ports")
    }
  }
}
