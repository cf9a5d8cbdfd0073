/// ADE20K's scene parsing benchmark as it is downloaded, or as the published system prepares it.
public enum ADE20K {
  /// Shown when folders are missing.
  public static let layout = """
    ROOT/{train,val}/image/NAME.jpg and ROOT/{train,val}/label/NAME.png (0 unlabelled, 1 to 150), or as downloaded
              ROOT/images/{training,validation}/NAME.jpg and ROOT/annotations/{training,validation}/NAME.png;
              sparse labels in ROOT/train/sparse_label/{block10,block20,block50}/NAME.png
    """

  /// - Parameters:
  ///   - root: the folder that holds `train` and `val`, or `images` and `annotations`
  ///   - split: "train" or "val"
  ///   - labels: "label" for dense labels, or the folder of sparse ones, say "sparse_label/block50"; these exist for
  ///     training only; nil for images alone
  /// - Throws: `DatasetError`, `FileError`
  public static func dataset(
    root: String, split: String, labels: String? = "label", skipBad: Bool = false
  ) throws -> FolderDataset {
    let part = split == "train" ? "training" : "validation"
    return try BenchmarkFolders(
      root: root, split: split, images: .init(folder: "images/\(part)", inSubfolders: false, ending: nil),
      labels: .init(folder: "annotations/\(part)", inSubfolders: false, ending: nil), layout: layout
    ).dataset(labels: labels, coding: .ade20k, skipBad: skipBad)
  }
}
