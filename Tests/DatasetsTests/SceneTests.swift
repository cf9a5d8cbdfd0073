import Datasets
import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct SceneTests {
  @Test func aSceneIsAFunctionOfSeedAndNumber() throws {
    let generator = try SceneGenerator(width: 128, height: 64, seed: 3)
    let (image, labels) = generator.scene(4)
    let again = try SceneGenerator(width: 128, height: 64, seed: 3).scene(4)
    #expect(again.image == image && again.labels == labels)
    #expect(generator.scene(5).image != image)
    #expect(try SceneGenerator(width: 128, height: 64, seed: 4).scene(4).image != image)
  }

  @Test func theSameStreetAtAnotherSize() throws {
    let small = try SceneGenerator(width: 128, height: 64, seed: 3).scene(1)
    let large = try SceneGenerator(width: 512, height: 256, seed: 3).scene(1)
    let reduced = Resampling.nearest(large.labels, width: 128, height: 64)
    let same = zip(small.labels.pixels, reduced.pixels).filter { $0 == $1 }.count
    #expect(Double(same) > 0.93 * Double(128 * 64))
  }

  @Test func allClassesOccurAndNoOthers() throws {
    let generator = try SceneGenerator(width: 256, height: 128, seed: 1)
    let known = Set(SceneLabel.allCases.map(\.rawValue))
    var scenesWith: [UInt8: Int] = [:]
    for index in 0..<24 {
      let found = Set(generator.scene(index).labels.pixels)
      #expect(found.isSubset(of: known))
      for label in found { scenesWith[label, default: 0] += 1 }
    }
    for label in known { #expect(scenesWith[label, default: 0] >= 12, "label \(label)") }
  }

  /// One colour isn't one class: knowing the mean colour of every class tells little about a pixel of another scene.
  @Test func colourAloneDoesNotTellTheClass() throws {
    let generator = try SceneGenerator(width: 128, height: 64, seed: 9)
    var sums = [UInt8: (color: SIMD3<Double>, count: Double)]()
    func color(_ image: Image8, _ pixel: Int) -> SIMD3<Double> {
      SIMD3(Double(image.pixels[3 * pixel]), Double(image.pixels[3 * pixel + 1]), Double(image.pixels[3 * pixel + 2]))
    }
    for index in 0..<40 {
      let (image, labels) = generator.scene(index)
      for (pixel, label) in labels.pixels.enumerated() {
        let old = sums[label] ?? (SIMD3(), 0)
        sums[label] = (old.color + color(image, pixel), old.count + 1)
      }
    }
    let means = sums.map { (label: $0.key, color: $0.value.color / $0.value.count) }
    var recalls = [UInt8: (right: Double, count: Double)]()
    for index in 40..<60 {
      let (image, labels) = generator.scene(index)
      for (pixel, label) in labels.pixels.enumerated() {
        let here = color(image, pixel)
        var best = (label: UInt8(0), distance: Double.infinity)
        for mean in means {
          let d = ((mean.color - here) * (mean.color - here)).sum()
          if d < best.distance { best = (mean.label, d) }
        }
        let old = recalls[label] ?? (0, 0)
        recalls[label] = (old.right + (best.label == label ? 1 : 0), old.count + 1)
      }
    }
    let mean = recalls.values.reduce(0) { $0 + $1.right / $1.count } / Double(recalls.count)
    #expect(mean < 0.35, "mean recall of the nearest mean colour \(mean)")
  }

  @Test func sizesThatCannotBeDrawn() {
    #expect(throws: SceneError.size(name: "width", size: 8)) { try SceneGenerator(width: 8, height: 64, seed: 1) }
    #expect(throws: SceneError.size(name: "height", size: 100_000)) {
      try SceneGenerator(width: 64, height: 100_000, seed: 1)
    }
  }
}

@Suite struct SceneWriterTests {
  @Test func writesTheCityscapesLayoutThatReadsBackAsDrawn() throws {
    let folder = try TemporaryFolder()
    let root = folder.file("cityscapes")
    try SceneWriter.write(to: root, count: 3, val: 2, width: 64, height: 32, seed: 7)
    for (split, labels, first, count) in [
      ("train", "label", 0, 3), ("train", "sparse_label/block10", 0, 3), ("train", "sparse_label/block50", 0, 3),
      ("val", "label", 3, 2),
    ] {
      let files = try Cityscapes.dataset(root: root, split: split, labels: labels, coding: .scenes)
      let drawn = try ScenesDataset(width: 64, height: 32, count: count, seed: 7, first: first, labels: labels)
      #expect(files.count == count)
      for index in [0, 1, 0] { #expect(try files.sample(index) == drawn.sample(index)) }
    }
  }

  @Test func completesWhatItBeganAndRefusesOtherFolders() throws {
    let folder = try TemporaryFolder()
    let root = folder.file("scenes")
    func write(seed: UInt64) throws {
      try SceneWriter.write(to: root, count: 2, val: 0, width: 32, height: 16, seed: seed)
    }
    try write(seed: 1)
    let label = root + "/train/label/scene_000001.png"
    let before = try ImageFile.readLabels(label)
    try FileManager.default.removeItem(atPath: label)
    try write(seed: 1)
    #expect(try ImageFile.readLabels(label) == before)
    let other = #expect(throws: SceneError.self) { try write(seed: 2) }
    #expect(other?.description.contains("other settings") == true)
    #expect(other?.description.contains("seed 1") == true)

    let taken = folder.file("taken")
    try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: true)
    try AtomicFile.write("mine", to: taken + "/thesis.txt")
    #expect(throws: SceneError.folderTaken(path: taken)) {
      try SceneWriter.write(to: taken, count: 1, val: 0, width: 32, height: 16, seed: 1)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: taken) == ["thesis.txt"])
  }

  @Test func refusesSenselessNumbers() throws {
    let folder = try TemporaryFolder()
    #expect(throws: SceneError.self) {
      try SceneWriter.write(to: folder.file("a"), count: 0, val: 0, width: 32, height: 16, seed: 1)
    }
    #expect(throws: SceneError.self) {
      try SceneWriter.write(to: folder.file("a"), count: -1, val: 5, width: 32, height: 16, seed: 1)
    }
    #expect(try folder.contents().isEmpty)
  }
}
