import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct VOC2012Tests {
  private static let devkit = "VOC/VOCdevkit/VOC2012"
  private static let training = ["2007_000001", "2007_000002", "2007_200001", "2007_300001"]

  private static func open(
    _ folder: TemporaryFolder, _ split: String = "train", _ annotation: VOC2012Dataset.Annotation = .scribble,
    skipBad: Bool = false
  ) throws -> VOC2012Dataset {
    try VOC2012Dataset(root: folder.path, split: split, annotation: annotation, skipBad: skipBad)
  }

  private static func remove(_ folder: TemporaryFolder, _ names: String...) throws {
    for name in names { try FileManager.default.removeItem(atPath: folder.file(name)) }
  }

  /// Size, labelled pixels, the sum of their labels, and a sum of all that depends on their order.
  private static func summary(_ map: Image8) -> [Int] {
    let labelled = map.pixels.filter { $0 != Sample.unlabelled }
    let mixed = map.pixels.enumerated().reduce(0) { $0 + $1.offset * Int($1.element) } % 65521
    return [map.width, map.height, labelled.count, labelled.reduce(0) { $0 + Int($1) }, mixed]
  }

  /// The numbers are those of Pillow and SciPy, which read and draw the same files.
  @Test(arguments: [
    (
      VOC2012Dataset.Annotation.scribble,
      [[40, 30, 196, 514, 10282], [30, 40, 174, 420, 32977], [30, 40, 193, 821, 40590], [40, 30, 170, 240, 10442]]
    ),
    (
      .point,
      [[40, 30, 40, 276, 41853], [30, 40, 37, 196, 56051], [30, 40, 45, 372, 52898], [40, 30, 45, 192, 21209]]
    ),
    (
      .mask,
      [
        [40, 30, 1123, 2734, 27767], [30, 40, 1134, 1533, 27421], [30, 40, 1200, 3860, 46660],
        [40, 30, 1200, 2708, 32843],
      ]
    ),
  ])
  func everyAnnotationGivesItsLabels(annotation: VOC2012Dataset.Annotation, expected: [[Int]]) throws {
    let dataset = try VOC2012Dataset(root: Miniature.path, split: "train", annotation: annotation)
    #expect((0..<dataset.count).map(dataset.name) == Self.training)
    for index in 0..<dataset.count {
      let sample = try dataset.sample(index)
      #expect(Self.summary(sample.labels) == expected[index])
      #expect(
        sample.image.channels == 3 && sample.image.width == sample.labels.width && sample.name == dataset.name(index))
    }
    #expect(try dataset.problems().isEmpty && dataset.skipped.isEmpty)
  }

  @Test func validationHasMasksWhateverTheAnnotation() throws {
    for annotation in VOC2012Dataset.Annotation.allCases {
      let dataset = try VOC2012Dataset(root: Miniature.path, split: "val", annotation: annotation)
      #expect((0..<dataset.count).map(dataset.name) == ["2007_100001", "2007_100002"])
      #expect(Self.summary(try dataset.sample(0).labels) == [30, 40, 1127, 1609, 33493])
      #expect(Self.summary(try dataset.sample(1).labels) == [30, 40, 1123, 2585, 60770])
    }
  }

  @Test func classesAndColours() {
    let classes = ClassList.voc2012
    #expect(classes.count == 21 && classes.names[0] == "background" && classes.names[14] == "motorbike")
    #expect(classes.palette[0] == RGB(0, 0, 0) && classes.palette[15] == RGB(192, 128, 128))
    #expect(LabelCoding.voc2012.trainIDs == (0...255).map { $0 < 21 ? UInt8($0) : 255 })
  }

  /// Only what is needed has to be there.
  @Test func otherFilesMayBeMissing() throws {
    let folder = try Miniature.copy()
    try Self.remove(folder, "voc_whats_the_point.json", "voc_whats_the_point_bg_from_scribbles.json", "SBD/cls")
    try Self.remove(folder, Self.devkit + "/SegmentationClass/2007_000001.png")
    #expect(try Self.open(folder).count == 4)
    #expect(try Self.open(folder, "val").count == 2)
    try Self.remove(folder, "SBD", "voc_scribbles.zip")
    #expect(try Self.open(folder, "val").count == 2)
  }

  @Test func originalDownloadsAreFoundAsTheyUnpack() throws {
    let folder = try Miniature.copy()
    try FileManager.default.moveItem(atPath: folder.file("VOC/VOCdevkit"), toPath: folder.file("VOCdevkit"))
    try FileManager.default.createDirectory(
      atPath: folder.file("benchmark_RELEASE"), withIntermediateDirectories: false)
    try FileManager.default.moveItem(atPath: folder.file("SBD"), toPath: folder.file("benchmark_RELEASE/dataset"))
    #expect(try Self.open(folder, "train", .mask).problems().isEmpty)
    try FileManager.default.moveItem(atPath: folder.file("VOCdevkit/VOC2012"), toPath: folder.file("VOC2012"))
    #expect(try Self.open(folder).count == 4)
  }

  @Test func listsAreUnitedByName() throws {
    let folder = try Miniature.copy()
    // Written by other systems, with extensions, twice, and with images of the validation list.
    try Miniature.write("2007_300001.jpg\r\n\r\n2007_000002\r\n", to: folder.file("SBD/train.txt"))
    try Miniature.write("2007_300001\n2007_100002\n  2007_200001  ", to: folder.file("SBD/val.txt"))
    let lists = Self.devkit + "/ImageSets/Segmentation/"
    try Miniature.write("2007_000002\n2007_100001\n2007_000001\n", to: folder.file(lists + "train.txt"))
    let dataset = try Self.open(folder, "train", .mask)
    #expect((0..<dataset.count).map(dataset.name) == Self.training)
    // SBD's mask of an image of both is full of another class: VOC's was taken.
    #expect(Self.summary(try dataset.sample(0).labels)[2] == 1123)
    try Miniature.write("2007_000001\n../../etc/passwd\n", to: folder.file(lists + "train.txt"))
    #expect { try Self.open(folder) } throws: { "\($0)".contains("train.txt, line 2: \"../../etc/passwd\" is no name") }
    for list in ["SBD/train.txt", "SBD/val.txt", lists + "train.txt"] {
      try Miniature.write("2007_100001\n", to: folder.file(list))
    }
    #expect(throws: VOCError.emptySplit(split: "train", root: folder.path)) { try Self.open(folder) }
  }

  @Test func missingPartsAreNamed() throws {
    func expect(
      _ removed: String, _ text: String, _ annotation: VOC2012Dataset.Annotation,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let folder = try Miniature.copy()
      try Self.remove(folder, removed)
      #expect(sourceLocation: sourceLocation) { try Self.open(folder, "train", annotation) } throws: {
        $0 is VOCError && "\($0)".contains(text)
      }
    }
    try expect("VOC", "VOC/VOCdevkit/VOC2012, nor", .scribble)
    try expect("SBD", "benchmark_RELEASE/dataset", .scribble)
    try expect("SBD/val.txt", "there is no", .scribble)
    try expect("voc_scribbles.zip", "voc_scribbles.zip", .scribble)
    try expect("voc_whats_the_point.json", "voc_whats_the_point.json", .point)
    try expect("voc_whats_the_point_bg_from_scribbles.json", "bg_from_scribbles.json", .point)
    try expect("SBD/img/2007_200001.jpg", "2007_200001.jpg: there is no such image", .scribble)
    try expect("SBD/cls/2007_200001.mat", "no mask", .mask)
    try expect("SBD/cls", "2007_200001.mat, and the same is true of 1 more", .mask)
    let argument = #expect(throws: DatasetError.self) { try VOC2012Dataset(root: Miniature.path, split: "test") }
    #expect(argument?.description.contains("\"test\"") == true)
  }

  @Test func badOnesAreLeftOutWhereThatIsWanted() throws {
    let folder = try Miniature.copy()
    try Self.remove(folder, "SBD/img/2007_200001.jpg")
    let dataset = try Self.open(folder, skipBad: true)
    #expect(dataset.count == 3 && dataset.skipped == ["2007_200001"])
    try Miniature.write("{\"other\": []}", to: folder.file("voc_whats_the_point.json"))
    try Miniature.write("{}", to: folder.file("voc_whats_the_point_bg_from_scribbles.json"))
    #expect { try Self.open(folder, "train", .point, skipBad: true) } throws: {
      "\($0)".contains("no list of clicks named 2007_000001, and the same is true of 3 more")
    }
  }

  /// What one spoils in a copy, the annotation that notices, and what the error says.
  @Test func damageIsNamedWithFileAndCause() throws {
    func expect(
      _ annotation: VOC2012Dataset.Annotation, _ index: Int, _ texts: [String],
      sourceLocation: SourceLocation = #_sourceLocation, _ spoil: (TemporaryFolder) throws -> Void
    ) throws {
      let folder = try Miniature.copy()
      try spoil(folder)
      let dataset = try Self.open(folder, "train", annotation)
      for read in [{ try dataset.check(index) }, { _ = try dataset.sample(index) }] {
        #expect(sourceLocation: sourceLocation) { try read() } throws: { error in
          texts.allSatisfy { "\(error)".contains($0) }
        }
      }
      #expect(try dataset.problems().map(\.name) == [Self.training[index]], sourceLocation: sourceLocation)
    }
    func scribbles(_ folder: TemporaryFolder, _ text: String) throws {
      let good = "<annotation><size><width>30</width><height>40</height></size></annotation>"
      let wide = "<annotation><size><width>40</width><height>30</height></size></annotation>"
      let texts = [wide, text, good, wide]
      let entries = zip(Self.training, texts).map { ZipBuilder.Entry(name: "\($0).xml", content: Array($1.utf8)) }
      try Miniature.write(ZipBuilder(entries).bytes(), to: folder.file("voc_scribbles.zip"))
    }
    try expect(.scribble, 1, ["2007_000002.jpg", "30x40 against 31x40", "voc_scribbles.zip, 2007_000002.xml"]) {
      try scribbles($0, "<annotation><size><width>31</width><height>40</height></size></annotation>")
    }
    try expect(.scribble, 1, ["voc_scribbles.zip, 2007_000002.xml, line 2", "cut off"]) {
      try scribbles($0, "<annotation>\n<size>")
    }
    try expect(.mask, 0, ["2007_000001.png", "40x30 against 30x40"]) { folder in
      let masks = Self.devkit + "/SegmentationClass/"
      try Self.remove(folder, masks + "2007_000001.png")
      try FileManager.default.copyItem(
        atPath: folder.file(masks + "2007_000002.png"), toPath: folder.file(masks + "2007_000001.png"))
    }
    try expect(.mask, 2, ["2007_200001.mat", "30x40 against 40x30"]) { folder in
      try Self.remove(folder, "SBD/cls/2007_200001.mat")
      try FileManager.default.copyItem(
        atPath: folder.file("SBD/cls/2007_300001.mat"), toPath: folder.file("SBD/cls/2007_200001.mat"))
    }
    try expect(.mask, 2, ["2007_200001.mat", "none of a MAT file"]) {
      try Miniature.write(String(repeating: "text ", count: 100), to: $0.file("SBD/cls/2007_200001.mat"))
    }
    try expect(.point, 3, ["2007_300001.jpg"]) { try Miniature.write("text", to: $0.file("SBD/img/2007_300001.jpg")) }
  }

  @Test func valuesOfNoClassAreRefused() throws {
    let folder = try Miniature.copy()
    let path = folder.file(Self.devkit + "/SegmentationClass/2007_000001.png")
    try ImageFile.writePNG(labels: Image8(width: 40, height: 30, channels: 1, filling: 21), palette: [], to: path)
    let error = DatasetError.classOutside(name: path, value: 21, classes: 21)
    #expect(throws: error) { try Self.open(folder, "train", .mask).sample(0) }
    // Colours instead of indices, as pictures of masks have them.
    try ImageFile.writePNG(Image8(width: 40, height: 30, channels: 3, filling: 128), to: path)
    #expect(throws: ImageError.self) { try Self.open(folder, "train", .mask).sample(0) }
  }

  @Test func brokenFilesOfAllImagesAreNamedAtOnce() throws {
    let folder = try Miniature.copy()
    let zip = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("voc_scribbles.zip"))))
    try Miniature.write(Array(zip.dropLast(30)), to: folder.file("voc_scribbles.zip"))
    #expect { try Self.open(folder) } throws: { $0 is ZipError && "\($0)".contains("voc_scribbles.zip") }
    try Miniature.write("{\"2007_000001\": [{\"x\": 1}]}", to: folder.file("voc_whats_the_point.json"))
    #expect { try Self.open(folder, "train", .point) } throws: {
      "\($0)".contains("voc_whats_the_point.json, byte 25: the clicks of 2007_000001")
    }
  }
}
