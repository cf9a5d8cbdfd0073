import Datasets
import Foundation
import Storage
import Synchronization
import Tensors
import TestSupport
import Testing

/// What a check finds in data sets with one thing wrong.
@Suite struct DatasetCheckTests {
  /// Scenes as files, to be spoilt.
  static func scenes() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try SceneWriter.write(to: folder.file("data"), count: 4, val: 1, width: 64, height: 32, seed: 2)
    return folder
  }

  static func check(
    _ path: String, labels: String? = nil, _ name: LabelConvention.Name = .cityscapes, images: Int = 100
  ) throws -> (report: DatasetCheck.Report, findings: [DatasetFinding]) {
    let convention = LabelConvention(name)
    let report = try DatasetCheck(
      DatasetParts(path, labels: labels).parts, convention, sampleCount: images
    ).run()
    return (report, report.parts.flatMap { DatasetFinding.all(in: $0, convention) })
  }

  static func problems(_ path: String, labels: String? = nil, _ name: LabelConvention.Name = .cityscapes) throws
    -> [String]
  {
    try check(path, labels: labels, name).findings.filter(\.isProblem).map(\.explanation.text)
  }

  @Test func madeScenesAreInOrder() throws {
    let folder = try Self.scenes()
    let (report, findings) = try Self.check(folder.file("data"))
    #expect(findings.isEmpty, "\(findings)")
    #expect(
      report.parts.map(\.part.name) == [
        "train/label", "train/sparse_label/block10", "train/sparse_label/block20", "train/sparse_label/block50",
        "val/label",
      ])
    #expect(report.parts.map(\.pairs) == [4, 4, 4, 4, 1] && report.parts.map(\.read) == [4, 4, 4, 4, 1])
    #expect(report.parts[0].sizes == ["64x32": 4] && report.parts[2].compared > 0 && report.parts[2].disagreeing == 0)
    #expect(report.parts[2].denselyLabelled == 4 * 64 * 32)
    #expect(report.colours.pairs > 5 * 3000 && (report.colours.median ?? 1) < 0.01)
  }

  @Test func onlyAFewMapsAreReadWhole() throws {
    let folder = try Self.scenes()
    let report = try Self.check(folder.file("data"), images: 2).report
    #expect(report.parts.map(\.read) == [2, 2, 2, 2, 1] && report.parts[0].sizes == ["64x32": 4])
  }

  @Test func partnersSizesAndDamage() throws {
    let folder = try Self.scenes()
    let train = folder.file("data/train")
    try FileManager.default.removeItem(atPath: "\(train)/image/scene_000000.png")
    try FileManager.default.removeItem(atPath: "\(train)/label/scene_000001.png")
    try ImageFile.writePNG(Image8(width: 5, height: 3, channels: 1, filling: 7), to: "\(train)/label/scene_000002.png")
    let file = "\(train)/image/scene_000003.png"
    try AtomicFile.write(Array(try Data(contentsOf: URL(fileURLWithPath: file)).prefix(900)), to: file)
    let problems = try Self.problems(folder.file("data")).filter { $0.hasPrefix("train/label") }
    #expect(problems.count == 4, "\(problems)")
    #expect(problems.contains { $0.contains("without an image: scene_000000") && $0.contains("--skip-bad") })
    #expect(problems.contains { $0.contains("without a label file: scene_000001") })
    #expect(problems.contains { $0.contains("scene_000002 (64x32, labels 5x3)") })
    #expect(problems.contains { $0.contains("damaged") && $0.contains("scene_000003.png") })
  }

  /// Replaces every training label by `value` of what it was.
  private func recode(_ folder: TemporaryFolder, _ part: String, _ value: (UInt8) -> UInt8) throws {
    for file in try LabelFiles.find(folder.file("data/\(part)")) {
      var map = try ImageFile.readLabels(file.path)
      map.pixels = map.pixels.map(value)
      try ImageFile.writePNG(map, to: file.path)
    }
  }

  @Test func trainIDsInPlaceOfLabelIDs() throws {
    let folder = try Self.scenes()
    try recode(folder, "val/label") { LabelCoding.cityscapes.trainIDs[Int($0)] }
    let problems = try Self.problems(folder.file("data"))
    #expect(problems.count == 1 && problems[0].hasPrefix("val/label: these look like train ids"), "\(problems)")
    #expect(problems.first?.contains("_labelIds.png") == true)
  }

  @Test func sparseLabelsThatDisagree() throws {
    let folder = try Self.scenes()
    try recode(folder, "train/sparse_label/block20") { $0 == 7 ? 8 : $0 }
    let problems = try Self.problems(folder.file("data"))
    #expect(problems.count == 1 && problems[0].hasPrefix("train/sparse_label/block20"), "\(problems)")
    #expect(problems.first?.contains("another class in the dense labels") == true)
  }

  @Test func coloursInPlaceOfIDs() throws {
    let folder = try Self.scenes()
    for file in try LabelFiles.find(folder.file("data/val/label")) {
      try ImageFile.writePNG(Image8(width: 64, height: 32, channels: 3), to: file.path)
    }
    let problems = try Self.problems(folder.file("data"))
    #expect(problems.count == 1 && problems[0].contains("colour image") && problems[0].contains("grey values"))
  }

  @Test func ade20kCountsFromOne() throws {
    let folder = try TemporaryFolder()
    for part in ["images", "labels"] {
      try FileManager.default.createDirectory(atPath: folder.file(part), withIntermediateDirectories: true)
    }
    func write(_ pixels: [UInt8]) throws {
      try ImageFile.writePNG(Image8(width: 4, height: 1, channels: 3), to: folder.file("images/a.png"))
      try ImageFile.writePNG(Image8(width: 4, height: 1, channels: 1, pixels: pixels), to: folder.file("labels/a.png"))
    }
    try write([0, 1, 150, 9])
    #expect(try Self.problems(folder.path, .ade20k).isEmpty)
    try write([0, 1, 149, 255])
    #expect(try Self.problems(folder.path, .ade20k).first?.contains("train ids") == true)
    try write([255, 1, 150, 9])
    let one = try Self.problems(folder.path, .ade20k)
    #expect(one.count == 1 && one[0].contains("class 254") && one[0].contains("replace 255 by 0"))
    try write([0, 1, 151, 9])
    #expect(try Self.problems(folder.path, .ade20k).first?.contains("151") == true)
    try write([0, 0, 0, 0])
    #expect(try Self.problems(folder.path, .ade20k).first?.contains("no pixel has a class") == true)
    try write([0, 1, 21, 255])
    #expect(try Self.problems(folder.path, .voc).first?.contains("21") == true)
    #expect(try Self.problems(folder.path, .plain).isEmpty)
  }

  @Test func aFolderOfLabelsAlone() throws {
    let folder = try Self.scenes()
    let (report, findings) = try Self.check(folder.file("data/val/image"), labels: folder.file("data/val/label"))
    #expect(findings.isEmpty && report.parts[0].pairs == 1 && report.parts[0].imageFiles == 1)
    try FileManager.default.moveItem(atPath: folder.file("data/val/label"), toPath: folder.file("alone"))
    let alone = try Self.check(folder.file("alone"))
    #expect(alone.findings.isEmpty && alone.report.parts[0].imageFiles == nil && alone.report.colours.pairs == 0)
    let emptied = try Self.problems(folder.file("data"))
    #expect(emptied.contains { $0.hasPrefix("val/label: there is no folder") }, "\(emptied)")
  }

  /// Files of Cityscapes and ADE20K where the downloads have them, sparse labels where `tel data sparsify` and the published system do.
  @Test(arguments: [LabelConvention.Name.cityscapes, .ade20k]) func downloads(_ name: LabelConvention.Name) throws {
    let (made, root) = (try Self.scenes(), try TemporaryFolder())
    let files = FileManager.default
    func copy(_ part: String, to folder: String, ending: String) throws {
      try files.createDirectory(atPath: root.file(folder), withIntermediateDirectories: true)
      for file in try files.contentsOfDirectory(atPath: made.file("data/\(part)")).sorted() {
        let number = file.split(separator: "_").last?.prefix(6) ?? ""
        let stem = name == .cityscapes ? "aachen_\(number)_000019\(ending)" : String(number)
        try files.copyItem(atPath: made.file("data/\(part)/\(file)"), toPath: root.file("\(folder)/\(stem).png"))
      }
    }
    let city = name == .cityscapes
    for (split, part) in [("train", "training"), ("val", "validation")] {
      try copy("\(split)/image", to: city ? "leftImg8bit/\(split)/aachen" : "images/\(part)", ending: "_leftImg8bit")
      try copy(
        "\(split)/label", to: city ? "gtFine/\(split)/aachen" : "annotations/\(part)", ending: "_gtFine_labelIds")
    }
    try copy("train/sparse_label/block20", to: "train/sparse_label/block20", ending: "")
    let (report, findings) = try Self.check(root.path, name)
    #expect(findings.isEmpty, "\(findings)")
    let dense = city ? ["gtFine/train", "gtFine/val"] : ["annotations/training", "annotations/validation"]
    #expect(report.parts.map(\.part.name) == [dense[0], "train/sparse_label/block20", dense[1]])
    #expect(report.parts.map(\.pairs) == [4, 4, 1] && report.parts.map(\.read) == [4, 4, 1])
    #expect(report.parts[1].compared > 0 && report.parts[1].disagreeing == 0)
    #expect(try DatasetParts(root.path).isBenchmarkLayout)
  }

  @Test func pascalVOC() throws {
    let (report, findings) = try Self.check(Miniature.path, .voc)
    #expect(findings.isEmpty, "\(findings)")
    #expect(report.parts.map(\.part.name) == ["train (mask)", "train (scribble)", "train (point)", "val (mask)"])
    #expect(report.parts.prefix(3).map(\.read) == [4, 4, 4] && report.parts[0].sizes == ["40x30": 2, "30x40": 2])
    func labelled(_ part: Int) -> Int { report.parts[part].tally.labelled(LabelConvention(.voc)) }
    #expect(labelled(0) == 4657 && labelled(1) == 733 && labelled(2) == 167)
  }

  @Test func damagedPascalVOC() throws {
    let folder = try Miniature.copy()
    func cut(_ file: String, to count: Int) throws {
      let path = folder.file(file)
      try AtomicFile.write(Array(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(count)), to: path)
    }
    try cut("voc_whats_the_point.json", to: 100)
    try cut("SBD/cls/2007_200001.mat", to: 150)
    try FileManager.default.removeItem(atPath: folder.file("VOC/VOCdevkit/VOC2012/SegmentationClass/2007_000001.png"))
    let problems = try Self.problems(folder.path, .voc)
    #expect(problems.count == 3, "\(problems)")
    #expect(problems.contains { $0.hasPrefix("train (mask): images without a label file: 2007_000001") })
    #expect(problems.contains { $0.contains("MAT file is broken") && $0.contains(": 2007_200001.mat") })
    #expect(problems.contains { $0.contains("voc_whats_the_point.json, byte ") })
    try FileManager.default.removeItem(atPath: folder.file("SBD"))
    #expect(try Self.problems(folder.path, .voc).contains { $0.contains("there is no") && $0.contains("SBD") })
  }

  @Test func colourDifferencesOfNeighbours() throws {
    // One row: differences 2, 10 (another class), 4, and to an unlabelled pixel.
    var image = Image8(width: 5, height: 1, channels: 3)
    for (x, value) in [0, 2, 12, 16, 200].enumerated() { image[x, 0, 1] = UInt8(value) }
    var differences = ColourDifferences()
    #expect(differences.median == nil)
    differences.add(image, labels: Image8(width: 5, height: 1, channels: 1, pixels: [1, 1, 2, 2, 255]))
    #expect(differences.pairs == 2 && differences.median == 4.0 / 65025)
    var others = differences
    others.add(differences)
    #expect(others.pairs == 4 && others.median == 4.0 / 65025)
  }

  @Test func noiseOfKnownSizeGivesItsMedian() throws {
    // Squared differences of noise of deviation s in three channels are 2 s² χ²₃, whose median is 2.366 · 2 s².
    var random = RandomStream(seed: 1, purpose: "noise")
    for deviation in [2.5, 10.0] {
      let pixels = (0..<96 * 96 * 3).map { _ in UInt8((128 + deviation * random.normal()).rounded()) }
      var differences = ColourDifferences()
      differences.add(
        Image8(width: 96, height: 96, channels: 3, pixels: pixels), labels: Image8(width: 96, height: 96, channels: 1))
      let expected = 2.366 * 2 * (deviation / 255) * (deviation / 255)
      #expect(abs((differences.median ?? 0) / expected - 1) < 0.05, "\(deviation)")
    }
  }
}
