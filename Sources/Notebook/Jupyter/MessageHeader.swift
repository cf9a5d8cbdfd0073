import Foundation

/// Makes headers for the messages of one session.
package struct MessageHeaders: Sendable {
  package static let protocolVersion = "5.4"

  package let session: String
  private let user: String

  package init(session: String = UUID().uuidString.lowercased(), user: String = "kernel") {
    (self.session, self.user) = (session, user)
  }

  package func header(_ type: String) -> JSON {
    [
      "msg_id": .string(UUID().uuidString.lowercased()), "session": .string(session), "username": .string(user),
      "date": .string(MessageDate.text(MessageDate.now)), "msg_type": .string(type),
      "version": .string(Self.protocolVersion),
    ]
  }
}

/// Times in headers, in seconds since 1970, written in UTC as ISO 8601.
package enum MessageDate {
  package static var now: Double { Date().timeIntervalSince1970 }

  package static func text(_ seconds: Double) -> String {
    var whole = time_t(seconds.rounded(.down))
    var parts = tm()
    gmtime_r(&whole, &parts)
    return String(
      format: "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
      parts.tm_hour, parts.tm_min, parts.tm_sec, Int32((seconds - seconds.rounded(.down)) * 1e6))
  }
}
