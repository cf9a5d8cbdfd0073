import Storage
import Tensors

/// Labels as strokes of a pen leave them, made from dense ones: smooth curves of width 3 through the middle of regions, from
/// one end to the other, so that larger regions get longer ones. Nothing of a stroke leaves its region.
public struct ScribbleLabels: Sendable {
  private let regions: InnerRegions

  /// - Parameters:
  ///   - map: dense labels, 1 channel
  ///   - isClass: whether a value is a class; others get no strokes
  public init(_ map: Image8, isClass: (UInt8) -> Bool) {
    regions = InnerRegions(map, edgeIsBorder: true, isClass: isClass)
  }

  /// A pen of 3×3 pixels stays in its region where the border is at least 2 pixels away.
  private static let penDistance: Int32 = 4
  /// The ends of a stroke are at least this share as far apart as any two could be from one of them.
  private static let farShare = 0.75

  /// The map with only strokes labelled.
  public func drawn(
    _ count: Int, per unit: SparseLabels.Unit, unlabelled: UInt8, _ random: inout RandomStream
  ) -> Image8 {
    let map = regions.map
    var result = Image8(width: map.width, height: map.height, channels: 1, filling: unlabelled)
    var field = WalkField(width: map.width, height: map.height)
    for region in regions.chosen(count, per: unit, &random) {
      let all = regions.pixels(region)
      // Thin regions have no room for the pen: then its middle may go anywhere, and what sticks out isn't drawn.
      let roomy = all.prefix { regions.distance[Int($0)] >= Self.penDistance }
      let allowed = roomy.isEmpty ? all : roomy
      field.open(allowed, distance: regions.distance)
      let core = regions.core(region)
      let first = Int(core[core.startIndex + random.integer(in: 0...core.count - 1)])
      let start = field.farPixel(from: first, atLeast: Self.farShare, &random)
      let end = field.farPixel(from: start, atLeast: Self.farShare, &random)
      let curve = SmoothCurve(field.path(to: end), width: map.width) { field.isOpen($0) }
      for pixel in curve.pixels { stamp(pixel, on: &result) }
      field.close(allowed)
    }
    return result
  }

  /// Draws the pen's 3×3 pixels as far as they have the label of the middle one.
  private func stamp(_ pixel: Int, on result: inout Image8) {
    let map = regions.map
    let (x, y, label) = (pixel % map.width, pixel / map.width, map.pixels[pixel])
    for py in max(0, y - 1)...min(map.height - 1, y + 1) {
      for px in max(0, x - 1)...min(map.width - 1, x + 1) where map[px, py] == label { result[px, py] = label }
    }
  }
}
