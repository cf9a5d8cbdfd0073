import CZeroMQ
import Foundation

/// The library's state, which all sockets of a process share.
package final class ZeroMQContext: @unchecked Sendable {
  fileprivate let handle: UnsafeMutableRawPointer

  package init() {
    guard let handle = zmq_ctx_new() else { preconditionFailure("no memory for ZeroMQ") }
    self.handle = handle
  }

  /// Waits until all sockets are closed and what they had to send is sent, or their `linger` is over.
  deinit { zmq_ctx_term(handle) }
}

/// What the library says went wrong.
package struct ZeroMQError: Error {
  package let code: Int32
  package var message: String { String(cString: zmq_strerror(code)) }

  static var last: ZeroMQError { ZeroMQError(code: zmq_errno()) }
}

/// A socket, used by one thread at a time. It owns its handle.
package final class ZeroMQSocket: @unchecked Sendable {
  package enum Kind {
    case router, dealer, publisher, subscriber, request, reply

    fileprivate var number: Int32 {
      switch self {
      case .router: ZMQ_ROUTER
      case .dealer: ZMQ_DEALER
      // Sees who subscribes, unlike ZMQ_PUB.
      case .publisher: ZMQ_XPUB
      case .subscriber: ZMQ_SUB
      case .request: ZMQ_REQ
      case .reply: ZMQ_REP
      }
    }
  }

  private let context: ZeroMQContext
  fileprivate let handle: UnsafeMutableRawPointer
  /// What is left to send is waited for at most so long, in milliseconds.
  private static let linger: Int32 = 1000
  /// A client that says more in one part of a message is cut off.
  private static let largestPart: Int64 = 256 << 20

  package init(_ kind: Kind, in context: ZeroMQContext) {
    self.context = context
    guard let handle = zmq_socket(context.handle, kind.number) else {
      preconditionFailure("\(ZeroMQError.last.message)")
    }
    self.handle = handle
    set(ZMQ_LINGER, Self.linger)
    // Nothing is dropped, however slowly somebody reads.
    set(ZMQ_SNDHWM, Int32(0))
    set(ZMQ_RCVHWM, Int32(0))
    set(ZMQ_MAXMSGSIZE, Self.largestPart)
    switch kind {
    // A client that comes back under its old name takes the place of its lost connection.
    case .router: set(ZMQ_ROUTER_HANDOVER, Int32(1))
    case .publisher: set(ZMQ_XPUB_VERBOSE, Int32(1))
    case .subscriber: zmq_setsockopt(handle, ZMQ_SUBSCRIBE, "", 0)
    default: break
    }
  }

  deinit { zmq_close(handle) }

  private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) {
    var value = value
    zmq_setsockopt(handle, option, &value, MemoryLayout<Value>.size)
  }

  package func bind(_ address: String) throws { if zmq_bind(handle, address) != 0 { throw ZeroMQError.last } }
  package func connect(_ address: String) throws { if zmq_connect(handle, address) != 0 { throw ZeroMQError.last } }

  /// Sends a message of several parts. It never waits: what can't be sent to anyone is dropped.
  package func send(_ parts: [[UInt8]]) throws {
    for (i, part) in parts.enumerated() {
      let flags = ZMQ_DONTWAIT | (i + 1 < parts.count ? ZMQ_SNDMORE : 0)
      while part.withUnsafeBytes({ zmq_send(handle, $0.baseAddress, $0.count, flags) }) < 0 {
        if zmq_errno() != EINTR { throw ZeroMQError.last }
      }
    }
  }

  /// The next message's parts; nil if there is none now.
  package func receive() -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    var message = zmq_msg_t()
    repeat {
      zmq_msg_init(&message)
      while zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) < 0 {
        if zmq_errno() != EINTR {
          zmq_msg_close(&message)
          return nil
        }
      }
      parts.append([UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      let more = zmq_msg_more(&message) != 0
      zmq_msg_close(&message)
      if !more { return parts }
    } while true
  }

  /// Waits until one of `sockets` has a message, or `descriptor` can be read.
  /// - Parameter milliseconds: -1 waits for ever.
  package static func wait(_ sockets: [ZeroMQSocket], orFor descriptor: Int32? = nil, milliseconds: Int) {
    var items = sockets.map {
      zmq_pollitem_t(socket: $0.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
    }
    if let descriptor {
      items.append(zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    }
    zmq_poll(&items, Int32(items.count), milliseconds)
  }
}
