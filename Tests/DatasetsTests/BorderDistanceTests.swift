import Datasets
import Storage
import Tensors
import Testing

@Suite struct BorderDistanceTests {
  /// The definition: for every pixel look at all pixels of another class.
  static func bruteForce(_ map: Image8) -> [Int32] {
    (0..<map.pixels.count).map { here in
      var best = BorderDistance.unlimited
      for there in 0..<map.pixels.count where map.pixels[there] != map.pixels[here] {
        let (dx, dy) = (here % map.width - there % map.width, here / map.width - there / map.width)
        best = min(best, Int32(dx * dx + dy * dy))
      }
      return best
    }
  }

  @Test func everySmallGridOfTwoClasses() {
    for width in 1...4 {
      for height in 1...3 {
        for pattern in 0..<(1 << (width * height)) {
          let pixels = (0..<width * height).map { UInt8(pattern >> $0 & 1) }
          let map = Image8(width: width, height: height, channels: 1, pixels: pixels)
          #expect(BorderDistance.squared(map) == Self.bruteForce(map), "\(width)x\(height) \(pixels)")
        }
      }
    }
  }

  @Test func randomMapsOfManyClasses() {
    var random = RandomStream(seed: 1, purpose: "maps")
    for _ in 0..<60 {
      let (width, height) = (random.integer(in: 1...23), random.integer(in: 1...19))
      // Blocky, so that distances grow beyond a few pixels.
      let cell = random.integer(in: 1...9)
      let corner = RandomStream(seed: random.next(), purpose: "cells")
      let pixels = (0..<width * height).map { i -> UInt8 in
        var stream = corner
        stream.state &+= UInt64((i % width / cell) * 31 + (i / width / cell) * 977)
        return UInt8(stream.next() % 3)
      }
      let map = Image8(width: width, height: height, channels: 1, pixels: pixels)
      #expect(BorderDistance.squared(map) == Self.bruteForce(map))
    }
  }
}
