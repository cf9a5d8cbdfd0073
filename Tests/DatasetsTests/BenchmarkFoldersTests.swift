import Datasets
import Foundation
import Storage
import TestSupport
import Testing

/// Benchmarks as they are downloaded, and as the published system prepares them.
@Suite struct BenchmarkFoldersTests {
  private static func write(_ image: Image8, _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try ImageFile.writePNG(image, to: path)
  }

  private static func picture(_ value: UInt8) -> Image8 { Image8(width: 3, height: 1, channels: 3, filling: value) }
  private static func map(_ pixels: [UInt8]) -> Image8 { Image8(width: 3, height: 1, channels: 1, pixels: pixels) }

  /// Two cities, the second of which has a name that begins earlier than the first's files.
  private static let cityscapes = [("zurich", "zurich_1"), ("aachen", "aachen_2"), ("aachen", "aachen_1")]

  private static func sampled(_ dataset: FolderDataset) throws -> [Sample] {
    try (0..<dataset.count).map { try dataset.sample($0) }
  }

  @Test func cityscapesIsTheSameInBothLayouts() throws {
    let (original, prepared) = (try TemporaryFolder(), try TemporaryFolder())
    for (index, (city, name)) in Self.cityscapes.enumerated() {
      let (image, map) = (Self.picture(UInt8(index)), Self.map([7, UInt8(19 + index), 4]))
      try Self.write(image, original.file("leftImg8bit/val/\(city)/\(name)_leftImg8bit.png"))
      try Self.write(map, original.file("gtFine/val/\(city)/\(name)_gtFine_labelIds.png"))
      for other in ["color", "instanceIds", "labelTrainIds"] {
        try Self.write(Self.map([1, 1, 1]), original.file("gtFine/val/\(city)/\(name)_gtFine_\(other).png"))
      }
      try AtomicFile.write("{}", to: original.file("gtFine/val/\(city)/\(name)_gtFine_polygons.json"))
      try Self.write(image, prepared.file("val/image/\(name)_leftImg8bit.png"))
      try Self.write(map, prepared.file("val/label/\(name)_leftImg8bit.png"))
    }
    try AtomicFile.write("terms", to: original.file("leftImg8bit/license.txt"))
    let samples = try Self.sampled(Cityscapes.dataset(root: original.path, split: "val"))
    #expect(samples == (try Self.sampled(Cityscapes.dataset(root: prepared.path, split: "val"))))
    #expect(samples.map(\.name) == ["aachen_1_leftImg8bit", "aachen_2_leftImg8bit", "zurich_1_leftImg8bit"])
    #expect(samples.map(\.labels.pixels) == [[0, 8, 255], [0, 7, 255], [0, 6, 255]])
  }

  @Test func sparseLabelsOfTheDownloadKeepTheirPlace() throws {
    let folder = try TemporaryFolder()
    for (city, name) in Self.cityscapes {
      try Self.write(Self.picture(1), folder.file("leftImg8bit/train/\(city)/\(name)_leftImg8bit.png"))
      // Called as images are, or as labels are.
      try Self.write(
        Self.map([0, 0, 33]), folder.file("train/sparse_label/block10/\(name)_leftImg8bit.png"))
      try Self.write(
        Self.map([0, 33, 0]), folder.file("train/sparse_label/block20/\(name)_gtFine_labelIds.png"))
    }
    for (labels, pixels) in [("block10", [255, 255, 18] as [UInt8]), ("block20", [255, 18, 255])] {
      let dataset = try Cityscapes.dataset(root: folder.path, split: "train", labels: "sparse_label/\(labels)")
      #expect(try Self.sampled(dataset).map(\.labels.pixels) == [pixels, pixels, pixels])
    }
    let missing = #expect(throws: DatasetError.self) {
      try Cityscapes.dataset(root: folder.path, split: "train", labels: "sparse_label/block50")
    }
    #expect(missing?.description.contains("train/sparse_label/block50") == true)
  }

  @Test func ade20kIsTheSameInBothLayouts() throws {
    let (original, prepared) = (try TemporaryFolder(), try TemporaryFolder())
    for index in 1...3 {
      let (image, map) = (Self.picture(UInt8(index)), Self.map([0, UInt8(index), 150]))
      // What a file is, its first bytes say.
      try Self.write(image, original.file("images/training/ADE_train_\(index).jpg"))
      try Self.write(map, original.file("annotations/training/ADE_train_\(index).png"))
      try Self.write(Self.map([0, 0, 7]), original.file("train/sparse_label/block50/ADE_train_\(index).png"))
      try Self.write(image, prepared.file("train/image/ADE_train_\(index).jpg"))
      try Self.write(map, prepared.file("train/label/ADE_train_\(index).png"))
    }
    let samples = try Self.sampled(ADE20K.dataset(root: original.path, split: "train"))
    #expect(samples == (try Self.sampled(ADE20K.dataset(root: prepared.path, split: "train"))))
    #expect(samples.map(\.name) == ["ADE_train_1", "ADE_train_2", "ADE_train_3"])
    #expect(samples.map(\.labels.pixels) == [[255, 0, 149], [255, 1, 149], [255, 2, 149]])
    let sparse = try ADE20K.dataset(root: original.path, split: "train", labels: "sparse_label/block50")
    #expect(try sparse.sample(2).labels.pixels == [255, 255, 6])
  }

  @Test func whereNeitherLayoutIsBothAreNamed() throws {
    let folder = try TemporaryFolder()
    for (error, places) in [
      (
        #expect(throws: DatasetError.self) { try Cityscapes.dataset(root: folder.path, split: "val") },
        ["val/image", "leftImg8bit/val", "gtFine/{train,val}/CITY", "sparse_label/{block10,block20,block50}"]
      ),
      (
        #expect(throws: DatasetError.self) { try ADE20K.dataset(root: folder.path, split: "train") },
        ["train/image", "images/training", "annotations/{training,validation}"]
      ),
    ] {
      for place in places { #expect(error?.description.contains(place) == true, "\(place)") }
    }
    #expect(throws: DatasetError.self) { try ADE20K.dataset(root: folder.path, split: "test") }
  }

  @Test func ade20kSubtractsOneAndAddsItAgain() {
    let coding = LabelCoding.ade20k
    #expect(coding.trainIDs[0] == Sample.unlabelled && coding.trainIDs[255] == Sample.unlabelled)
    for value in 1...150 { #expect(Int(coding.trainIDs[value]) == value - 1) }
    for id in 0..<150 { #expect(Int(coding.labelIDs[id]) == id + 1) }
    #expect(ClassList.ade20k.count == 150 && Set(ClassList.ade20k.names).count == 150)
    let names = ClassList.ade20k.names
    #expect((names[0], names[12], names[89], names[149]) == ("wall", "person", "television receiver", "flag"))
  }
}
