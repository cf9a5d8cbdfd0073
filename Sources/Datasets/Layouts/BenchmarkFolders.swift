import Foundation
import Storage

/// Where a benchmark's images and labels lie below its root: as the published system prepares them, or as they are downloaded.
///
/// Prepared: `ROOT/SPLIT/image`, `ROOT/SPLIT/label`. Sparse labels lie in `ROOT/SPLIT/LABELS` in both.
struct BenchmarkFolders {
  /// The benchmark's own folder of images or of labels for a split.
  struct Original {
    /// Below the root.
    let folder: String
    let inSubfolders: Bool
    /// What file names end in, before the extension.
    let ending: String?
  }

  let root: String
  /// "train" or "val".
  let split: String
  let images: Original
  let labels: Original
  /// Shown when folders are missing.
  let layout: String

  /// - Parameter labels: "label" for dense labels, or the folder of sparse ones; nil for images alone.
  /// - Throws: `DatasetError`, `FileError`.
  func dataset(labels name: String?, coding: LabelCoding, skipBad: Bool) throws -> FolderDataset {
    guard ["train", "val"].contains(split) else {
      throw DatasetError.argument(name: "split", found: "\"\(split)\"", expected: "\"train\" or \"val\"")
    }
    let prepared = "\(root)/\(split)/image"
    let isPrepared = LabelledFiles.isFolder(prepared)
    guard isPrepared || LabelledFiles.isFolder("\(root)/\(images.folder)") else {
      throw DatasetError.missingFolder(
        folder: prepared, layout: layout, tried: [prepared, "\(root)/\(images.folder)"])
    }
    return try FolderDataset(
      images: isPrepared ? files(prepared) : files(images),
      labels: name.map { isPrepared || $0 != "label" ? try files("\(root)/\(split)/\($0)") : try files(labels) },
      coding: coding, skipBad: skipBad)
  }

  private func files(_ original: Original) throws -> LabelledFiles {
    try LabelledFiles(
      in: "\(root)/\(original.folder)", inSubfolders: original.inSubfolders, ending: original.ending, layout: layout)
  }

  /// A folder of the published system's layout, or of sparse labels: files may be called as images or as labels are.
  private func files(_ folder: String) throws -> LabelledFiles {
    try LabelledFiles(in: folder, dropping: [images.ending, labels.ending].compactMap(\.self), layout: layout)
  }
}
