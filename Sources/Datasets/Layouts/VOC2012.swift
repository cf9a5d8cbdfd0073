import Foundation
import Storage

/// Where the files of PASCAL VOC 2012 and its extension SBD are, and which images make up a split.
///
/// Everything is looked for where the published system keeps it, and where unpacking the original downloads puts it.
struct VOC2012 {
  /// Shown when something is missing.
  static let layout = """
    ROOT/VOC/VOCdevkit/VOC2012/{JPEGImages,SegmentationClass,ImageSets/Segmentation}   or ROOT/VOCdevkit/…
              ROOT/SBD/{img,cls,train.txt,val.txt}   or ROOT/benchmark_RELEASE/dataset/…   (for split="train")
              ROOT/voc_scribbles.zip                 (for annotation="scribble")
              ROOT/voc_whats_the_point.json          (for annotation="point")
              ROOT/voc_whats_the_point_bg_from_scribbles.json
    """

  let root: String
  /// The folder with JPEGImages.
  let devkit: String

  /// - Throws: `VOCError.missing`
  init(root: String) throws {
    self.root = root
    devkit = try Self.find(["VOC/VOCdevkit/VOC2012", "VOCdevkit/VOC2012", "VOC2012"], in: root)
  }

  /// The folder of SBD.
  /// - Throws: `VOCError.missing`
  func sbd() throws -> String { try Self.find(["SBD", "benchmark_RELEASE/dataset"], in: root) }

  /// - Throws: `VOCError.missing`
  func scribbles() throws -> String { try Self.find(["voc_scribbles.zip"], in: root) }

  /// The files of clicks in the order in which they are drawn: objects, background.
  /// - Throws: `VOCError.missing`
  func clicks() throws -> [String] {
    try ["voc_whats_the_point.json", "voc_whats_the_point_bg_from_scribbles.json"].map { try Self.find([$0], in: root) }
  }

  private static func find(_ places: [String], in root: String) throws -> String {
    let paths = places.map { "\(root)/\($0)" }
    guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw VOCError.missing(tried: paths)
    }
    return path
  }

  /// An image, and where its dense labels are.
  struct Entry: Sendable, Equatable {
    let name: String
    let image: String
    /// A PNG file with a palette (VOC), or a MAT file (SBD).
    let mask: String
  }

  /// The images of a split, sorted by name. Training: those of VOC's training list and of both lists of SBD, without those of
  /// VOC's validation list; of an image that VOC and SBD both have, the files of VOC are taken. Validation: VOC's list.
  /// - Throws: `VOCError`, `FileError`
  func entries(training: Bool) throws -> [Entry] {
    let validation = try list("\(devkit)/ImageSets/Segmentation/val.txt")
    var entries: [String: Entry] = [:]
    if training {
      let sbd = try sbd()
      // Images of SBD's two lists lie in one folder, so that their order doesn't matter.
      for name in try list("\(sbd)/train.txt") + list("\(sbd)/val.txt") {
        entries[name] = Entry(name: name, image: "\(sbd)/img/\(name).jpg", mask: "\(sbd)/cls/\(name).mat")
      }
    }
    for name in training ? try list("\(devkit)/ImageSets/Segmentation/train.txt") : validation {
      entries[name] = Entry(
        name: name, image: "\(devkit)/JPEGImages/\(name).jpg", mask: "\(devkit)/SegmentationClass/\(name).png")
    }
    if training { for name in validation { entries[name] = nil } }
    return entries.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static let largestList = 1 << 24

  /// A file with a name on every line, of which what is before the first dot counts.
  private func list(_ path: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { throw VOCError.missing(tried: [path]) }
    let text = try FileBytes(path: path, atMost: Self.largestList).text
    var names: [String] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let name = line.trimmingCharacters(in: .whitespaces).prefix { $0 != "." }
      if name.isEmpty && line.allSatisfy(\.isWhitespace) { continue }
      guard !name.isEmpty, name.utf8.count <= 200, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x2f && $0 < 0x7f }) else {
        throw VOCError.list(file: path, line: number + 1, found: String(line.prefix(40)))
      }
      names.append(String(name))
    }
    return names
  }
}
