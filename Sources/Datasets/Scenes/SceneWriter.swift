import Foundation
import Storage
import Synchronization
import Tensors

/// Writes made scenes as a data set in the Cityscapes layout: `DIR/{train,val}/{image,label}/NAME.png` and
/// `DIR/train/sparse_label/{block10,block20,block50}/NAME.png`, labels as Cityscapes ids, unlabelled 0.
public enum SceneWriter {
  /// The file that tells a folder of made scenes from others, and how they were made.
  public static let markName = "made_scenes.txt"

  /// Writes `count` training and `val` validation scenes of the given size, several at a time.
  ///
  /// A folder that holds the same scenes already is completed: files that are there stay as they are.
  /// - Parameters:
  ///   - progress: called with the number of scenes done and the number of all, from any thread, one call at a time
  /// - Throws: `SceneError`, `FileError`, `ImageError`, `Interrupted`
  public static func write(
    to folder: String, count: Int, val: Int, width: Int, height: Int, seed: UInt64,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    for (name, number) in [("training scenes", count), ("validation scenes", val)]
    where !(0...1_000_000).contains(number) || count + val == 0 {
      throw SceneError.count(name: name, count: number)
    }
    let generator = try SceneGenerator(width: width, height: height, seed: seed)
    try claim(folder, "\(count) for training, \(val) for validation, \(width)x\(height) pixels, seed \(seed)")
    let folders =
      ["train/image", "train/label", "val/image", "val/label"]
      + BlockLabels.shares.map { "train/sparse_label/\($0.name)" }
    for name in folders { try makeFolder("\(folder)/\(name)") }
    let failure = Mutex<(any Error)?>(nil)
    let done = Mutex(0)
    try Kernel.parallel(count + val) { index in
      if failure.withLock({ $0 != nil }) { return }
      do {
        try writeScene(index, split: index < count ? "train" : "val", generator, folder)
        done.withLock {
          $0 += 1
          progress($0, count + val)
        }
      } catch {
        failure.withLock { if $0 == nil { $0 = error } }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// The name of a scene's files, without extension: training and validation are numbered on.
  static func name(_ index: Int) -> String {
    let digits = String(index)
    return "scene_" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private static func writeScene(_ index: Int, split: String, _ generator: SceneGenerator, _ folder: String) throws {
    let file = name(index) + ".png"
    let sparse = split == "train" ? BlockLabels.shares : []
    let paths =
      ["\(folder)/\(split)/image/\(file)", "\(folder)/\(split)/label/\(file)"]
      + sparse.map { "\(folder)/train/sparse_label/\($0.name)/\(file)" }
    if paths.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) { return }
    let (image, labels) = generator.scene(index)
    try ImageFile.writePNG(image, to: paths[0])
    try ImageFile.writePNG(labels, to: paths[1])
    if sparse.isEmpty { return }
    let blocks = BlockLabels(labels)
    for (block, path) in zip(sparse, paths.dropFirst(2)) {
      try ImageFile.writePNG(blocks.keeping(block.share), to: path)
    }
  }

  /// Makes sure that the folder is new, empty, or was begun with the same settings.
  private static func claim(_ folder: String, _ settings: String) throws {
    let mark = "\(folder)/\(markName)"
    let text = """
      Street scenes drawn by tel data scenes: \(settings).
      The block labels are self-made: the inner share of each connected region of a class.

      """
    try makeFolder(folder)
    if let found = try? FileBytes(path: mark).text {
      if found == text { return }
      let line = found.split(separator: "\n").first.map(String.init) ?? ""
      let was =
        line.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: [" ", "."]) } ?? "unknown"
      throw SceneError.otherScenes(path: folder, found: was, wanted: settings)
    }
    let contents = try FileManager.default.contentsOfDirectory(atPath: folder)
    if contents.contains(where: { !$0.hasPrefix(".") }) { throw SceneError.folderTaken(path: folder) }
    try AtomicFile.write(text, to: mark)
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError.unwritable(path: path, reason: "the folder can't be made")
    }
  }
}
