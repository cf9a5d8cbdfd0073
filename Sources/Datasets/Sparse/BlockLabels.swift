import Storage

/// Block labels made from dense ones: of every connected region of one class only the inner part stays labelled.
///
/// For each region (8-connected) the share r of its pixels that lie farthest from the class's border is kept, at least one
/// pixel; the rest becomes unlabelled. A substitute for the published block10/20/50 labels, whose generator was never
/// released: scores on it are not comparable in the strict sense (paper, section 4).
public struct BlockLabels: Sendable {
  /// The shares that are written for every data set, by the name of their folder.
  public static let shares: [(name: String, share: Double)] = [("block10", 0.1), ("block20", 0.2), ("block50", 0.5)]
  /// The label id of pixels without a label.
  public static let unlabelled: UInt8 = 0

  private let regions: InnerRegions

  /// - Parameters:
  ///   - map: dense label ids, 1 channel
  ///   - isClass: whether an id is a class; regions of other ids lose all their labels, but bound their neighbours
  public init(_ map: Image8, isClass: (UInt8) -> Bool = { $0 != BlockLabels.unlabelled }) {
    regions = InnerRegions(map, edgeIsBorder: false, isClass: isClass)
  }

  /// The map with only the inner `share` (0…1) of each region labelled, and `unlabelled` elsewhere.
  public func keeping(_ share: Double, unlabelled: UInt8 = BlockLabels.unlabelled) -> Image8 {
    let map = regions.map
    var pixels = [UInt8](repeating: unlabelled, count: map.pixels.count)
    for region in 0..<regions.count {
      let inside = regions.pixels(region)
      let kept = min(inside.count, max(1, Int((Double(inside.count) * share).rounded())))
      for pixel in inside.prefix(kept) { pixels[Int(pixel)] = map.pixels[Int(pixel)] }
    }
    return Image8(width: map.width, height: map.height, channels: 1, pixels: pixels)
  }
}

/// The 8-connected regions of equal label, numbered from 0 in the order of their first pixels.
struct ConnectedRegions {
  let numbers: [Int32]
  let count: Int

  init(_ map: Image8) {
    let (width, height) = (map.width, map.height)
    // A forest over pixels: every pixel points to an earlier one of its region, a root to itself.
    var parent = [Int32](repeating: 0, count: width * height)
    func root(_ pixel: Int) -> Int {
      var pixel = pixel
      while Int(parent[pixel]) != pixel {
        parent[pixel] = parent[Int(parent[pixel])]
        pixel = Int(parent[pixel])
      }
      return pixel
    }
    for y in 0..<height {
      for x in 0..<width {
        let here = y * width + x
        parent[here] = Int32(here)
        func join(_ other: Int) {
          if map.pixels[other] != map.pixels[here] { return }
          let (a, b) = (root(here), root(other))
          parent[max(a, b)] = Int32(min(a, b))
        }
        if x > 0 { join(here - 1) }
        if y > 0 {
          join(here - width)
          if x > 0 { join(here - width - 1) }
          if x + 1 < width { join(here - width + 1) }
        }
      }
    }
    var numbers = [Int32](repeating: 0, count: width * height)
    var count: Int32 = 0
    for pixel in 0..<width * height {
      let first = root(pixel)
      if first == pixel {
        numbers[pixel] = count
        count += 1
      } else {
        numbers[pixel] = numbers[first]
      }
    }
    (self.numbers, self.count) = (numbers, Int(count))
  }
}
