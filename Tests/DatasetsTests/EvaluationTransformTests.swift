import Datasets
import Storage
import Tensors
import Testing

@Suite struct EvaluationTransformTests {
  /// One channel (0 blue, 1 green, 2 red) of an input as rows.
  private func rows(_ input: Tensor, _ channel: Int) throws -> [[Float]] {
    let (height, width) = (input.shape[2], input.shape[3])
    let values = try input.selected(0, index: 0).selected(0, index: channel).contiguous().array(of: Float.self)
    return (0..<height).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }

  @Test func ade20kGetsItsShorterSideAndIsPaddedRightAndBelow() throws {
    let image = ResamplingTests.sequence(30, 20)
    let transform = EvaluationTransform(size: .shorterSide(13), multiple: 8)
    let input = try transform.input(image)
    // 13/20 of 30 is 19.5, half to even is 20.
    #expect((input.width, input.height) == (20, 13) && input.image.shape == [1, 3, 16, 24])
    let resized = Resampling.bicubic(image, width: 20, height: 13)
    for channel in 0..<3 {
      let (found, shown) = (try rows(input.image, channel), try rows(NetworkInput.normalized(resized), channel))
      for y in 0..<16 {
        for x in 0..<24 { #expect(found[y][x] == (y < 13 && x < 20 ? shown[y][x] : 0)) }
      }
    }
  }

  @Test func blackPaddingIsBlackBeforeNormalisation() throws {
    let image = ResamplingTests.sequence(5, 7)
    let input = try EvaluationTransform(multiple: 8, padding: .black).input(image)
    var padded = Image8(width: 8, height: 8, channels: 3)
    for y in 0..<7 { for x in 0..<5 { for c in 0..<3 { padded[x, y, c] = image[x, y, c] } } }
    #expect(input.image.array(of: Float.self) == NetworkInput.normalized(padded).array(of: Float.self))
    #expect((input.width, input.height) == (5, 7))
  }

  @Test func squashedImagesLoseTheirProportions() throws {
    let image = ResamplingTests.sequence(30, 20)
    let input = try EvaluationTransform(size: .exact(width: 16, height: 16)).input(image)
    let squashed = Resampling.bicubic(image, width: 16, height: 16)
    #expect(input.image.array(of: Float.self) == NetworkInput.normalized(squashed).array(of: Float.self))
  }

  @Test func onlyTheSamplesAskedForComeInTheirOrder() throws {
    let data = try ScenesDataset(width: 32, height: 16, count: 5, seed: 1)
    let sequence = EvaluationSample.sequence(data, indices: [3, 0, 3], threads: 2)
    defer { sequence.stop() }
    var names: [String] = []
    while let sample = try sequence.next() { names.append(sample.name) }
    #expect(names == [3, 0, 3].map(data.name))
  }
}
