/// The layout of Cityscapes as the published system prepares it, which made scenes share.
public enum Cityscapes {
  /// Shown when folders are missing.
  public static let layout = """
    ROOT/{train,val}/image/NAME.png
              ROOT/{train,val}/label/NAME.png                  (label ids)
              ROOT/train/sparse_label/{block10,block20,block50}/NAME.png
    """

  /// - Parameters:
  ///   - root: the folder that holds `train` and `val`
  ///   - split: "train" or "val"
  ///   - labels: "label" for dense labels, or the folder of sparse ones, say "sparse_label/block50"; these exist for
  ///     training only
  ///   - coding: 19 classes unless told otherwise
  /// - Throws: `DatasetError`, `FileError`
  public static func dataset(
    root: String, split: String, labels: String = "label", coding: LabelCoding = .cityscapes, skipBad: Bool = false
  ) throws -> FolderDataset {
    guard ["train", "val", "test"].contains(split) else {
      throw DatasetError.argument(name: "split", found: "\"\(split)\"", expected: "\"train\" or \"val\"")
    }
    return try FolderDataset(
      images: "\(root)/\(split)/image", labels: "\(root)/\(split)/\(labels)", coding: coding, layout: layout,
      skipBad: skipBad)
  }
}
