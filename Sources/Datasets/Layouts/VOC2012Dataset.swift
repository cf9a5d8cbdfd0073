import Foundation
import Storage
import Tensors

/// PASCAL VOC 2012 with the images of SBD: trained with scribbles, clicks or dense masks, validated with dense masks.
public struct VOC2012Dataset: Dataset {
  /// What says which pixels are of which class in training.
  public enum Annotation: String, Sendable, CaseIterable { case scribble, point, mask }

  /// Shown when something is missing.
  public static let layout = VOC2012.layout

  public let coding = LabelCoding.voc2012
  public let notices = Notices()
  /// Images of the split that were left out because something of them is missing.
  public let skipped: [String]
  private let entries: [VOC2012.Entry]
  private let labels: Labels

  fileprivate enum Labels: Sendable {
    case scribbles(ScribbleArchive)
    case clicks(ClickLabels)
    case masks
    /// Labels come from elsewhere.
    case elsewhere
  }

  public var count: Int { entries.count }
  public var classes: ClassList { coding.classes }
  public var labelIDs: [UInt8] { coding.labelIDs }
  public func name(_ index: Int) -> String { entries[index].name }
  public func files(_ index: Int) -> [String] { [entries[index].image] }

  /// Reads the lists of images and what all images share: the directory of the scribbles, or the clicks. Only files that this
  /// split and annotation need have to be there.
  /// - Parameters:
  ///   - root: the folder of `VOC2012.layout`
  ///   - split: "train" or "val"
  ///   - annotation: of the training images, nil for images alone; validation always uses masks
  ///   - skipBad: leave out images of which something is missing instead of failing
  /// - Throws: `VOCError`, `DatasetError.argument`, `AnnotationError`, `ZipError`, `FileError`
  public init(root: String, split: String, annotation: Annotation? = .scribble, skipBad: Bool = false) throws {
    guard ["train", "val"].contains(split) else {
      throw DatasetError.argument(name: "split", found: "\"\(split)\"", expected: "\"train\" or \"val\"")
    }
    let files = try VOC2012(root: root)
    let all = try files.entries(training: split == "train")
    if all.isEmpty { throw VOCError.emptySplit(split: split, root: root) }
    let labels: Labels =
      switch split == "train" ? annotation : .mask {
      case nil: .elsewhere
      case .scribble: .scribbles(try ScribbleArchive(try files.scribbles(), classes: coding.classes))
      case .point: .clicks(try ClickLabels(try files.clicks(), classes: coding.classes.count))
      case .mask: .masks
      }
    let wanting = all.compactMap { entry in labels.missing(of: entry).map { (entry: entry, missing: $0) } }
    if !skipBad || wanting.count == all.count, let first = wanting.first {
      throw VOCError.unlabelled(image: first.entry.image, missing: first.missing, others: wanting.count - 1)
    }
    skipped = wanting.map(\.entry.name)
    let left = Set(skipped)
    (entries, self.labels) = (all.filter { !left.contains($0.name) }, labels)
  }

  /// - Throws: `DatasetError`, `AnnotationError`, `ZipError`, `ImageError`, `MATError`, `FileError`
  public func sample(_ index: Int, random: RandomStream) throws -> Sample {
    let entry = entries[index]
    let size = try ImageFile.size(entry.image)
    let map: Image8
    switch labels {
    case .scribbles(let archive):
      let scribbles = try archive.scribbles(entry.name)
      try Self.compare(entry.image, size, (scribbles.width, scribbles.height), archive.place(entry.name))
      map = scribbles.labels
    case .clicks(let clicks):
      map = clicks.labels(entry.name, width: size.width, height: size.height)
    case .masks:
      map = try Self.mask(entry, of: size)
    case .elsewhere:
      map = Image8(width: size.width, height: size.height, channels: 1, filling: Sample.unlabelled)
    }
    return Sample(image: try ImageFile.read(entry.image).rgb, labels: map, name: entry.name)
  }

  public func imageSize(_ index: Int) throws -> (width: Int, height: Int)? { try ImageFile.size(entries[index].image) }

  /// Checks headers, and reads scribbles and masks of SBD, which are small.
  public func check(_ index: Int) throws {
    let entry = entries[index]
    let size = try ImageFile.size(entry.image)
    switch labels {
    case .scribbles(let archive):
      let scribbles = try archive.scribbles(entry.name)
      try Self.compare(entry.image, size, (scribbles.width, scribbles.height), archive.place(entry.name))
    case .clicks, .elsewhere: break
    case .masks where entry.mask.hasSuffix(".mat"): _ = try Self.mask(entry, of: size)
    case .masks: try Self.compare(entry.image, size, try ImageFile.size(entry.mask), entry.mask)
    }
  }

  /// The dense labels of an image of this size.
  private static func mask(_ entry: VOC2012.Entry, of size: (width: Int, height: Int)) throws -> Image8 {
    let mask: Image8
    if entry.mask.hasSuffix(".mat") {
      mask = try MATFile.bytes(at: entry.mask, variable: "GTcls", field: "Segmentation")
    } else {
      try compare(entry.image, size, try ImageFile.size(entry.mask), entry.mask)
      mask = try ImageFile.readLabels(entry.mask)
    }
    try compare(entry.image, size, (mask.width, mask.height), entry.mask)
    let classes = LabelCoding.voc2012.classes.count
    if let wrong = mask.pixels.first(where: { Int($0) >= classes && $0 != Sample.unlabelled }) {
      throw DatasetError.classOutside(name: entry.mask, value: Int(wrong), classes: classes)
    }
    return mask
  }

  private static func compare(
    _ image: String, _ size: (width: Int, height: Int), _ other: (width: Int, height: Int), _ labels: String
  ) throws {
    if size == other { return }
    throw DatasetError.sizesDiffer(
      image: image, imageSize: "\(size.width)x\(size.height)", labels: labels,
      labelsSize: "\(other.width)x\(other.height)")
  }
}

extension VOC2012Dataset.Labels {
  /// What isn't there of an image, if anything.
  fileprivate func missing(of entry: VOC2012.Entry) -> String? {
    if !FileManager.default.fileExists(atPath: entry.image) { return "such image" }
    switch self {
    case .scribbles(let archive):
      return archive.contains(entry.name) ? nil : "\(ScribbleArchive.entry(entry.name)) in \(archive.path)"
    case .clicks(let clicks):
      return clicks[entry.name] == nil ? "list of clicks named \(entry.name)" : nil
    case .masks:
      return FileManager.default.fileExists(atPath: entry.mask) ? nil : "mask \(entry.mask)"
    case .elsewhere: return nil
    }
  }
}
