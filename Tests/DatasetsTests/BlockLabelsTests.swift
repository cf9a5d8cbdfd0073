import Datasets
import Storage
import Testing

@Suite struct BlockLabelsTests {
  /// The regions of a map by flood fill, 8-connected.
  static func regions(_ map: Image8) -> [[Int]] {
    var seen = [Bool](repeating: false, count: map.pixels.count)
    var result: [[Int]] = []
    for start in map.pixels.indices where !seen[start] {
      var (region, open) = ([Int](), [start])
      seen[start] = true
      while let pixel = open.popLast() {
        region.append(pixel)
        for dy in -1...1 {
          for dx in -1...1 {
            let (x, y) = (pixel % map.width + dx, pixel / map.width + dy)
            guard x >= 0, y >= 0, x < map.width, y < map.height else { continue }
            let next = y * map.width + x
            if !seen[next] && map.pixels[next] == map.pixels[start] {
              seen[next] = true
              open.append(next)
            }
          }
        }
      }
      result.append(region)
    }
    return result
  }

  @Test func keepsTheInnermostShareOfEveryRegion() throws {
    let map = try SceneGenerator(width: 96, height: 64, seed: 5).scene(2).labels
    let distance = BorderDistance.squared(map)
    let blocks = BlockLabels(map)
    for (_, share) in BlockLabels.shares {
      let sparse = blocks.keeping(share)
      for region in Self.regions(map) {
        let kept = region.filter { sparse.pixels[$0] != BlockLabels.unlabelled }
        let dropped = region.filter { sparse.pixels[$0] == BlockLabels.unlabelled }
        #expect(kept.count == max(1, Int((Double(region.count) * share).rounded())))
        #expect(kept.allSatisfy { sparse.pixels[$0] == map.pixels[$0] })
        let nearest = kept.map { distance[$0] }.min() ?? 0
        #expect(dropped.allSatisfy { distance[$0] <= nearest })
      }
    }
  }

  @Test func labelledPixelsOfLargeRegionsTouchNoBorder() {
    // Two halves of 40×60 pixels and a square inside one of them.
    var map = Image8(width: 80, height: 60, channels: 1, filling: 7)
    for y in 0..<60 {
      for x in 40..<80 { map[x, y] = (15..<35).contains(y) && (50..<70).contains(x) ? 26 : 11 }
    }
    let distance = BorderDistance.squared(map)
    let blocks = BlockLabels(map)
    for (_, share) in BlockLabels.shares {
      let sparse = blocks.keeping(share)
      for pixel in sparse.pixels.indices where sparse.pixels[pixel] != 0 { #expect(distance[pixel] > 1) }
    }
    // The image's edge is no border: the far corners of the left half are its innermost pixels.
    #expect(blocks.keeping(0.1)[0, 0] == 7)
    #expect(blocks.keeping(0.1)[0, 30] == 7)
  }

  @Test func otherIdsLoseTheirLabels() {
    var map = Image8(width: 20, height: 10, channels: 1, filling: 7)
    for y in 0..<10 { for x in 12..<20 { map[x, y] = 3 } }
    let sparse = BlockLabels(map) { LabelCoding.cityscapes.trainIDs[Int($0)] != Sample.unlabelled }.keeping(0.5)
    #expect(sparse.pixels.filter { $0 == 7 }.count == 60)
    #expect(!sparse.pixels.contains(3))
    #expect(sparse[0, 0] == 7 && sparse[11, 0] == 0)
  }

  @Test func aSinglePixelKeepsItsLabel() {
    var map = Image8(width: 5, height: 5, channels: 1, filling: 7)
    map[2, 2] = 20
    #expect(BlockLabels(map).keeping(0.1)[2, 2] == 20)
  }
}
