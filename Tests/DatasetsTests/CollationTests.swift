import Datasets
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct CollationTests {
  static let streams = (0..<8).map { RandomStream(seed: 1, purpose: "place", index: $0) }

  @Test func tensorsFollowThePublishedInput() throws {
    var sample = Sample(
      image: Image8(width: 2, height: 1, channels: 3, pixels: [10, 20, 250, 0, 128, 255]),
      labels: Image8(width: 2, height: 1, channels: 1, pixels: [3, 255]), name: "pixel")
    sample.brightness = 7
    let batch = try Collation().collate([sample], random: Self.streams)
    #expect(batch.names == ["pixel"])
    #expect(
      batch.image.shape == [1, 3, 1, 2] && batch.guide.shape == [1, 3, 1, 2] && batch.labels.shape == [1, 1, 2])
    // Blue first; the shift is clipped; the constants stay in the order of red, green, blue.
    func normal(_ value: Double, _ mean: Double, _ deviation: Double) -> Double { (value / 255 - mean) / deviation }
    let expected = [
      normal(255, 0.485, 0.229), normal(255, 0.485, 0.229), normal(27, 0.456, 0.224), normal(135, 0.456, 0.224),
      normal(17, 0.406, 0.225), normal(7, 0.406, 0.225),
    ]
    expectClose(batch.image, Tensor(expected, shape: [1, 3, 1, 2]), absolute: 1e-6)
    expectClose(
      batch.guide, Tensor([250, 255, 20, 128, 10, 0].map { $0 / 255.0 }, shape: [1, 3, 1, 2]), absolute: 1e-7)
    #expect(batch.labels.array(of: Int32.self) == [3, -1])
    expectClose(NetworkInput.guide(sample.image), batch.guide)
    expectClose(NetworkInput.normalized(sample.image, shift: 7), batch.image)
  }

  @Test func paddingIsBlackBeforeBrightness() throws {
    var sample = AugmentationTests.sample(3, 2)
    sample.brightness = 5
    let batch = try Collation(width: 5, height: 4, placement: .topLeft).collate([sample], random: Self.streams)
    let labels = batch.labels.array(of: Int32.self)
    #expect(labels == [0, 1, 2, -2, -2, 1, 2, 3, -2, -2] + [Int32](repeating: -2, count: 10))
    let image = batch.image.array(of: Float.self)
    let guide = batch.guide.array(of: Float.self)
    for pixel in 0..<20 where labels[pixel] == -2 {
      #expect(guide[pixel] == 0)
      #expect(abs(image[pixel] - (5 / 255 - 0.485) / 0.229) < 1e-6)
    }
    // A darker picture: black stays black.
    sample.brightness = -5
    let dark = try Collation(width: 5, height: 4, placement: .topLeft).collate([sample], random: Self.streams)
    #expect(abs(dark.image.array(of: Float.self)[19] - (0 - 0.485) / 0.229) < 1e-6)
  }

  @Test func randomPlacesCoverAllOffsets() throws {
    var places = Set<[Int]>()
    for index in 0..<200 {
      let batch = try Collation(width: 5, height: 4).collate(
        [AugmentationTests.sample(3, 2)], random: [RandomStream(seed: 2, purpose: "place", index: index)])
      let labels = batch.labels.array(of: Int32.self)
      let corner = labels.firstIndex(of: 0) ?? -1
      places.insert([corner % 5, corner / 5])
      #expect(labels.filter { $0 != Batch.padding }.count == 6)
    }
    #expect(places.count == 9)
  }

  @Test func withoutASizeTheLargestSampleCounts() throws {
    let batch = try Collation().collate(
      [AugmentationTests.sample(3, 5), AugmentationTests.sample(4, 2)], random: Self.streams)
    #expect(batch.labels.shape == [2, 5, 4])
  }

  @Test func samplesTooLargeAreNamed() {
    let error = #expect(throws: DatasetError.self) {
      try Collation(width: 5, height: 4).collate([AugmentationTests.sample(6, 4, name: "wide")], random: Self.streams)
    }
    #expect(error?.description.contains("wide") == true && error?.description.contains("6x4") == true)
  }

  @Test func evaluationPadsWithTheMeanColour() throws {
    let image = AugmentationTests.sample(10, 6).image
    let input = try EvaluationTransform(size: .original, multiple: 8).input(image)
    #expect(input.image.shape == [1, 3, 8, 16] && input.width == 10 && input.height == 6)
    let values = input.image.array(of: Float.self)
    #expect(values[10] == 0 && values[16 * 7] == 0 && values[8 * 16 * 2 + 15] == 0)
    #expect(try EvaluationTransform(size: .shorterSide(12), multiple: 8).input(image).image.shape == [1, 3, 16, 24])
    #expect(try EvaluationTransform(size: .exact(width: 7, height: 9)).input(image).image.shape == [1, 3, 9, 7])
    expectClose(try EvaluationTransform().input(image).image, NetworkInput.normalized(image))
  }
}
