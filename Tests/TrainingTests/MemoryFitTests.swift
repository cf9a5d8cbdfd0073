import Networks
import Testing
import Training

@Suite struct MemoryFitTests {
  /// A byte per pixel, for networks that take any batch and for those that take no single image.
  private func fit(_ available: Int, takesOne: Bool = true) -> MemoryFit {
    MemoryFit(
      peak: { count, height, width in
        if count == 1 && !takesOne { throw NetworkError.singleImage(network: "DeepLabV3Plus", norm: "aspp") }
        return count * height * width
      }, available: available)
  }

  @Test func theLargestBatchThatFitsIsNamed() throws {
    #expect(try fit(5 * 64 * 128).advice(count: 8, height: 64, width: 128).contains("batch=5 "))
    #expect(try fit(64 * 128).advice(count: 8, height: 64, width: 128).contains("batch=1 "))
    #expect(try fit(3 * 64 * 128, takesOne: false).advice(count: 8, height: 64, width: 128).contains("batch=3 "))
    #expect(try fit(2 * 64 * 128, takesOne: false).advice(count: 8, height: 64, width: 128).contains("batch=2 "))
  }

  @Test func elseACropWithTheSmallestBatchIsNamed() throws {
    #expect(
      try fit(64 * 64).advice(count: 8, height: 128, width: 128) == "--set batch=1 with a crop of 64×64 fits")
    #expect(
      try fit(64 * 64, takesOne: false).advice(count: 8, height: 128, width: 128)
        == "--set batch=2 with a crop of 32×32 fits")
    #expect(try fit(1).advice(count: 8, height: 128, width: 128).contains("smaller network"))
  }
}
