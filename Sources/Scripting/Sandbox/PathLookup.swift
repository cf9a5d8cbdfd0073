import Foundation

/// Where relative paths of a script are looked up: the working directory, the recipe's folder, the folder of datasets.
public struct PathLookup: Sendable {
  public var recipeFolder: String?
  /// The folder of datasets (`--data-root`, else `DATA_ROOT` of the environment).
  public var dataRoot: String?

  public init(dataRoot: String? = ProcessInfo.processInfo.environment["DATA_ROOT"]) { self.dataRoot = dataRoot }

  /// Every place a path stands for, in order.
  public func candidates(_ path: String) -> [String] {
    if path.hasPrefix("/") { return [path] }
    let folders = [FileManager.default.currentDirectoryPath, recipeFolder, dataRoot].compactMap(\.self)
    var seen: Set<String> = []
    return folders.map {
      URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: $0, isDirectory: true)).standardized.path
    }
    .filter { seen.insert($0).inserted }
  }

  /// The first place where `path` exists.
  /// - Throws: `ScriptError.notFound`, which lists what was tried.
  public func find(_ path: String) throws -> String {
    let candidates = candidates(path)
    if let found = candidates.first(where: FileManager.default.fileExists(atPath:)) { return found }
    throw ScriptError.notFound(path: path, tried: candidates)
  }
}
