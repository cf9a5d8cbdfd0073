import Datasets
import Storage
import TestSupport
import Testing

/// What label values mean, told from the values.
@Suite struct LabelConventionTests {
  static func histogram(_ pixels: [Int: Int]) -> [Int] { (0..<256).map { pixels[$0] ?? 0 } }

  @Test func valuesTellTheCoding() {
    let cases: [(pixels: [Int: Int], path: String, layout: Bool, expected: LabelConvention.Name)] = [
      ([0: 900, 7: 50, 11: 30, 21: 9, 23: 20, 26: 5], "/data/x", false, .cityscapes),
      ([1: 5, 4: 9, 7: 50, 11: 30, 21: 9, 33: 20], "/data/x", true, .cityscapes),
      ([0: 9, 1: 5, 149: 2, 150: 3], "/data/x", false, .ade20k),
      ([0: 9, 1: 5, 40: 2], "/data/x", true, .ade20k),
      ([0: 9, 1: 5, 12: 2], "/data/ADEChallengeData2016/annotations", false, .ade20k),
      ([0: 9, 15: 5, 20: 1, 255: 2], "/data/x", false, .voc),
      ([0: 9, 15: 5, 255: 2], "/data/VOC2012/SegmentationClass", false, .voc),
      ([0: 9, 15: 5, 200: 1, 255: 2], "/data/VOC2012/SegmentationClass", false, .plain),
      ([0: 9, 1: 5], "/data/x", false, .plain),
      ([0: 9, 10: 5, 18: 5, 255: 2], "/data/cityscapes/train/label", true, .cityscapes),
    ]
    for (pixels, path, layout, expected) in cases {
      let found = LabelConvention.guess(
        histogram: Self.histogram(pixels), path: path, isBenchmarkLayout: layout)
      #expect(found == expected, "\(pixels) \(path)")
    }
  }

  @Test func trainIDsAreSuspectedWhereOtherValuesAreExpected() {
    let cityscapes = LabelConvention(.cityscapes)
    #expect(cityscapes.looksLikeTrainIDs(Self.histogram([0: 50, 1: 9, 2: 30, 8: 20, 10: 9, 13: 4, 255: 7])))
    #expect(!cityscapes.looksLikeTrainIDs(Self.histogram([0: 50, 7: 9, 11: 30, 21: 4])))
    #expect(!cityscapes.looksLikeTrainIDs(Self.histogram([0: 500, 7: 9, 11: 3])), "sparse label ids")
    #expect(!cityscapes.looksLikeTrainIDs(Self.histogram([0: 500])))
    let ade = LabelConvention(.ade20k)
    #expect(ade.looksLikeTrainIDs(Self.histogram([0: 50, 149: 9, 255: 7])))
    #expect(!ade.looksLikeTrainIDs(Self.histogram([0: 50, 150: 9])))
  }

  @Test func codings() {
    let ade = LabelConvention(.ade20k)
    #expect(!ade.isClass(0) && ade.isClass(1) && ade.isClass(150) && !ade.isClass(151) && !ade.isClass(255))
    #expect(ade.coding.trainIDs[150] == 149 && ade.unlabelled == 0)
    let voc = LabelConvention(.voc)
    #expect(voc.isClass(0) && voc.isClass(20) && !voc.isClass(21) && voc.unlabelled == 255)
    let plain = LabelConvention(plainClasses: 300, ignored: [4])
    #expect(plain.isClass(0) && plain.isClass(254) && !plain.isClass(4) && !plain.isClass(255) && plain.unlabelled == 4)
    #expect(plain.coding.trainIDs[5] == 5 && plain.summary.contains("4, 255"))
    #expect(LabelConvention(.cityscapes).className(26) == "car" && LabelConvention(.cityscapes).className(3) == nil)
  }

  @Test func framesOfCityscapes() {
    #expect(LabelFiles.frame(of: "aachen/aachen_000000_000019_gtFine_labelIds") == "aachen_000000_000019")
    #expect(LabelFiles.frame(of: "aachen_000000_000019") == "aachen_000000_000019")
    #expect(LabelFiles.frame(of: "scene_000000") == nil && LabelFiles.frame(of: "a_00000_000001") == nil)
    #expect(LabelFiles.spread(3, over: 10) == [0, 3, 6] && LabelFiles.spread(5, over: 2) == [0, 1])
  }

  @Test func ofCityscapesOwnFilesOnlyLabelIdsAreTaken() throws {
    let folder = try TemporaryFolder()
    for ending in ["labelIds", "color", "instanceIds"] {
      try ImageFile.writePNG(
        Image8(width: 2, height: 2, channels: 1), to: folder.file("a_000000_000001_gtFine_\(ending).png"))
    }
    #expect(try LabelFiles.find(folder.path).map(\.name) == ["a_000000_000001_gtFine_labelIds"])
  }
}
