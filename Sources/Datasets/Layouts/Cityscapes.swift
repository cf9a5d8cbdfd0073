/// Cityscapes as it is downloaded, or as the published system prepares it, which made scenes share.
public enum Cityscapes {
  /// Shown when folders are missing.
  public static let layout = """
    ROOT/{train,val}/image/NAME.png and ROOT/{train,val}/label/NAME.png (label ids), or as downloaded
              ROOT/leftImg8bit/{train,val}/CITY/X_leftImg8bit.png and ROOT/gtFine/{train,val}/CITY/X_gtFine_labelIds.png;
              sparse labels in ROOT/train/sparse_label/{block10,block20,block50}/NAME.png
    """

  /// - Parameters:
  ///   - root: the folder that holds `train` and `val`, or `leftImg8bit` and `gtFine`
  ///   - split: "train" or "val"
  ///   - labels: "label" for dense labels, or the folder of sparse ones, say "sparse_label/block50"; these exist for
  ///     training only; nil for images alone
  ///   - coding: 19 classes unless told otherwise
  /// - Throws: `DatasetError`, `FileError`
  public static func dataset(
    root: String, split: String, labels: String? = "label", coding: LabelCoding = .cityscapes, skipBad: Bool = false
  ) throws -> FolderDataset {
    try BenchmarkFolders(
      root: root, split: split,
      images: .init(folder: "leftImg8bit/\(split)", inSubfolders: true, ending: "_leftImg8bit"),
      labels: .init(folder: "gtFine/\(split)", inSubfolders: true, ending: "_gtFine_labelIds"), layout: layout
    ).dataset(labels: labels, coding: coding, skipBad: skipBad)
  }
}
