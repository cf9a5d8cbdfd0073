import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct FolderDatasetTests {
  /// A Cityscapes folder with scenes written by hand.
  static func make(_ names: [String] = ["a.b_leftImg8bit", "c"]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for part in ["image", "label"] {
      try FileManager.default.createDirectory(
        atPath: folder.file("train/\(part)"), withIntermediateDirectories: true)
    }
    for name in names {
      try ImageFile.writePNG(
        Image8(width: 4, height: 2, channels: 3, filling: 9), to: folder.file("train/image/\(name).png"))
      try ImageFile.writePNG(
        Image8(width: 4, height: 2, channels: 1, pixels: [7, 8, 33, 0, 255, 9, 21, 13]),
        to: folder.file("train/label/\(name).png"))
    }
    return folder
  }

  static func open(_ folder: TemporaryFolder, skipBad: Bool = false) throws -> FolderDataset {
    try Cityscapes.dataset(root: folder.path, split: "train", skipBad: skipBad)
  }

  @Test func mapsLabelIdsToTrainIds() throws {
    let folder = try Self.make()
    let dataset = try Self.open(folder)
    #expect(dataset.count == 2 && dataset.name(0) == "a.b_leftImg8bit" && dataset.name(1) == "c")
    let sample = try dataset.sample(0)
    #expect(sample.labels.pixels == [0, 1, 18, 255, 255, 255, 8, 4])
    #expect(sample.image.channels == 3 && sample.name == "a.b_leftImg8bit")
    #expect(dataset.notices.all.isEmpty)
    #expect(
      LabelCoding.cityscapes.ids.compactMap { $0 } == [
        7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
      ])
    #expect(LabelCoding.scenes.classes.names.last == "car" && LabelCoding.scenes.classes.count == 11)
  }

  @Test func aMissingFolderIsNamedWithTheLayoutAndAWayOn() {
    let error = #expect(throws: DatasetError.self) {
      try Cityscapes.dataset(root: "/nowhere/cityscapes", split: "train", labels: "sparse_label/block50")
    }
    let text = error?.description ?? ""
    #expect(text.contains("/nowhere/cityscapes/train/image"))
    #expect(text.contains("sparse_label/{block10,block20,block50}"))
    #expect(text.contains("tel data scenes"))
  }

  @Test func filesWithoutPartners() throws {
    let folder = try Self.make(["a", "b", "c"])
    try FileManager.default.removeItem(atPath: folder.file("train/label/b.png"))
    let image = #expect(throws: DatasetError.self) { try Self.open(folder) }
    #expect(image?.description.contains("b.png has no label file") == true)
    try FileManager.default.removeItem(atPath: folder.file("train/image/b.png"))
    try FileManager.default.removeItem(atPath: folder.file("train/image/c.png"))
    let labels = #expect(throws: DatasetError.self) { try Self.open(folder) }
    #expect(labels?.description.contains("c.png has no image") == true)
    let rest = try Self.open(folder, skipBad: true)
    #expect(rest.count == 1 && rest.skipped == ["c.png"])
  }

  @Test func anEmptyFolder() throws {
    let folder = try Self.make([])
    #expect(throws: DatasetError.noSamples(folder: folder.file("train/label"))) { try Self.open(folder) }
  }

  @Test func sizesThatDiffer() throws {
    let folder = try Self.make(["a"])
    try ImageFile.writePNG(Image8(width: 5, height: 2, channels: 1), to: folder.file("train/label/a.png"))
    let error = #expect(throws: DatasetError.self) { try Self.open(folder).sample(0) }
    #expect(error?.description.contains("4x2 against 5x2") == true && error?.description.contains("a.png") == true)
  }

  @Test func aQuickLookFindsBadSamplesInOrder() throws {
    let folder = try Self.make(["a", "b", "c", "d"])
    try ImageFile.writePNG(Image8(width: 5, height: 2, channels: 1), to: folder.file("train/label/d.png"))
    try AtomicFile.write("no image", to: folder.file("train/image/b.png"))
    let problems = try Self.open(folder).problems()
    #expect(problems.map(\.name) == ["b", "d"])
    #expect(problems[0].error is ImageError && problems[1].error is DatasetError)
  }

  @Test func truncatedAndForeignFiles() throws {
    let folder = try Self.make(["a", "b"])
    let path = folder.file("train/image/a.png")
    try ImageFile.writePNG(Image8(width: 300, height: 200, channels: 3, filling: 9), to: path)
    try ImageFile.writePNG(Image8(width: 300, height: 200, channels: 1), to: folder.file("train/label/a.png"))
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    try AtomicFile.write(Array(bytes.prefix(bytes.count / 2)), to: path)
    let cut = #expect(throws: ImageError.self) { try Self.open(folder).sample(0) }
    #expect(cut?.description.contains("a.png") == true)
    try AtomicFile.write("<html>404</html>", to: folder.file("train/image/b.png"))
    let foreign = #expect(throws: ImageError.self) { try Self.open(folder).sample(1) }
    #expect(foreign?.description.contains("b.png") == true)
  }

  @Test func trainIdsInPlaceOfLabelIdsAreSuspected() throws {
    let folder = try Self.make(["a", "b"])
    for name in ["a", "b"] {
      try ImageFile.writePNG(
        Image8(width: 4, height: 2, channels: 1, pixels: [0, 1, 2, 10, 10, 255, 8, 13]),
        to: folder.file("train/label/\(name).png"))
    }
    let dataset = try Self.open(folder)
    #expect(try dataset.sample(0).labels.pixels == [255, 255, 255, 255, 255, 255, 1, 4])
    #expect(try dataset.sample(0).name == "a")
    let told = dataset.notices.takeNew()
    #expect(told.count == 1 && told[0].contains("train ids") && told[0].contains("a.png"))
    #expect(dataset.notices.takeNew().isEmpty)
    _ = try dataset.sample(1)
    #expect(dataset.notices.takeNew().isEmpty, "one notice per data set")
  }

  @Test func pathsAreLookedUpInOrder() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    try AtomicFile.write("x", to: second.file("only.txt"))
    try AtomicFile.write("x", to: first.file("both.txt"))
    try AtomicFile.write("x", to: second.file("both.txt"))
    let resolver = PathResolver(folders: [first.path, second.path, first.path])
    #expect(try resolver.resolve("only.txt") == second.file("only.txt"))
    #expect(try resolver.resolve("both.txt") == first.file("both.txt"))
    #expect(try resolver.resolve(second.file("only.txt")) == second.file("only.txt"))
    let missing = #expect(throws: DatasetError.self) { try resolver.resolve("none.txt") }
    #expect(missing?.description.contains(first.file("none.txt")) == true)
    #expect(missing?.description.contains(second.file("none.txt")) == true)
    let folder = #expect(throws: DatasetError.self) {
      try resolver.resolveFolder("cityscapes", layout: Cityscapes.layout)
    }
    #expect(folder?.description.contains(second.file("cityscapes")) == true)
  }

  @Test func customSamplesAreChecked() throws {
    let good = AugmentationTests.sample(3, 2)
    func dataset(_ change: @escaping @Sendable (inout Sample) -> Void) -> CustomDataset {
      CustomDataset(count: 1, classes: .numbered(9), requiresCallerThread: false) { _, _ in
        var sample = good
        change(&sample)
        return sample
      }
    }
    #expect(try dataset { _ in }.sample(0) == good)
    let outside = #expect(throws: DatasetError.self) { try dataset { $0.labels[0, 0] = 9 }.sample(0) }
    #expect(outside?.description.contains("9") == true && outside?.description.contains("0 to 8") == true)
    #expect(throws: DatasetError.self) {
      try dataset { $0.labels = Image8(width: 2, height: 2, channels: 1) }.sample(0)
    }
    #expect(throws: DatasetError.self) {
      try dataset { $0.image = Image8(width: 3, height: 2, channels: 1) }.sample(0)
    }
  }
}
