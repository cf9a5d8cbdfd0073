import Foundation
import Storage

/// Image or label files below a folder, each with the name by which images and labels pair.
struct LabelledFiles {
  let folder: String
  /// Sorted by name; paths start at the folder.
  let files: [(name: String, path: String)]

  /// Lists a folder; no file is opened. Files whose names begin with a dot don't count.
  /// - Parameters:
  ///   - inSubfolders: whether the files lie in folders of this one, not in itself.
  ///   - ending: what names end in, before the extension, where others aren't meant; left out of the name.
  ///   - dropped: endings of names that are left out where they occur.
  ///   - layout: shown when the folder is missing.
  /// - Throws: `DatasetError.missingFolder`, `FileError`.
  init(
    in folder: String, inSubfolders: Bool = false, ending: String? = nil, dropping dropped: [String] = [],
    layout: String
  ) throws {
    self.folder = folder
    guard Self.isFolder(folder) else { throw DatasetError.missingFolder(folder: folder, layout: layout, tried: []) }
    let parts = inSubfolders ? try Self.names(folder).filter { Self.isFolder("\(folder)/\($0)") } : [""]
    let endings = (ending.map { [$0] } ?? []) + dropped
    files = try parts.flatMap { part in
      try Self.names(part.isEmpty ? folder : "\(folder)/\(part)").compactMap { file -> (String, String)? in
        let stem = file.withoutExtension
        let path = part.isEmpty ? file : "\(part)/\(file)"
        if let ending, !stem.hasSuffix(ending) { return nil }
        let extra = endings.first { stem.hasSuffix($0) && stem != $0 } ?? ""
        return (String(stem.dropLast(extra.count)), path)
      }
    }.sorted { $0.0 < $1.0 }
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func names(_ folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { !$0.hasPrefix(".") && !$0.hasSuffix(AtomicFile.unfinishedSuffix) }.sorted()
    } catch {
      throw FileError.unreadable(path: folder, reason: "the folder can't be listed")
    }
  }
}
