import Storage
import Tensors

/// The connected regions of the classes of a label map, each with its pixels from the inside out.
///
/// What sparse labels of all kinds are made from. Regions are 8-connected.
struct InnerRegions: Sendable {
  let map: Image8
  /// Of every pixel the squared distance to the nearest pixel of another class, or beyond the edge if that is a border.
  let distance: [Int32]
  /// Pixels grouped by region, within each the farthest from the border first, earlier pixels first among equals.
  private let order: [UInt32]
  /// Where each region lies in `order`; regions of values that are no class are left out.
  private let ranges: [Range<Int>]

  /// - Parameters:
  ///   - map: dense labels, 1 channel
  ///   - isClass: whether a value is a class; regions of others are left out, but bound their neighbours
  ///   - edgeIsBorder: whether the image's edge is a border: people click and draw in the middle of what they see, while blocks
  ///     may reach to the edge
  init(_ map: Image8, edgeIsBorder: Bool, isClass: (UInt8) -> Bool) {
    var distance = BorderDistance.squared(map)
    if edgeIsBorder {
      for pixel in distance.indices {
        let (x, y) = (pixel % map.width, pixel / map.width)
        let edge = Int32(min(x + 1, y + 1, map.width - x, map.height - y))
        distance[pixel] = min(distance[pixel], edge * edge)
      }
    }
    let regions = ConnectedRegions(map)
    let wanted = (0...255).map { isClass(UInt8($0)) }
    var starts = [Int](repeating: 0, count: regions.count + 1)
    for (pixel, region) in regions.numbers.enumerated() where wanted[Int(map.pixels[pixel])] {
      starts[Int(region) + 1] += 1
    }
    for region in 0..<regions.count { starts[region + 1] += starts[region] }
    var keys = [UInt64](repeating: 0, count: starts[regions.count])
    var next = starts
    for (pixel, region) in regions.numbers.enumerated() where wanted[Int(map.pixels[pixel])] {
      keys[next[Int(region)]] = UInt64(~UInt32(bitPattern: distance[pixel])) << 32 | UInt64(pixel)
      next[Int(region)] += 1
    }
    let ranges = (0..<regions.count).map { starts[$0]..<starts[$0 + 1] }.filter { !$0.isEmpty }
    for range in ranges { keys[range].sort() }
    (self.map, self.distance, self.ranges) = (map, distance, ranges)
    order = keys.map { UInt32(truncatingIfNeeded: $0) }
  }

  var count: Int { ranges.count }

  /// The pixels of a region, row by row numbered, the innermost first.
  func pixels(_ region: Int) -> ArraySlice<UInt32> { order[ranges[region]] }

  /// The label of a region.
  func label(_ region: Int) -> UInt8 { map.pixels[Int(order[ranges[region].lowerBound])] }

  /// The pixels of a region that lie at least half as far from its border as the innermost one.
  func core(_ region: Int) -> ArraySlice<UInt32> {
    let pixels = pixels(region)
    guard let first = pixels.first else { return pixels }
    let least = distance[Int(first)] / 4
    return pixels.prefix { distance[Int($0)] >= least }
  }

  /// The regions that get a label each: every one `count` times, or for each class `count` of its regions, a region as often
  /// as it is large.
  func chosen(_ count: Int, per unit: SparseLabels.Unit, _ random: inout RandomStream) -> [Int] {
    if unit == .object { return (0..<self.count).flatMap { [Int](repeating: $0, count: count) } }
    var result: [Int] = []
    for label in Set((0..<self.count).map(label)).sorted() {
      let regions = (0..<self.count).filter { self.label($0) == label }
      let total = regions.reduce(0) { $0 + ranges[$1].count }
      for _ in 0..<count {
        var place = random.integer(in: 0...total - 1)
        result.append(
          regions.first { region in
            place -= ranges[region].count
            return place < 0
          } ?? regions[0])
      }
    }
    return result
  }
}
