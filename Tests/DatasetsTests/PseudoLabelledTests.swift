import Datasets
import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Data sets whose labels come from HDF5 files.
@Suite struct PseudoLabelledTests {
  private static let files =
    URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files/pseudo_labels"

  private let coding = LabelCoding(classes: ClassList.numbered(3), ids: [0, 1, 2])

  private func images(labels: String? = nil) throws -> FolderDataset {
    try FolderDataset(images: Self.files + "/images", labels: labels, coding: coding, layout: "two folders")
  }

  private func pseudo(_ group: String = "pseudo_labels") throws -> PseudoLabels {
    try PseudoLabels(path: Self.files + "/h5py.h5", group: group)
  }

  @Test func imagesWithoutLabelFilesAreUnlabelled() throws {
    let images = try images()
    #expect(images.count == 2 && images.name(1) == "picture1" && images.labelPath(0) == nil)
    #expect(try images.sample(0).labels.pixels.allSatisfy { $0 == Sample.unlabelled })
    try images.check(0)
  }

  @Test func pseudoLabelsFitTheirImages() throws {
    let data = try PseudoLabelledDataset(images(), sources: [pseudo()], confidence: 0.3, keepsLabels: false)
    #expect(data.count == 2 && data.skipped.isEmpty && data.classes.count == 3)
    for index in 0..<2 {
      try data.check(index)
      let sample = try data.sample(index)
      var labelled = 0
      for y in 0..<sample.image.height {
        for x in 0..<sample.image.width where sample.labels[x, y] != Sample.unlabelled {
          // Each class has a colour channel of its own.
          #expect(sample.image[x, y, Int(sample.labels[x, y])] == 200)
          labelled += 1
        }
      }
      #expect(labelled > sample.labels.pixels.count / 2 && labelled < sample.labels.pixels.count * 3 / 4)
    }
  }

  /// A file as somebody's own program writes it: pixels of two images, and of one with a confidence of each.
  private func file(_ folder: TemporaryFolder, size: [Int] = [24, 32], wrongClass: Bool = false) throws -> String {
    let file = try HDF5File(creating: folder.file("mine.h5"))
    let count = size[0] * size[1]
    try file.setAttribute("class_names", of: "/", .strings(["red", "green", "blue"]))
    for number in 0..<2 {
      var labels = (0..<count).map { UInt8($0 < count / 4 ? 255 : 1) }
      if wrongClass && number == 1 { labels[0] = 7 }
      try file.write("/mine/picture\(number)/labels", Tensor(labels, shape: size), compressed: true)
    }
    let sure = (0..<count).map { UInt8($0 < count / 2 ? 102 : 255) }
    try file.write("/mine/picture0/confidence", Tensor(sure, shape: size), compressed: true)
    try file.write(to: folder.file("mine.h5"))
    return folder.file("mine.h5")
  }

  private func check(_ path: String, labels: String? = nil) throws -> (report: PartReport, problems: [String]) {
    let parts = try DatasetParts(path, labels: labels)
    let convention = try #require(parts.pseudoLabels)
    let report = try DatasetCheck(parts.parts, convention, sampleCount: 100).run().parts[0]
    return (report, DatasetFinding.all(in: report, convention).filter(\.isProblem).map(\.explanation.text))
  }

  @Test func aCheckCountsPseudoLabels() throws {
    let folder = try TemporaryFolder()
    let path = try file(folder)
    let (report, problems) = try check(Self.files + "/images", labels: path + ":/mine")
    #expect(problems.isEmpty, "\(problems)")
    #expect(report.imageFiles == 2 && report.pairs == 2 && report.read == 2 && report.sizes == ["32x24": 2])
    #expect(report.tally.pixels[1] == 2 * 24 * 32 * 3 / 4 && report.tally.pixels[255] == 2 * 24 * 32 / 4)
    let confidences = try #require(report.confidences)
    #expect(confidences[102] == 24 * 16 && confidences[255] == 24 * 16 && confidences.reduce(0, +) == 24 * 32)
    // Alone, and without the group where it is ours, in a file and in a folder of files.
    #expect(try check(path + ":/mine").report.labelFiles == 2)
    #expect(try check(Self.files + "/h5py.h5").report.labelFiles == 2)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: Self.files + "/h5py.h5", toPath: folder.file("00000.h5"))
    #expect(try check(folder.path).report.labelFiles == 2)
  }

