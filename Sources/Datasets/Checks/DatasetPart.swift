import Foundation
import Storage

/// A folder of labels and what belongs to it: one part of a data set, as a check goes through it.
public struct DatasetPart: Sendable, Equatable {
  /// What it is called, relative to the data set.
  public let name: String
  /// The folder of images; nil where labels stand alone.
  public let images: String?
  /// The folder of label maps.
  public let labels: String
  /// The folder of dense label maps that these sparse ones must agree with.
  public var dense: String?
  /// Whether images without labels are as it should be.
  public var mayLackLabels = false
  /// Where lists, archives and clicks say what belongs together, as in PASCAL VOC; folders then are for showing only.
  var voc: VOCPart?
  /// The group that pseudo-labels are in, where `labels` is the path of their files.
  var pseudoLabelGroup: String?
  public var isPseudoLabelled: Bool { pseudoLabelGroup != nil }

  /// What a training or a validation on PASCAL VOC reads.
  struct VOCPart: Sendable, Equatable {
    let root: String
    let split: String
    let annotation: VOC2012Dataset.Annotation
  }

  public init(name: String, images: String?, labels: String, dense: String? = nil, mayLackLabels: Bool = false) {
    (self.name, self.images, self.labels, self.dense, self.mayLackLabels) = (name, images, labels, dense, mayLackLabels)
  }
}

/// The parts of a data set on disk.
public struct DatasetParts: Sendable, Equatable {
  public let parts: [DatasetPart]
  /// Whether folders are laid out as `tel.data.cityscapes` and `tel.data.ade20k` read them: prepared, or as downloaded.
  public let isBenchmarkLayout: Bool
  /// Whether this is PASCAL VOC as `tel.data.voc2012` reads it.
  public let isVOC: Bool
  /// What the values of pseudo-labels mean, where these are what there is.
  public let pseudoLabels: LabelConvention?

  private static let pairs = [
    ("image", "label"), ("images", "labels"), ("images", "annotations"), ("images", "masks"),
    ("JPEGImages", "SegmentationClass"),
  ]

  /// Finds the parts by the names of folders.
  /// - Parameter labels: the folder of labels where `root` is one of images; nil looks for both below `root`, or takes `root` as a
  ///   folder of labels alone.
  ///     Labels may be pseudo-labels, `PATH:/GROUP`; `/pseudo_labels` where only files of HDF5 are named, or a folder of these.
  /// - Throws: `FileError.missing`; what `PseudoLabels` throws.
  public init(_ root: String, labels: String? = nil) throws {
    if let (path, group) = Self.pseudoLabels(labels ?? root) {
      let images = labels == nil ? nil : root
      if let images, !Self.isFolder(images) { throw FileError.missing(path: images) }
      let found = try PseudoLabels(path: path, group: group)
      var part = DatasetPart(name: found.name, images: images, labels: path)
      part.pseudoLabelGroup = group
      (parts, isBenchmarkLayout, isVOC) = ([part], false, false)
      pseudoLabels = LabelConvention(classIDs: found.classNames)
      return
    }
    pseudoLabels = nil
    for path in [root, labels].compactMap(\.self) where !FileManager.default.fileExists(atPath: path) {
      throw FileError.missing(path: path)
    }
    if let labels {
      (parts, isBenchmarkLayout, isVOC) = ([DatasetPart(name: labels, images: root, labels: labels)], false, false)
      return
    }
    if let files = try? VOC2012(root: root) {
      (parts, isBenchmarkLayout, isVOC) = (Self.parts(of: files), false, true)
      return
    }
    isVOC = false
    let benchmark = ["train", "val"].flatMap { Self.split($0, of: root) }
    if !benchmark.isEmpty {
      (parts, isBenchmarkLayout) = (benchmark, true)
      return
    }
    isBenchmarkLayout = false
    let found = Self.pairs.filter { Self.isFolder("\(root)/\($0.0)") && Self.isFolder("\(root)/\($0.1)") }
    parts =
      found.isEmpty
      ? [DatasetPart(name: root, images: Self.images(besideLabels: root), labels: root)]
      : found.map {
        DatasetPart(
          name: $0.1, images: "\(root)/\($0.0)", labels: "\(root)/\($0.1)", mayLackLabels: $0.0 == "JPEGImages")
      }
  }

