import Datasets
import Foundation
import Storage
import TestSupport
import Testing

/// Sparse labels made from dense ones.
@Suite struct SparseLabelsTests {
  static let cityscapes = LabelConvention(.cityscapes)
  static let kinds: [SparseLabels] = [
    .blocks(share: 0.2), .points(count: 1, per: .class), .points(count: 3, per: .object),
    .scribbles(count: 1, per: .object), .scribbles(count: 2, per: .class),
  ]

  static func scene(_ index: Int, width: Int = 128, height: Int = 64) throws -> Image8 {
    try SceneGenerator(width: width, height: height, seed: 3).scene(index).labels
  }

  /// A map of `filling` with rectangles of other labels.
  static func map(_ width: Int, _ height: Int, _ filling: UInt8, _ parts: [(ClosedRange<Int>, ClosedRange<Int>, UInt8)])
    -> Image8
  {
    var map = Image8(width: width, height: height, channels: 1, filling: filling)
    for (columns, rows, label) in parts { for y in rows { for x in columns { map[x, y] = label } } }
    return map
  }

  static func labelled(_ map: Image8, _ convention: LabelConvention) -> Int {
    map.pixels.filter(convention.isClass).count
  }

  @Test(arguments: [0.1, 0.2, 0.5]) func blocksReachTheirShareOfTheLabelledPixels(share: Double) throws {
    var (dense, sparse) = (0, 0)
    for index in 0..<12 {
      let map = try Self.scene(index, width: 256, height: 128)
      let made = SparseLabels.blocks(share: share).made(from: map, Self.cityscapes, seed: 0, name: "a")
      #expect(made == BlockLabels(map).keeping(share), "as tel data scenes makes them")
      dense += Self.labelled(map, Self.cityscapes)
      sparse += Self.labelled(made, Self.cityscapes)
    }
    #expect(abs(Double(sparse) / Double(dense) / share - 1) < 0.01)
  }

  @Test func noLabelIsWrongAndNoneIsInvented() throws {
    for kind in Self.kinds {
      for index in 0..<4 {
        let map = try Self.scene(index)
        let made = kind.made(from: map, Self.cityscapes, seed: 7, name: "\(index)")
        #expect(zip(made.pixels, map.pixels).allSatisfy { $0 == $1 || $0 == 0 }, "\(kind)")
        let classes = Set(map.pixels.filter(Self.cityscapes.isClass))
        #expect(Set(made.pixels.filter { $0 != 0 }) == classes, "every class has labels: \(kind)")
        #expect(Self.labelled(made, Self.cityscapes) < map.pixels.count / 2)
      }
    }
  }

  @Test func everyCodingHasItsOwnValueForUnlabelled() {
    // Background (or unlabelled) 0, two objects, void 255.
    let map = Self.map(60, 40, 0, [(5...24, 5...34, 3), (35...54, 5...34, 20), (26...28, 5...34, 255)])
    for kind in Self.kinds {
      let voc = kind.made(from: map, LabelConvention(.voc), seed: 0, name: "a").pixels
      #expect(Set(voc) == [0, 3, 20, 255], "\(kind)")
      #expect(voc.filter { $0 == 255 }.count > 1000)
      let ade = kind.made(from: map, LabelConvention(.ade20k), seed: 0, name: "a").pixels
      #expect(Set(ade) == [0, 3, 20], "\(kind)")
      let plain = kind.made(from: map, LabelConvention(plainClasses: 255, ignored: [20, 0]), seed: 0, name: "a").pixels
      #expect(Set(plain) == [3, 20], "20 is what the first ignored value marks: \(kind)")
      #expect(plain.filter { $0 == 20 }.count > 1000)
    }
  }

  @Test func placesAreAFunctionOfSeedAndName() throws {
    let map = try Self.scene(1)
    for kind in Self.kinds.dropFirst() {
      func made(_ seed: UInt64, _ name: String) -> Image8 {
        kind.made(from: map, Self.cityscapes, seed: seed, name: name)
      }
      #expect(made(1, "a") == made(1, "a"))
      #expect(made(1, "a") != made(2, "a"), "\(kind)")
      #expect(made(1, "a") != made(1, "b"), "\(kind)")
    }
  }

