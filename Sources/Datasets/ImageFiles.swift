import Foundation
import Storage

/// Image files without labels.
public enum ImageFiles {
  /// A file, and the name that belongs to it: its path below the folder that was searched, without extension.
  public struct Entry: Sendable, Equatable {
    public let name: String
    public let path: String

    public init(name: String, path: String) { (self.name, self.path) = (name, path) }
  }

  /// Extensions that files of a folder are known by. (What a file is, its content says.)
  private static let extensions: Set<String> = ["png", "jpg", "jpeg"]

  /// The image at `path`, or all images in the folder there and the folders in it, sorted by name. Files and folders whose names
  /// begin with a dot don't count. Of files that differ in their extension alone, all but the first keep it in their names.
  /// - Parameter excluded: folders that are left out.
  /// - Throws: `FileError`; `DatasetError.noImages` for a folder without any.
  public static func find(_ path: String, except excluded: [String] = []) throws -> [Entry] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    if !isFolder.boolValue {
      return [Entry(name: stem(path.fileName), path: path)]
    }
    // Links to folders are followed, each folder once.
    var seen = Set(excluded.map(\.realPath))
    var files: [String] = []
    try collect(path, below: "", &seen, &files)
    if files.isEmpty { throw DatasetError.noImages(folder: path) }
    var taken = Set<String>()
    return files.sorted().map { file in
      let name = taken.insert(stem(file)).inserted ? stem(file) : file
      return Entry(name: name, path: (path as NSString).appendingPathComponent(file))
    }
  }

  private static func collect(
    _ folder: String, below prefix: String, _ seen: inout Set<String>, _ files: inout [String]
  )
    throws
  {
    guard seen.insert(folder.realPath).inserted else { return }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw FileError.unreadable(path: folder, reason: "the folder can't be listed")
    }
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = (folder as NSString).appendingPathComponent(name)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
      if isFolder.boolValue {
        try collect(path, below: prefix + name + "/", &seen, &files)
      } else if extensions.contains(name.fileExtension.lowercased()) {
        files.append(prefix + name)
      }
    }
  }

  private static func stem(_ file: String) -> String { file.withoutExtension }
}
