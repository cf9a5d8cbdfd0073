import Foundation
import Storage
import Tensors

/// The folder of a run: `runs/NAME` with `results.h5` and `checkpoints/`.
public struct RunFolder: Sendable, Equatable {
  /// The run's own name: the experiment's, or that with -2, -3, … where it was taken.
  public let name: String
  public let path: String

  public var results: String { path + "/results.h5" }
  public var latest: String { path + "/checkpoints/latest.h5" }
  public var best: String { path + "/checkpoints/best.h5" }
  var checkpoints: String { path + "/checkpoints" }

  /// A checkpoint that was the latest once, and one that stays for ever.
  func earlier(_ iteration: Int) -> String { numbered("iteration", iteration) }
  func milestone(_ iteration: Int) -> String { numbered("milestone", iteration) }

  private func numbered(_ kind: String, _ iteration: Int) -> String {
    let digits = String(iteration)
    return checkpoints + "/\(kind)-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".h5"
  }

  /// The iterations of checkpoints that were the latest once.
  var earlierIterations: [Int] {
    names(in: checkpoints).compactMap { name in
      guard name.hasPrefix("iteration-"), name.hasSuffix(".h5"), let number = Int(name.dropFirst(10).dropLast(3)) else {
        return nil
      }
      return earlier(number) == checkpoints + "/" + name ? number : nil
    }
  }

  /// Checkpoints beside the latest that can be read to their last bit, with their iterations, the newest first.
  var wholeCheckpoints: [(path: String, iteration: Int)] {
    names(in: checkpoints).compactMap { name in
      let path = checkpoints + "/" + name
      guard name.hasSuffix(".h5"), path != latest, (try? HDF5File(reading: path).verify()) != nil,
        let progress = try? Checkpoint.progress(of: path), case .integer(let iteration)? = progress["iteration"]
      else { return nil }
      return (path, iteration)
    }.sorted { $0.iteration > $1.iteration }
  }

  private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Removes what a killed run left unfinished. Only for the holder of the run's lock.
  func removeUnfinished() -> [String] {
    [path, checkpoints].flatMap { folder in AtomicFile.removeUnfinished(in: folder).map { folder + "/" + $0 } }
  }

  init(base: String, name: String) {
    self.name = name
    path = base + "/runs/" + name
  }

  /// Makes a fresh folder below `base`/runs, under the first of NAME, NAME-2, NAME-3, … that nobody has.
  /// Two processes that ask at once get different ones.
  /// - Throws: `RunError` for a name that is no folder name, or where the folder can't be made.
  public static func create(base: String, name: String) throws -> RunFolder {
    try check(name)
    try make(base + "/runs", withParents: true)
    var attempt = 1
    while true {
      let folder = RunFolder(base: base, name: attempt == 1 ? name : "\(name)-\(attempt)")
      if mkdir(folder.path, 0o777) == 0 {
        try make(folder.path + "/checkpoints")
        return folder
      }
      guard errno == EEXIST else { throw RunError.folder(path: folder.path, reason: String(cString: strerror(errno))) }
      attempt += 1
    }
  }

  /// The folder of an earlier run, to continue it.
  /// - Throws: `RunError.nothingToResume` without a checkpoint there.
  public static func existing(base: String, name: String) throws -> RunFolder {
    try check(name)
    let folder = RunFolder(base: base, name: name)
    guard FileManager.default.fileExists(atPath: folder.latest) else {
      throw RunError.nothingToResume(path: folder.latest)
    }
    return folder
  }

  /// Makes a folder of this name in the run's, or NAME-2, NAME-3, … where there is one.
  func freshFolder(_ name: String) throws -> String {
    var attempt = 1
    while true {
      let folder = path + "/" + (attempt == 1 ? name : "\(name)-\(attempt)")
      if mkdir(folder, 0o777) == 0 { return folder }
      guard errno == EEXIST else { throw RunError.folder(path: folder, reason: String(cString: strerror(errno))) }
      attempt += 1
    }
  }

  private static func check(_ name: String) throws {
    let isSafe = !name.isEmpty && name != "." && name != ".." && !name.contains("/") && !name.contains("\0")
    try TrainingError.check(isSafe, "name", "'\(name)'", "a folder name")
  }

  static func make(_ path: String, withParents: Bool = false) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: withParents)
    } catch {
      throw RunError.folder(path: path, reason: (error as NSError).localizedDescription)
    }
  }
}
