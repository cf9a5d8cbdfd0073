import Storage
import Tensors

/// Labels as clicks leave them, made from dense ones: points well inside the regions of a class, each a small stamp.
public struct PointLabels: Sendable {
  private let regions: InnerRegions

  /// The pixels of a stamp, relative to the click: four by four without its corners, as published points are drawn.
  static let stamp: [(x: Int, y: Int)] = (-2...1).flatMap { y in
    (y == -2 || y == 1 ? -1...0 : -2...1).map { (x: $0, y: y) }
  }

  /// - Parameters:
  ///   - map: dense labels, 1 channel
  ///   - isClass: whether a value is a class; others get no clicks
  public init(_ map: Image8, isClass: (UInt8) -> Bool) {
    regions = InnerRegions(map, edgeIsBorder: true, isClass: isClass)
  }

  /// The map with only the stamps of clicks labelled. A click falls on any pixel of its region that lies at least half as far
  /// from the border as the innermost one, no two on the same while there are others; of a stamp only what lies in the click's
  /// own class is drawn.
  public func clicked(
    _ count: Int, per unit: SparseLabels.Unit, unlabelled: UInt8, _ random: inout RandomStream
  ) -> Image8 {
    let map = regions.map
    var result = Image8(width: map.width, height: map.height, channels: 1, filling: unlabelled)
    var taken = Set<UInt32>()
    for region in regions.chosen(count, per: unit, &random) {
      let core = regions.core(region)
      let free = core.filter { !taken.contains($0) }
      let choices = free.isEmpty ? Array(core) : free
      let click = choices[random.integer(in: 0...choices.count - 1)]
      taken.insert(click)
      let (x, y, label) = (Int(click) % map.width, Int(click) / map.width, regions.label(region))
      result[x, y] = label
      for pixel in Self.stamp {
        let (px, py) = (x + pixel.x, y + pixel.y)
        guard (0..<map.width).contains(px), (0..<map.height).contains(py), map[px, py] == label else { continue }
        result[px, py] = label
      }
    }
    return result
  }
}
