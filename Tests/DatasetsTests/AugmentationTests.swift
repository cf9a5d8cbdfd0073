import Datasets
import Storage
import Tensors
import Testing

@Suite struct AugmentationTests {
  /// An image whose pixels tell where they come from: red is the column, green the row; the label is column + row.
  static func sample(_ width: Int, _ height: Int, name: String = "grid") -> Sample {
    var image = Image8(width: width, height: height, channels: 3)
    var labels = Image8(width: width, height: height, channels: 1)
    for y in 0..<height {
      for x in 0..<width {
        image[x, y, 0] = UInt8(x)
        image[x, y, 1] = UInt8(y)
        labels[x, y] = UInt8(x + y)
      }
    }
    return Sample(image: image, labels: labels, name: name)
  }

  static func stream(_ index: Int) -> RandomStream { RandomStream(seed: 11, purpose: "test", index: index) }

  @Test func cropsAreWindowsThatNeverPad() throws {
    let crop = try RandomCrop(width: 9, height: 30)
    var corners = Set<Int>()
    for index in 0..<300 {
      var sample = Self.sample(12, 20)
      var random = Self.stream(index)
      try crop.apply(&sample, &random)
      #expect((sample.image.width, sample.image.height) == (9, 20))
      let x = Int(sample.image[0, 0, 0])
      corners.insert(x)
      #expect(sample.image[8, 19, 0] == UInt8(x + 8) && sample.image[8, 19, 1] == 19)
      #expect(sample.labels[8, 19] == UInt8(x + 8 + 19) && sample.labels[0, 0] == UInt8(x))
    }
    #expect(corners == [0, 1, 2, 3])
  }

  @Test func flipsMoveImageAndLabelsTogether() throws {
    let original = Self.sample(5, 3)
    var flipped = original
    var random = Self.stream(0)
    try RandomFlip(probability: 1).apply(&flipped, &random)
    for x in 0..<5 {
      #expect(flipped.image[x, 1, 0] == UInt8(4 - x) && flipped.labels[x, 1] == UInt8(4 - x + 1))
    }
    try RandomFlip(probability: 1).apply(&flipped, &random)
    #expect(flipped == original)
    var untouched = original
    try RandomFlip(probability: 0).apply(&untouched, &random)
    #expect(untouched == original)
    let share = try (0..<1000).filter { index in
      var sample = original
      var random = Self.stream(index)
      try RandomFlip().apply(&sample, &random)
      return sample != original
    }.count
    #expect((430...570).contains(share))
  }

  @Test func sizesAreTruncatedProducts() throws {
    let resize = try RandomResize(scale: 0.5...2, aspect: 0.9...1.1)
    for index in 0..<50 {
      var sample = Self.sample(30, 20)
      var random = Self.stream(index)
      var twin = random
      try resize.apply(&sample, &random)
      let (s, a) = (twin.uniform(0.5, 2), twin.uniform(0.9, 1.1))
      #expect(sample.image.width == Int(30 * a.squareRoot() * s))
      #expect(sample.image.height == Int(20 * (1 / a).squareRoot() * s))
      #expect((sample.labels.width, sample.labels.height) == (sample.image.width, sample.image.height))
    }
  }

  @Test func theShorterSideIsRoundedHalfToEven() throws {
    let resize = try ResizeShorterSide(side: 5)
    #expect(resize.size(width: 10, height: 25) == (5, 12))
    #expect(resize.size(width: 35, height: 10) == (18, 5))
    #expect(resize.size(width: 20, height: 20) == (5, 5))
  }

  @Test func brightnessReachesTheNetworkAlone() throws {
    var sample = Self.sample(4, 4)
    let image = sample.image
    var seen = Set<Int>()
    for index in 0..<500 {
      var random = Self.stream(index)
      try RandomBrightness(shift: 3).apply(&sample, &random)
      seen.insert(sample.brightness)
    }
    #expect(seen == Set(-3...3))
    #expect(sample.image == image)
  }

  @Test func refusesSenselessArguments() {
    #expect(throws: DatasetError.self) { try RandomResize(scale: 0...2) }
    #expect(throws: DatasetError.self) { try RandomFlip(probability: 1.5) }
    #expect(throws: DatasetError.self) { try RandomCrop(width: 0, height: 5) }
    #expect(throws: DatasetError.self) { try RandomBrightness(shift: -1) }
    #expect(throws: DatasetError.self) { try ResizeShorterSide(side: 0) }
  }
}
