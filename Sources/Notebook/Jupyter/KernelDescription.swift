import Foundation
import Scripting

/// What a kernel says of itself.
enum KernelDescription {
  /// Of the language, as notebooks keep it.
  static let language: JSON = [
    "name": "lua", "version": .string(luaVersion), "mimetype": "text/x-lua", "file_extension": ".lua",
    "pygments_lexer": "lua", "codemirror_mode": "lua",
  ]

  private static var luaVersion: String { String(LuaState.version.drop { !$0.isNumber }) }

  static func info(version: String) -> JSON {
    [
      "status": "ok", "protocol_version": .string(MessageHeaders.protocolVersion), "implementation": "tel",
      "implementation_version": .string(version), "language_info": language,
      "banner": .string(
        "tel \(version): semantic segmentation from sparse labels, scripted in Lua; tel.help() lists functions"),
      "debugger": false, "supported_features": [], "help_links": [],
    ]
  }
}
