import Foundation
import Storage

/// Where our own functions may write: under the working directory and the folder of `--out`, links and `..` resolved first.
public struct WritePolicy: Sendable {
  /// Folders that may be written under, resolved.
  public private(set) var folders: [String]
  /// Whether anything may be written (`--trust`).
  public var isLifted = false

  /// Allows the current folder.
  public init() { folders = [Self.resolved(FileManager.default.currentDirectoryPath)] }

  /// Allows `folder` and nothing else; it need not exist yet.
  public init(only folder: String) { folders = [Self.resolved(folder)] }

  /// Allows `folder` too; it need not exist yet.
  public mutating func allow(_ folder: String) { folders.append(Self.resolved(folder)) }

  /// The path to write to, absolute and without links.
  /// - Throws: `ScriptError.writeForbidden` for a place that is not allowed.
  public func resolve(_ path: String) throws -> String {
    let target = Self.resolved(path)
    if isLifted || folders.contains(where: { target == $0 || target.hasPrefix($0 == "/" ? "/" : $0 + "/") }) {
      return target
    }
    throw ScriptError.writeForbidden(path: path, allowed: folders)
  }

  /// The path with links and `..` resolved as the system would, also where its end doesn't exist yet.
  static func resolved(_ path: String) -> String {
    var existing = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var rest: [String] = []
    // How many of the names to come are undone by a `..` behind them.
    var undone = 0
    while true {
      if let real = realpath(existing, nil) {
        defer { free(real) }
        let base = (0..<undone).reduce(String(cString: real)) { path, _ in path.parentFolder }
        return ([base] + rest.reversed()).joined(separator: "/").replacing("//", with: "/")
      }
      // A link to nowhere is followed by hand, or a file could be made behind it.
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: existing) {
        existing = target.hasPrefix("/") ? target : existing.parentFolder + "/" + target
        continue
      }
      switch existing.fileName {
      case "..": undone += 1
      case ".": break
      case _ where undone > 0: undone -= 1
      case let name: rest.append(name)
      }
      existing = existing.parentFolder
      if existing.isEmpty { existing = "/" }
    }
  }
}
