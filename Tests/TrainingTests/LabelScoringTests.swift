import Datasets
import Foundation
import Storage
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

/// Scores of label files.
@Suite struct LabelScoringTests {
  private static func random(_ count: Int, _ values: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    (0..<count).map { _ in values[random.integer(in: 0...values.count - 1)] }
  }

  /// The definition, pixel by pixel: intersections and unions of classes.
  private static func definition(
    _ truth: [UInt8], _ prediction: [UInt8], classes: [UInt8], countsMissed: Bool
  ) -> (iou: [Double], accuracy: Double) {
    let pairs = zip(truth, prediction).filter {
      classes.contains($0.0) && (countsMissed || classes.contains($0.1))
    }
    let iou = classes.map { value in
      let both = pairs.filter { $0.0 == value && $0.1 == value }.count
      return Double(both) / Double(pairs.filter { $0.0 == value || $0.1 == value }.count)
    }
    return (iou, Double(pairs.filter { $0.0 == $0.1 }.count) / Double(pairs.count))
  }

  @Test func scoresAreTheDefinitions() throws {
    var stream = RandomStream(seed: 6, purpose: "maps")
    let cases: [(LabelConvention, [UInt8], [UInt8], Bool)] = [
      (LabelConvention(.cityscapes), [0, 3, 7, 8, 11, 33, 255], LabelCoding.cityscapes.ids.compactMap(\.self), true),
      (LabelConvention(.ade20k), [0, 1, 2, 150], (1...150).map { $0 }, false),
      (LabelConvention(.voc), [0, 1, 20, 255], (0...20).map { $0 }, false),
      (LabelConvention(plainClasses: 5, ignored: [3]), [0, 1, 2, 3, 4, 255], [0, 1, 2, 4], true),
    ]
    for (convention, values, classes, countsMissed) in cases {
      let (truth, prediction) = (Self.random(600, values, &stream), Self.random(600, values, &stream))
      var counts = LabelPairs()
      for half in [0..<300, 300..<600] {
        var part = LabelPairs()
        part.add(
          prediction: Image8(width: 30, height: 10, channels: 1, pixels: Array(prediction[half])),
          truth: Image8(width: 30, height: 10, channels: 1, pixels: Array(truth[half])))
        counts.add(part)
      }
      let expected = Self.definition(truth, prediction, classes: classes, countsMissed: countsMissed)
      let (scores, missed) = counts.scores(convention)
      let known = expected.iou.filter { !$0.isNaN }
      #expect(abs(scores.meanIoU - known.reduce(0, +) / Double(known.count)) < 1e-12, "\(convention.name)")
      #expect(abs(scores.pixelAccuracy - expected.accuracy) < 1e-12)
      #expect(scores.iouPerClass.filter { !$0.isNaN } == known)
      #expect(missed == zip(truth, prediction).filter { classes.contains($0) && !classes.contains($1) }.count)
      #expect(missed > 0 && counts.truth[Int(values[1])] == truth.filter { $0 == values[1] }.count)
    }
  }

  private static func entries(_ names: [String]) -> [ImageFiles.Entry] {
    names.map { ImageFiles.Entry(name: $0, path: "/x/\($0).png") }
  }

  @Test func filesPairByNameOrFrame() {
    let scoring = LabelScoring(
      predictions: Self.entries(["a", "aachen_000000_000019_leftImg8bit", "only"]),
      truth: Self.entries(["a", "aachen/aachen_000000_000019_gtFine_labelIds", "lost"]))
    #expect(scoring.count == 2 && scoring.withoutTruth == ["only"] && scoring.withoutPrediction == ["lost"])
  }

  @Test func filesThatDoNotFitAreToldAndLeftOut() throws {
    let folder = try TemporaryFolder()
    for (part, width) in [("p", 3), ("t", 4)] {
      try FileManager.default.createDirectory(atPath: folder.file(part), withIntermediateDirectories: true)
      try ImageFile.writePNG(Image8(width: 4, height: 2, channels: 1, filling: 7), to: folder.file("\(part)/a.png"))
      try ImageFile.writePNG(Image8(width: width, height: 2, channels: 1), to: folder.file("\(part)/b.png"))
      try ImageFile.writePNG(Image8(width: 4, height: 2, channels: 1), to: folder.file("\(part)/c.png"))
    }
    try AtomicFile.write("x", to: folder.file("t/c.png"))
    let failures = Mutex<[String]>([])
    let outcome = try LabelScoring(
      predictions: LabelFiles.find(folder.file("p")), truth: LabelFiles.find(folder.file("t"))
    ).run { path, error in failures.withLock { $0.append("\(path) \(error)") } }
    #expect(
      outcome.images == 1 && outcome.failed == 2
        && outcome.counts.scores(LabelConvention(.cityscapes)).scores.meanIoU == 1)
    let texts = failures.withLock { $0.sorted() }
    #expect(
      texts.count == 2 && texts[0].contains("p/b.png") && texts[0].contains("3x2") && texts[1].contains("t/c.png"))
  }
}