  @Test func aCheckNamesWhatIsWrongWithPseudoLabels() throws {
    let folder = try TemporaryFolder()
    var path = try file(folder, size: [20, 32])
    var problems = try check(Self.files + "/images", labels: path + ":/mine").problems
    #expect(problems.count == 1 && problems[0].contains("of the shape [20, 32]"), "\(problems)")
    path = try file(folder, wrongClass: true)
    problems = try check(Self.files + "/images", labels: path + ":/mine").problems
    #expect(problems.count == 1 && problems[0].contains("hold the class id 7"), "\(problems)")
    #expect(problems[0].contains("picture1") && problems[0].contains("0 to 2"), "\(problems)")
    // Images of which the file knows nothing, and the other way round.
    try FileManager.default.createDirectory(atPath: folder.file("images"), withIntermediateDirectories: true)
    for name in ["picture0", "other"] {
      try ImageFile.writePNG(
        Image8(width: 32, height: 24, channels: 3, filling: 9), to: folder.file("images/\(name).png"))
    }
    path = try file(folder)
    problems = try check(folder.file("images"), labels: path + ":/mine").problems
    #expect(problems.count == 2 && problems[0].contains("picture1") && problems[1].contains("other"), "\(problems)")
    #expect(throws: PseudoLabelError.self) { try DatasetParts(path + ":/yours") }
    #expect(throws: FileError.missing(path: "/nowhere")) { try DatasetParts("/nowhere", labels: path + ":/mine") }
  }

  @Test func ownLabelsWin() throws {
    let folder = try TemporaryFolder()
    var own = Image8(width: 32, height: 24, channels: 1, filling: 255)
    own[5, 2] = 2
    own[6, 23] = 1
    for number in 0..<2 { try ImageFile.writePNG(own, to: folder.file("picture\(number).png")) }
    let (both, alone) = (
      try PseudoLabelledDataset(
        images(labels: folder.path), sources: [pseudo()], confidence: 0.5, keepsLabels: true),
      try PseudoLabelledDataset(images(), sources: [pseudo()], confidence: 0.5, keepsLabels: false)
    )
    for index in 0..<2 {
      let (mixed, plain) = (try both.sample(index).labels, try alone.sample(index).labels)
      #expect(plain[5, 2] != 2 && plain[6, 23] == Sample.unlabelled)
      for pixel in mixed.pixels.indices {
        #expect(mixed.pixels[pixel] == (own.pixels[pixel] == 255 ? plain.pixels[pixel] : own.pixels[pixel]))
      }
    }
  }

  @Test func missingImagesAreNamedOrLeftOut() throws {
    let folder = try TemporaryFolder()
    for name in ["picture0", "stranger", "stranger2"] {
      try FileManager.default.copyItem(atPath: Self.files + "/images/picture0.png", toPath: folder.file(name + ".png"))
    }
    let images = try FolderDataset(images: folder.path, labels: nil, coding: coding, layout: "")
    #expect {
      try PseudoLabelledDataset(images, sources: [pseudo()], confidence: 0, keepsLabels: false)
    } throws: {
      let text = "\($0)"
      return $0 is PseudoLabelError && text.contains("stranger and of 1 more")
        && text.contains("h5py.h5:/pseudo_labels")
    }
    let rest = try PseudoLabelledDataset(
      images, sources: [pseudo()], confidence: 0, keepsLabels: false, skipBad: true)
    #expect(rest.count == 1 && rest.name(0) == "picture0" && rest.skipped == ["stranger", "stranger2"])
  }

  @Test func labelsOfAnotherSizeAreFoundByAQuickLook() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.files + "/images/picture0.png", toPath: folder.file("size.png"))
    let images = try FolderDataset(images: folder.path, labels: nil, coding: coding, layout: "")
    let data = try PseudoLabelledDataset(images, sources: [pseudo("wrong")], confidence: 0, keepsLabels: false)
    #expect { try data.check(0) } throws: { "\($0)".contains("[24, 33]") && "\($0)".contains("image size") }
    #expect(throws: PseudoLabelError.self) { try data.sample(0) }
  }

  @Test func vocAndScenesTakeThemToo() throws {
    let folder = try TemporaryFolder()
    let scenes = try ScenesDataset(width: 32, height: 16, count: 2, seed: 1, labels: "block10")
    let voc = try VOC2012Dataset(root: Miniature.path, split: "train", annotation: nil)
    #expect(try voc.sample(0).labels.pixels.allSatisfy { $0 == Sample.unlabelled })
    for (base, classes) in [(scenes as any Dataset, 11), (voc, 21)] {
      let file = try HDF5File(creating: "made")
      for index in 0..<base.count {
        let image = try base.sample(index).image
        let labels = (0..<image.height * image.width).map { Int32($0 % classes) }
        try file.write("/p/\(base.name(index))/labels", .init(labels, shape: [image.height, image.width]))
      }
      try file.write(to: folder.file("\(classes).h5"))
      let data = try PseudoLabelledDataset(
        base, sources: [PseudoLabels(path: folder.file("\(classes).h5"), group: "p")], confidence: 0.9,
        keepsLabels: false)
      for index in 0..<data.count {
        try data.check(index)
        #expect(try data.sample(index).labels.pixels.enumerated().allSatisfy { Int($0.element) == $0.offset % classes })
      }
    }
  }
}
