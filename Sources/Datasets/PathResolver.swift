import Foundation

/// Finds what a relative path means: the first of several folders under which it exists.
public struct PathResolver: Sendable, Equatable {
  /// Looked through in this order: the working directory, the recipe's folder, the data root.
  public let folders: [String]
  /// Whether nothing outside of `folders` may be read, whatever a path, its `..` or a link says.
  public let isConfined: Bool

  public init(folders: [String], isConfined: Bool = false) {
    var seen = Set<String>()
    self.folders = folders.filter { seen.insert($0).inserted }
    self.isConfined = isConfined
  }

  /// Every place that `path` can mean, best first; an absolute path means itself and `~` the home folder.
  public func candidates(_ path: String) -> [String] {
    isConfined ? places(path).filter(isInside) : places(path)
  }

  private func places(_ path: String) -> [String] {
    let path = (path as NSString).expandingTildeInPath
    return path.hasPrefix("/") ? [path] : folders.map { ($0 as NSString).appendingPathComponent(path) }
  }

  /// The file or folder that `path` means.
  /// - Throws: `DatasetError.notFound`, which lists what was tried; `DatasetError.outside`
  public func resolve(_ path: String) throws -> String {
    let tried = candidates(path)
    for place in tried where FileManager.default.fileExists(atPath: place) { return place }
    try checkNothingWasLeftOut(path, tried)
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
    try checkNothingWasLeftOut(path, tried)
    throw DatasetError.missingFolder(folder: path, layout: layout, tried: tried)
  }

  /// Checks a place that was put together from a resolved one and more.
  /// - Throws: `DatasetError.outside`
  public func check(_ place: String) throws {
    if isConfined, !isInside(place) { throw DatasetError.outside(path: place, folders: folders) }
  }

  private func checkNothingWasLeftOut(_ path: String, _ tried: [String]) throws {
    if tried.count < places(path).count { throw DatasetError.outside(path: path, folders: folders) }
  }

  /// Whether a place lies in one of the folders, links followed. One that doesn't exist is inside where it names no `..`.
  private func isInside(_ place: String) -> Bool {
    if place.contains("\0") { return false }
    guard let target = Self.real(place) else {
      return folders.contains { place.hasPrefix($0 + "/") } && !place.split(separator: "/").contains("..")
    }
    return folders.contains { folder in
      guard let real = Self.real(folder) else { return false }
      return target == real || target.hasPrefix(real == "/" ? "/" : real + "/")
    }
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
