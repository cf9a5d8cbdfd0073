import Foundation
import Storage

/// The results of a run, found by what a user calls it.
struct RunLocation {
  /// The file of results.
  let results: String
  let run: RunFile

  /// - Parameter name: the run's folder, its results.h5, or a name below `runs`.
  /// - Throws: `SharingError.noRun`; `FileError`, `HDF5Error`, `FormatError`.
  init(_ name: String) throws {
    let tried = [name, name + "/results.h5", "runs/" + name + "/results.h5"]
    var isFolder: ObjCBool = false
    guard
      let found = tried.first(where: {
        FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
      })
    else { throw SharingError.noRun(name, tried: tried) }
    results = found
    run = try RunFile(contentsOf: found)
  }

  /// The folder that the results lie in.
  var folder: String { URL(fileURLWithPath: results).deletingLastPathComponent().path }

  /// The name of the run's folder; of a test's results, that and the test's.
  var name: String {
    let folder = URL(fileURLWithPath: results).deletingLastPathComponent()
    guard run.metrics["test"] != nil, run.metrics["train"] == nil else { return folder.lastPathComponent }
    return folder.deletingLastPathComponent().lastPathComponent + "/" + folder.lastPathComponent
  }

  /// When the file was written: 2026-11-27 10:43.
  static func written(_ path: String) -> String? {
    guard
      let date = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    else { return nil }
    var time = time_t(date.timeIntervalSince1970)
    var parts = tm()
    localtime_r(&time, &parts)
    return String(
      format: "%04d-%02d-%02d %02d:%02d", Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday),
      Int(parts.tm_hour), Int(parts.tm_min))
  }
}
