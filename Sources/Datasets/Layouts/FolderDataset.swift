import Foundation
import Storage
import Tensors

/// A folder of images and a folder of label images of the same names, or of images alone.
///
/// Files pair by their names without the last extension, in the sorted order of the label files. Files whose names begin
/// with a dot don't count.
public struct FolderDataset: Dataset {
  public let coding: LabelCoding
  public let notices = Notices()
  /// Files without a partner that were left out.
  public let skipped: [String]
  private let pairs: [Pair]

  private struct Pair: Sendable {
    let name: String
    let image: String
    /// Nil for an image whose pixels are all unlabelled.
    let labels: String?
  }

  public var count: Int { pairs.count }
  public var classes: ClassList { coding.classes }
  public var labelIDs: [UInt8] { coding.labelIDs }
  public func name(_ index: Int) -> String { pairs[index].name }
  /// The image file of a sample.
  public func imagePath(_ index: Int) -> String { pairs[index].image }
  /// The label file of a sample, if it has one.
  public func labelPath(_ index: Int) -> String? { pairs[index].labels }
  public func imageSize(_ index: Int) throws -> (width: Int, height: Int)? { try ImageFile.size(pairs[index].image) }
  public func files(_ index: Int) -> [String] { [pairs[index].image] + (pairs[index].labels.map { [$0] } ?? []) }

  /// Lists the folders; no file is opened.
  /// - Parameters:
  ///   - labels: nil leaves all pixels unlabelled, for labels that come from elsewhere
  ///   - layout: shown when a folder is missing
  ///   - skipBad: leave out files without a partner instead of failing
  /// - Throws: `DatasetError`
  public init(images: String, labels: String?, coding: LabelCoding, layout: String, skipBad: Bool = false) throws {
    try self.init(
      images: LabelledFiles(in: images, layout: layout),
      labels: labels.map { try LabelledFiles(in: $0, layout: layout) },
      coding: coding, skipBad: skipBad)
  }

  /// Pairs files by their names; samples are called as their image files are, without extension.
  init(images: LabelledFiles, labels: LabelledFiles?, coding: LabelCoding, skipBad: Bool) throws {
    self.coding = coding
    func name(_ image: String) -> String { image.fileName.withoutExtension }
    guard let labels else {
      pairs = images.files.map { Pair(name: name($0.path), image: "\(images.folder)/\($0.path)", labels: nil) }
      skipped = []
      if pairs.isEmpty { throw DatasetError.noImages(folder: images.folder) }
      return
    }
    let imageOfName = Dictionary(images.files.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
    let names = Set(labels.files.map(\.name))
    pairs = labels.files.compactMap { label in
      imageOfName[label.name].map { image in
        Pair(name: name(image), image: "\(images.folder)/\(image)", labels: "\(labels.folder)/\(label.path)")
      }
    }
    let lonelyLabels = labels.files.filter { imageOfName[$0.name] == nil }.map(\.path)
    let lonelyImages = images.files.filter { !names.contains($0.name) }.map(\.path)
    skipped = (lonelyImages + lonelyLabels).sorted()
    if !skipBad, let first = lonelyImages.first {
      throw DatasetError.unpaired(
        folder: images.folder, file: first, missing: "label file in \(labels.folder)", others: lonelyImages.count - 1)
    }
    if !skipBad, let first = lonelyLabels.first {
      throw DatasetError.unpaired(
        folder: labels.folder, file: first, missing: "image in \(images.folder)", others: lonelyLabels.count - 1)
    }
    if pairs.isEmpty { throw DatasetError.noSamples(folder: labels.folder) }
  }

  /// Checks the headers of both files, so that nothing is read that can't be used, then reads them.
  /// - Throws: `DatasetError`, `ImageError`, `FileError`
  public func sample(_ index: Int, random: RandomStream) throws -> Sample {
    let pair = pairs[index]
    try check(index)
    let image = try ImageFile.read(pair.image).rgb
    guard let file = pair.labels else {
      let none = Image8(width: image.width, height: image.height, channels: 1, filling: Sample.unlabelled)
      return Sample(image: image, labels: none, name: pair.name)
    }
    let labels = try ImageFile.readLabels(file)
    if coding.isForeign(labels) {
      notices.add(
        "foreign labels",
        "most labels of \(file) are none of the label ids expected and count as unlabelled: "
          + "are these train ids, or the labels of another data set?")
    }
    return Sample(image: image, labels: coding.mapped(labels), name: pair.name)
  }

  /// Checks that the files of a sample are images of one size, from their headers.
  public func check(_ index: Int) throws {
    let pair = pairs[index]
    let image = try ImageFile.size(pair.image)
    guard let file = pair.labels else { return }
    let labels = try ImageFile.size(file)
    if image != labels {
      throw DatasetError.sizesDiffer(
        image: pair.image, imageSize: "\(image.width)x\(image.height)", labels: file,
        labelsSize: "\(labels.width)x\(labels.height)")
    }
  }
}
