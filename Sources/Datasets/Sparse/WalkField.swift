import Tensors

/// Shortest walks within a set of pixels where steps near the border cost more, so that walks keep to the middle.
///
/// Dijkstra's algorithm with buckets of equal cost (Dial 1969): linear in the pixels of the set, whatever the picture's size.
struct WalkField {
  private let width: Int
  private let height: Int
  /// What a straight step onto a pixel costs, a fifth of it; 0 outside the set.
  private var toll: [UInt8]
  private var cost: [Int32]
  private var previous: [Int32]
  /// Pixels reached by the last walk, the nearest first.
  private var reached: [Int32] = []

  private static let unreached = Int32.max
  private static let (straight, diagonal) = (5, 7)
  private static let highestToll = 9

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    toll = [UInt8](repeating: 0, count: width * height)
    cost = [Int32](repeating: Self.unreached, count: width * height)
    previous = [Int32](repeating: -1, count: width * height)
  }

  /// Takes pixels into the set.
  /// - Parameter distance: squared distances to the border; the first pixel has the largest.
  mutating func open(_ pixels: ArraySlice<UInt32>, distance: [Int32]) {
    guard let first = pixels.first else { return }
    let deepest = Double(distance[Int(first)]).squareRoot()
    for pixel in pixels {
      // From 1 in the middle of the region to the highest toll at its border, whatever its size.
      let shallow = 1 - Double(distance[Int(pixel)]).squareRoot() / deepest
      toll[Int(pixel)] = UInt8(1 + (Double(Self.highestToll - 1) * shallow * shallow).rounded())
    }
  }

  mutating func close(_ pixels: ArraySlice<UInt32>) {
    for pixel in pixels { toll[Int(pixel)] = 0 }
    forget()
  }

  func isOpen(_ pixel: Int) -> Bool { toll[pixel] > 0 }

  /// Walks from a pixel to all that can be reached, and chooses one whose cost is at least this share of the highest.
  mutating func farPixel(from start: Int, atLeast share: Double, _ random: inout RandomStream) -> Int {
    walk(from: start)
    guard let farthest = reached.last else { return start }
    let least = Double(cost[Int(farthest)]) * share
    // Costs rise along the list.
    let first = reached.firstIndex { Double(cost[Int($0)]) >= least } ?? reached.count - 1
    return Int(reached[random.integer(in: first...reached.count - 1)])
  }

  /// The pixels from the start of the last walk to `end`.
  func path(to end: Int) -> [Int] {
    var result = [end]
    while previous[result[result.count - 1]] >= 0 { result.append(Int(previous[result[result.count - 1]])) }
    return result.reversed()
  }

  private mutating func forget() {
    for pixel in reached { (cost[Int(pixel)], previous[Int(pixel)]) = (Self.unreached, -1) }
    reached.removeAll(keepingCapacity: true)
  }

  private mutating func walk(from start: Int) {
    forget()
    let bucketCount = Self.diagonal * Self.highestToll + 1
    var buckets = [[Int32]](repeating: [], count: bucketCount)
    // The start may lie outside the set, beside it in a region of many thin parts.
    cost[start] = 0
    buckets[0].append(Int32(start))
    var (now, waiting) = (0, 1)
    while waiting > 0 {
      let bucket = now % bucketCount
      var index = 0
      while index < buckets[bucket].count {
        let pixel = Int(buckets[bucket][index])
        index += 1
        waiting -= 1
        // A cheaper way was found since.
        if Int(cost[pixel]) != now { continue }
        reached.append(Int32(pixel))
        let (x, y) = (pixel % width, pixel / width)
        for ny in max(0, y - 1)...min(height - 1, y + 1) {
          for nx in max(0, x - 1)...min(width - 1, x + 1) {
            let next = ny * width + nx
            let step = nx == x || ny == y ? Self.straight : Self.diagonal
            let total = Int32(now + step * Int(toll[next]))
            guard toll[next] > 0, total < cost[next] else { continue }
            cost[next] = total
            previous[next] = Int32(pixel)
            buckets[Int(total) % bucketCount].append(Int32(next))
            waiting += 1
          }
        }
      }
      buckets[bucket].removeAll(keepingCapacity: true)
      now += 1
    }
  }
}
