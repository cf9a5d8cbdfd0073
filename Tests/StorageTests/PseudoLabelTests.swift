import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct PseudoLabelTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func origin(iteration: Int = 3) -> PseudoLabelOrigin {
    PseudoLabelOrigin(
      classes: ["road", "sky"], provenance: ["iteration": .integer(iteration), "protocol": "as told"],
      recipe: RecipeRecord(sources: [RecipeSource(name: "a.lua", text: "return 1")], seed: 4))
  }

  private func map(_ seed: Int, height: Int = 5, width: Int = 7, top: Int = 1) -> PseudoLabelMap {
    func bytes(_ planes: Int, _ salt: Int, _ most: Int) -> Tensor {
      Tensor(
        (0..<planes * height * width).map { UInt8(($0 * 7 + seed * 3 + salt) % most) }, shape: [planes, height, width])
    }
    let (labels, confidence) = (bytes(top, 0, 2), bytes(top, 1, 256))
    return PseudoLabelMap(
      labels: try! labels.selected(0, index: 0), confidence: try! confidence.selected(0, index: 0),
      top: top > 1 ? (labels, confidence) : nil)
  }

  private func writer(images: Int = 2, iteration: Int = 3) throws -> PseudoLabelWriter {
    try PseudoLabelWriter(folder: folder.path, origin: origin(iteration: iteration), fileImages: images)
  }

  @Test func filesAreFinishedOneByOneAndGoneOnWith() throws {
    let first = try writer()
    for (number, name) in ["a", "city/b", "city/c"].enumerated() { try first.add(map(number), name: name) }
    // The third image's file is not there yet: whoever is killed now loses that one.
    #expect(try folder.contents() == ["00000.h5"] && first.finished == ["a", "city/b"])
    let second = try writer()
    #expect(second.finished == ["a", "city/b"] && second.files == 1 && second.bytes > 0)
    for (number, name) in ["a", "city/b", "city/c", "d", "e"].enumerated() where !second.finished.contains(name) {
      try second.add(map(number), name: name)
    }
    try second.finish()
    #expect(try folder.contents() == ["00000.h5", "00001.h5", "00002.h5"] && second.finished.count == 5)
    let file = try HDF5File(reading: folder.file("00001.h5"))
    #expect(try file.attribute("format", of: "/") == "tel-pseudo-labels")
    #expect(try file.attribute("version", of: "/") == 1)
    #expect(try file.attribute("class_names", of: "/") == .strings(["road", "sky"]))
    #expect(try file.attribute("protocol", of: "/provenance") == "as told")
    #expect(try file.readStrings("/recipe/sources") == ["return 1"])
    let labels = try PseudoLabels(path: folder.path, group: "pseudo_labels")
    #expect(labels.count == 5)
    for (number, name) in ["a", "city/b", "city/c", "d", "e"].enumerated() {
      let expected = map(number)
      let (classes, sure) = (expected.labels.array(of: UInt8.self), expected.confidence.array(of: UInt8.self))
      for least in [0, 0.25, 0.9, 1] {
        let read = try labels.labels(of: name, width: 7, height: 5, classes: 2, confidence: least, unlabelled: 255)
        #expect(read.pixels == zip(classes, sure).map { Double($1) / 255 >= least ? $0 : 255 }, "\(name) from \(least)")
      }
    }
  }

  @Test func filesOfOtherWeightsAreNotMixed() throws {
    let first = try writer()
    for (number, name) in ["a", "b"].enumerated() { try first.add(map(number), name: name) }
    #expect { try writer(iteration: 4) } throws: {
      guard case PseudoLabelError.otherOrigin = $0 else { return false }
      return "\($0)".contains("00000.h5") && "\($0)".contains("--resume")
    }
  }

  @Test(arguments: ["", "a//b", "../a", "a/.", "twice"]) func namesThatNoPathCanHaveAreRefused(name: String) throws {
    let writer = try writer(images: 9)
    try writer.add(map(0), name: "twice")
    #expect { try writer.add(map(0), name: name) } throws: { $0 is PseudoLabelError }
  }

  @Test func furtherClassesAreStoredBeside() throws {
    let writer = try writer(images: 1)
    let map = map(2, top: 3)
    try writer.add(map, name: "x")
    let file = try HDF5File(reading: folder.file("00000.h5"))
    #expect(try file.read("/pseudo_labels/x/top_labels").array(of: UInt8.self) == map.top!.labels.array(of: UInt8.self))
    #expect(try file.read("/pseudo_labels/x/top_confidence").shape == [3, 5, 7])
    #expect(try PseudoLabels(path: folder.file("*.h5"), group: "pseudo_labels").contains("x"))
  }

  @Test func newerFilesOfOursAreRefusedAndOthersTakenAsTheyAre() throws {
    for (format, isTaken) in [("tel-pseudo-labels", false), ("somebody-else", true)] {
      let file = try HDF5File(creating: "made")
      try file.write("/p/x/labels", Tensor([UInt8](repeating: 1, count: 6), shape: [2, 3]))
      try file.setAttribute("format", of: "/", .string(format))
      try file.setAttribute("version", of: "/", 99)
      try file.write(to: folder.file("made.h5"))
      if isTaken {
        let labels = try PseudoLabels(path: folder.file("made.h5"), group: "p")
        // Without confidences all count as sure.
        let read = try labels.labels(of: "x", width: 3, height: 2, classes: 2, confidence: 1, unlabelled: 255)
        #expect(read.pixels == [1, 1, 1, 1, 1, 1])
      } else {
        #expect(throws: FormatError.self) { try PseudoLabels(path: folder.file("made.h5"), group: "p") }
      }
    }
  }

  private func wrong(_ image: String) throws -> String {
    let labels = try PseudoLabels(path: Files.path("pseudo_labels/h5py.h5"), group: "wrong")
    do {
      _ = try labels.labels(of: image, width: 32, height: 24, classes: 3, confidence: 0.5, unlabelled: 255)
      return "nothing was refused"
    } catch let error as PseudoLabelError {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("size", "[24, 33]"), ("class", "the class id 7"), ("floats", "integers"), ("sure", "uint8 or floats"),
    ("nobody", "no pseudo-labels of the image nobody"),
  ]) func errorsNameFileAndImage(image: String, reason: String) throws {
    let text = try wrong(image)
    #expect(text.contains(reason) && text.contains(image) && text.contains("h5py.h5"), "\(text)")
  }

  @Test func whatOthersWriteIsRead() throws {
    let path = Files.path("pseudo_labels/h5py.h5")
    let labels = try PseudoLabels(path: path, group: "/pseudo_labels/")
    #expect(labels.count == 2)
    for (image, shift) in [("picture0", 0), ("picture1", 4)] {
      let read = try labels.labels(of: image, width: 32, height: 24, classes: 3, confidence: 0.5, unlabelled: 255)
      for y in 0..<24 {
        for x in 0..<32 {
          // Confidence falls from 1 by 1/24 a row; the second file rounds it down to 255ths.
          let isSure = shift == 0 ? y <= 12 : 1 - Double(y) / 24 >= 0.503
          let expected = isSure && (x, y) != (0, 0) ? UInt8((x + shift) / 8 % 3) : 255
          #expect(read[x, y] == expected, "\(image) \(x) \(y)")
        }
      }
    }
    let nested = try PseudoLabels(path: path, group: "wrong")
    #expect(
      try nested.labels(of: "nested/name", width: 32, height: 24, classes: 3, confidence: 1, unlabelled: 255).pixels
        .allSatisfy { $0 == 2 })
    #expect { try PseudoLabels(path: path, group: "none") } throws: { "\($0)".contains("no pseudo-labels in it") }
    #expect { try PseudoLabels(path: folder.file("none.h5"), group: "x") } throws: { $0 is FileError }
  }
}
