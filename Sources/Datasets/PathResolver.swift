import Foundation

/// Finds what a relative path means: the first of several folders under which it exists.
public struct PathResolver: Sendable, Equatable {
  /// Looked through in this order: the working directory, the recipe's folder, the data root.
  public let folders: [String]

  public init(folders: [String]) {
    var seen = Set<String>()
    self.folders = folders.filter { seen.insert($0).inserted }
  }

  /// Every place that `path` can mean, best first; an absolute path means itself and `~` the home folder.
  public func candidates(_ path: String) -> [String] {
    let path = (path as NSString).expandingTildeInPath
    if path.hasPrefix("/") { return [path] }
    return folders.map { ($0 as NSString).appendingPathComponent(path) }
  }

  /// The file or folder that `path` means.
  /// - Throws: `DatasetError.notFound`, which lists what was tried
  public func resolve(_ path: String) throws -> String {
    let tried = candidates(path)
    for place in tried where FileManager.default.fileExists(atPath: place) { return place }
    throw DatasetError.notFound(path: path, tried: tried)
  }

  /// The folder that `path` means; `layout` is shown if there is none.
  public func resolveFolder(_ path: String, layout: String) throws -> String {
    let tried = candidates(path)
    var isFolder: ObjCBool = false
    for place in tried where FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) && isFolder.boolValue
    {
      return place
    }
    throw DatasetError.missingFolder(folder: path, layout: layout, tried: tried)
  }
}