  private static func pseudoLabels(_ place: String) -> (path: String, group: String)? {
    if let parts = PseudoLabels.parts(of: place) { return parts }
    let files = (try? PseudoLabels.files(place)) ?? []
    let isMeant =
      isFolder(place)
      ? !files.isEmpty && (try? LabelFiles.find(place)) == nil : files == [place] && place.hasSuffix(".h5")
    return isMeant ? (place, PseudoLabelWriter.group) : nil
  }

  /// The folder of images that stands beside a folder of labels, by the usual names.
  public static func images(besideLabels folder: String) -> String? {
    var path = (folder as NSString).standardizingPath
    if [".", ".."].contains(path.fileName) {
      // Only the whole path tells what the folder is called.
      path = URL(fileURLWithPath: path).standardized.path
    }
    let (parent, name) = (path.parentFolder, path.fileName)
    return pairs.filter { $0.1 == name }
      .map { (parent as NSString).appendingPathComponent($0.0) }.first(where: isFolder)
  }

  /// Masks of both splits, and of scribbles and clicks what is there.
  private static func parts(of voc: VOC2012) -> [DatasetPart] {
    func part(_ split: String, _ annotation: VOC2012Dataset.Annotation, _ labels: String) -> DatasetPart {
      var part = DatasetPart(
        name: "\(split) (\(annotation.rawValue))", images: "\(voc.devkit)/JPEGImages", labels: labels)
      part.voc = .init(root: voc.root, split: split, annotation: annotation)
      return part
    }
    let masks = "\(voc.devkit)/SegmentationClass"
    return [part("train", .mask, masks)]
      + ((try? voc.scribbles()).map { [part("train", .scribble, $0)] } ?? [])
      + ((try? voc.clicks()).map { [part("train", .point, $0[0])] } ?? [])
      + [part("val", .mask, masks)]
  }

  /// Folders of images and labels below the root: prepared, and as Cityscapes and ADE20K are downloaded.
  private static func places(_ split: String) -> [(images: String, labels: String)] {
    let part = split == "train" ? "training" : "validation"
    return [
      ("\(split)/image", "\(split)/label"), ("leftImg8bit/\(split)", "gtFine/\(split)"),
      ("images/\(part)", "annotations/\(part)"),
    ]
  }

  /// The folders of images and dense labels of "train" or "val", in which layout they are; nil where there is no such part.
  public static func folders(of split: String, in root: String) -> (images: String, labels: String)? {
    places(split).map { ("\(root)/\($0.images)", "\(root)/\($0.labels)") }.first { hasFiles($0.0) || hasFiles($0.1) }
  }

  private static func split(_ name: String, of root: String) -> [DatasetPart] {
    guard let (images, labels) = folders(of: name, in: root) else { return [] }
    let sets = "\(root)/\(name)/sparse_label"
    let sparse = ((try? FileManager.default.contentsOfDirectory(atPath: sets)) ?? []).sorted()
      .filter { !$0.hasPrefix(".") && isFolder("\(sets)/\($0)") }
    // Sparse labels do without dense ones; images without either are for the check to complain of.
    let dense =
      isFolder(labels) || sparse.isEmpty
      ? [DatasetPart(name: String(labels.dropFirst(root.count + 1)), images: images, labels: labels)] : []
    return dense
      + sparse.map {
        DatasetPart(
          name: "\(name)/sparse_label/\($0)", images: images, labels: "\(sets)/\($0)",
          dense: isFolder(labels) ? labels : nil)
      }
  }

  private static func hasFiles(_ path: String) -> Bool {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).contains { !$0.hasPrefix(".") }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