  @Test func aPointIsAStampWellInside() {
    let map = Self.map(60, 40, 7, [(30...59, 0...39, 11)])
    let distance = BorderDistance.squared(map)
    for seed in 0..<40 {
      let made = SparseLabels.points(count: 1, per: .class).made(
        from: map, Self.cityscapes, seed: UInt64(seed), name: "a")
      for label in [UInt8(7), 11] {
        let pixels = made.pixels.indices.filter { made.pixels[$0] == label }
        // Four by four without the corners.
        let rows = Dictionary(grouping: pixels) { $0 / 60 }.sorted { $0.key < $1.key }.map(\.value.count)
        #expect(rows == [2, 4, 4, 2])
        #expect(Set(pixels.map { $0 % 60 }).count == 4)
        // The innermost pixels of a half are 15 from its borders, the image's edge among them: clicks are half as far, and
        // stamps reach two pixels farther.
        #expect(pixels.allSatisfy { distance[$0] >= 5 * 5 })
        #expect(pixels.allSatisfy { (5..<55).contains($0 % 60) && (5..<35).contains($0 / 60) })
      }
    }
  }

  @Test func pointsPerClassAndPerObject() {
    // Three objects of one class on a background.
    let map = Self.map(90, 30, 0, [(5...24, 5...24, 1), (35...54, 5...24, 1), (65...84, 5...24, 1)])
    func stamps(_ kind: SparseLabels) -> Int {
      kind.made(from: map, LabelConvention(.voc), seed: 4, name: "a").pixels.filter { $0 == 1 }.count
    }
    #expect(stamps(.points(count: 1, per: .class)) == 12)
    #expect(stamps(.points(count: 1, per: .object)) == 36)
    #expect((13...36).contains(stamps(.points(count: 3, per: .class))), "no two clicks on one pixel")
  }

  @Test func aSinglePixelIsLabelledByAllKinds() {
    let map = Self.map(9, 9, 7, [(4...4, 4...4, 20)])
    for kind in Self.kinds {
      #expect(kind.made(from: map, Self.cityscapes, seed: 0, name: "a")[4, 4] == 20, "\(kind)")
    }
  }

  @Test func scribblesAreStrokesOfWidthThreeInOnePiece() {
    // A ring is a region that no straight line crosses.
    let map = Self.map(80, 60, 7, [(10...69, 10...49, 11), (25...54, 22...37, 7)])
    for seed in 0..<20 {
      let made = SparseLabels.scribbles(count: 1, per: .object).made(
        from: map, Self.cityscapes, seed: UInt64(seed), name: "a")
      let strokes = BlockLabelsTests.regions(made).filter { made.pixels[$0[0]] == 11 }
      #expect(strokes.count == 1)
      let stroke = strokes.first ?? []
      #expect(stroke.count > 60, "it goes round corners: \(stroke.count)")
      let isCovered = stroke.allSatisfy { pixel in
        // Every pixel belongs to a 3×3 square of the pen.
        (-1...1).contains { dy in
          (-1...1).contains { dx in
            (-1...1).allSatisfy { y in
              (-1...1).allSatisfy { x in
                let (px, py) = (pixel % 80 + dx + x, pixel / 80 + dy + y)
                return (0..<80).contains(px) && (0..<60).contains(py) && made[px, py] == 11
              }
            }
          }
        }
      }
      #expect(isCovered)
    }
  }

  @Test func largerRegionsGetLongerScribbles() {
    var lengths: [Int] = []
    for side in [8, 20, 50] {
      let map = Self.map(60, 60, 7, [(5...side + 4, 5...side + 4, 11)])
      let made = SparseLabels.scribbles(count: 1, per: .object).made(from: map, Self.cityscapes, seed: 1, name: "a")
      lengths.append(made.pixels.filter { $0 == 11 }.count)
    }
    #expect(lengths[1] > lengths[0] + 10 && lengths[2] > lengths[1] + 30, "\(lengths)")
  }

  @Test func thinRegionsGetScribblesToo() {
    let map = Self.map(60, 40, 7, [(30...30, 5...34, 17)])
    let made = SparseLabels.scribbles(count: 1, per: .object).made(from: map, Self.cityscapes, seed: 1, name: "a")
    #expect(made.pixels.filter { $0 == 17 }.count >= 15)
  }
}
