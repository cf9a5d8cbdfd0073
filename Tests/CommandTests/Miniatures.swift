import Foundation
import Storage
import Tensors

/// Miniature benchmarks in the layouts and codings of their downloads.
enum Miniatures {
  /// What they are made of, in `folder`.
  static func write(in folder: URL) throws {
    for index in 0..<3 { try cityscapes(folder.appendingPathComponent("data/cityscapes"), "train", "aachen", index) }
    try cityscapes(folder.appendingPathComponent("data/cityscapes"), "val", "ulm", 0)
    for index in 0..<3 { try ade20k(folder.appendingPathComponent("data/ade20k"), "training", index) }
    for index in 0..<5 { try ade20k(folder.appendingPathComponent("data/ade20k"), "validation", index) }
    // Made by Tests/Peers/write_voc_miniature.py.
    let voc = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Files/voc")
    if FileManager.default.fileExists(atPath: voc.path) {
      try FileManager.default.copyItem(at: voc, to: folder.appendingPathComponent("data/voc2012"))
    }
  }

  private static let blocks = ["block10", "block20", "block50"]

  private static func cityscapes(_ root: URL, _ split: String, _ city: String, _ index: Int) throws {
    // Road, car and sky, and the ego vehicle, which isn't evaluated.
    let ids = stripes(64, 32, index, [7, 26, 23, 1])
    let name = "\(city)_00000\(index)_000019"
    try save(
      picture(of: ids), root.appendingPathComponent("leftImg8bit/\(split)/\(city)/\(name)_leftImg8bit.png"))
    let truth = root.appendingPathComponent("gtFine/\(split)/\(city)")
    try save(ids, truth.appendingPathComponent("\(name)_gtFine_labelIds.png"))
    try save(picture(of: ids), truth.appendingPathComponent("\(name)_gtFine_color.png"))
    for block in blocks where split == "train" {
      try save(
        sparse(ids), root.appendingPathComponent("train/sparse_label/\(block)/\(name)_leftImg8bit.png"))
    }
  }

  private static func ade20k(_ root: URL, _ part: String, _ index: Int) throws {
    let ids = stripes(40 + 3 * index, 30, index, [1, 77, 150, 0])
    try save(picture(of: ids), root.appendingPathComponent("images/\(part)/ADE_\(index).jpg"))
    try save(ids, root.appendingPathComponent("annotations/\(part)/ADE_\(index).png"))
    for block in blocks where part == "training" {
      try save(sparse(ids), root.appendingPathComponent("train/sparse_label/\(block)/ADE_\(index).png"))
    }
  }

  /// Upright stripes of these ids.
  private static func stripes(_ width: Int, _ height: Int, _ index: Int, _ ids: [UInt8]) -> Image8 {
    var map = Image8(width: width, height: height, channels: 1)
    for y in 0..<height {
      for x in 0..<width { map[x, y] = ids[(x / 8 + index) % ids.count] }
    }
    return map
  }

  /// The ids of every other eight rows.
  private static func sparse(_ ids: Image8) -> Image8 {
    var map = ids
    for y in 0..<ids.height where y / 8 % 2 == 1 { for x in 0..<ids.width { map[x, y] = 0 } }
    return map
  }

  private static func picture(of ids: Image8) -> Image8 {
    var random = RandomStream(seed: 5, purpose: "miniature")
    return Image8(
      width: ids.width, height: ids.height, channels: 3,
      pixels: ids.pixels.flatMap { id in
        (1...3).map { UInt8((Int(id) * 37 * $0 + random.integer(in: 0...20)) % 256) }
      })
  }

  private static func save(_ image: Image8, _ file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try ImageFile.writePNG(image, to: file.path)
  }
}
